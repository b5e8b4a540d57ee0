"""Metrics: values, the latest one, history, batches, limits."""

from __future__ import annotations

import math
import sys

import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

EXTREMES = [0.0, -0.0, 1e308, -1e308, 5e-324, 0.1 + 0.2, 1 / 3, 123456789.123456789]


def values_of(client, run_id, key):
    return [(metric.step, metric.timestamp, metric.value) for metric in client.get_metric_history(run_id, key)]


def test_a_point_has_value_step_and_time(client, run):
    client.log_metric(run.info.run_id, "loss", 0.25, timestamp=1234, step=7)
    assert values_of(client, run.info.run_id, "loss") == [(7, 1234, 0.25)]


@pytest.mark.parametrize("value", EXTREMES)
def test_a_double_comes_back_as_it_was(client, run, value):
    client.log_metric(run.info.run_id, "m", value, step=1)
    ((_, _, back),) = values_of(client, run.info.run_id, "m")
    assert back == value
    assert client.get_run(run.info.run_id).data.metrics == {"m": value}


@pytest.mark.parametrize("value", [math.inf, -math.inf])
def test_an_infinity_is_told_as_the_largest_double(client, rest, run, value):
    """As which MLflow's stores in SQL hold it."""
    client.log_metric(run.info.run_id, "m", value, timestamp=1, step=1)
    largest = math.copysign(sys.float_info.max, value)
    assert values_of(client, run.info.run_id, "m") == [(1, 1, largest)]
    assert client.get_run(run.info.run_id).data.metrics == {"m": largest}
    (found,) = client.search_runs([run.info.experiment_id])
    assert found.data.metrics == {"m": largest}
    path = "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval"
    answer = rest("GET", path, params={"run_ids": run.info.run_id, "metric_key": "m", "max_results": 10}).json()
    assert [point["value"] for point in answer["metrics"]] == [largest]


def test_nan_stays_nan(client, run):
    client.log_metric(run.info.run_id, "m", math.nan)
    ((_, _, back),) = values_of(client, run.info.run_id, "m")
    assert math.isnan(back)
    assert math.isnan(client.get_run(run.info.run_id).data.metrics["m"])


@pytest.mark.parametrize("step", [0, -1, -(2**53) + 1, 2**31, 2**53 - 1])
def test_any_step_comes_back(client, run, step):
    client.log_metric(run.info.run_id, "m", 1.0, timestamp=5, step=step)
    assert values_of(client, run.info.run_id, "m") == [(step, 5, 1.0)]


@pytest.mark.parametrize(
    ("points", "latest"),
    [
        ([(0, 10, 1.0), (1, 5, 2.0)], 2.0),  # the step goes before the time
        ([(1, 5, 2.0), (0, 10, 1.0)], 2.0),  # whatever the order of arrival
        ([(1, 5, 2.0), (1, 6, 1.0)], 1.0),  # the same step: the later
        ([(1, 5, 2.0), (1, 5, 3.0), (1, 5, 1.0)], 3.0),  # the same moment: the greater
        ([(-5, 5, 2.0), (-6, 9, 3.0)], 2.0),
    ],
)
def test_the_latest_value_is_that_of_the_greatest_step_time_and_value(client, run, points, latest):
    for step, time, value in points:
        client.log_metric(run.info.run_id, "m", value, timestamp=time, step=step)
    assert client.get_run(run.info.run_id).data.metrics["m"] == latest


def test_history_has_every_point_in_any_order(client, run):
    points = [Metric("m", i * 0.5, 1000 + i, i) for i in (5, 3, 4, 0, -2)]
    client.log_batch(run.info.run_id, metrics=points)
    assert sorted(values_of(client, run.info.run_id, "m")) == [(i, 1000 + i, i * 0.5) for i in (-2, 0, 3, 4, 5)]


def test_the_same_point_twice_counts_once(client, run):
    for _ in range(2):
        client.log_metric(run.info.run_id, "m", 1.5, timestamp=5, step=2)
    assert values_of(client, run.info.run_id, "m") == [(2, 5, 1.5)]


def test_a_batch_that_is_sent_again_changes_nothing(client, run):
    metrics = [Metric(f"k{i % 10}", i / 7, 1000 + i, i // 10) for i in range(1000)]
    for _ in range(3):
        client.log_batch(run.info.run_id, metrics=metrics, params=[Param("p", "1")], tags=[RunTag("t", "1")])
    assert [len(client.get_metric_history(run.info.run_id, f"k{i}")) for i in range(10)] == [100] * 10


def test_one_batch_has_metrics_params_and_tags(client, run):
    client.log_batch(
        run.info.run_id,
        metrics=[Metric("a", 1, 1, 1), Metric("a", 2, 2, 2), Metric("b", 3, 3, 3)],
        params=[Param("p", "1"), Param("q", "zwei")],
        tags=[RunTag("t", "1"), RunTag("mlflow.note.content", "note")],
    )
    data = client.get_run(run.info.run_id).data
    assert data.metrics == {"a": 2.0, "b": 3.0}
    assert data.params == {"p": "1", "q": "zwei"}
    assert data.tags["t"] == "1"


def test_a_batch_with_a_wrong_param_stores_no_part_of_it(client, run, rest):
    run_id = run.info.run_id
    client.log_param(run_id, "p", "1")
    body = {
        "run_id": run_id,
        "metrics": [{"key": "m", "value": 1, "timestamp": 1, "step": 0}],
        "params": [{"key": "q", "value": "1"}, {"key": "p", "value": "2"}],
    }
    assert rest.refused("POST", "runs/log-batch", body) == (400, "INVALID_PARAMETER_VALUE")
    assert client.get_run(run_id).data.params == {"p": "1"}


def test_a_param_twice_in_a_batch_with_two_values_is_refused(run, rest):
    body = {"run_id": run.info.run_id, "params": [{"key": "p", "value": "1"}, {"key": "p", "value": "2"}]}
    assert rest.refused("POST", "runs/log-batch", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("metrics", "params", "tags", "fits"),
    [
        (1000, 0, 0, True),
        (1001, 0, 0, False),
        (0, 100, 0, True),
        (0, 101, 0, False),
        (0, 0, 100, True),
        (0, 0, 101, False),
        (900, 50, 51, False),
    ],
)
def test_how_much_fits_into_a_batch(run, rest, metrics, params, tags, fits):
    body = {
        "run_id": run.info.run_id,
        "metrics": [{"key": f"m{i}", "value": i, "timestamp": 1, "step": 0} for i in range(metrics)],
        "params": [{"key": f"p{i}", "value": "v"} for i in range(params)],
        "tags": [{"key": f"t{i}", "value": "v"} for i in range(tags)],
    }
    answer = rest("POST", "runs/log-batch", body)
    assert answer.status_code == (200 if fits else 400)
    if not fits:
        assert answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_an_empty_batch_is_fine(client, run, rest):
    rest.post("runs/log-batch", run_id=run.info.run_id)
    client.log_batch(run.info.run_id)


@pytest.mark.parametrize("key", ["a", "a/b", "a b", "a.b-c_d", "a:b", "x" * 250])
def test_a_key_is_a_clean_path(client, run, key):
    client.log_metric(run.info.run_id, key, 1)
    client.log_param(run.info.run_id, key, 1)
    client.set_tag(run.info.run_id, key, 1)
    data = client.get_run(run.info.run_id).data
    assert (data.metrics[key], data.params[key], data.tags[key]) == (1.0, "1", "1")


@pytest.mark.parametrize("key", ["", "../a", "/a", "a/../b", "./a", "a//b", "a/", "a;b", "a#b", "x" * 251])
@pytest.mark.parametrize(
    ("call", "more"),
    [("log-metric", {"value": 1, "timestamp": 1, "step": 0}), ("log-parameter", {"value": "1"}), ("set-tag", {"value": "1"})],
)
def test_a_key_that_is_no_clean_path_is_refused(run, rest, key, call, more):
    body = {"run_id": run.info.run_id, "key": key, **more}
    assert rest.refused("POST", f"runs/{call}", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("missing", ["run_id", "key", "value", "timestamp"])
def test_what_is_missing_in_a_metric_is_told(run, rest, missing):
    body = {"run_id": run.info.run_id, "key": "m", "value": 1, "timestamp": 1, "step": 0}
    del body[missing]
    assert rest.refused("POST", "runs/log-metric", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.ours_only("MLflow's server stores the text as 0.0 and answers 200")
@pytest.mark.parametrize("call", ["log-metric", "log-batch"])
def test_a_value_that_is_no_number_is_refused(client, run, rest, call):
    metric = {"key": "m", "value": "x", "timestamp": 1, "step": 0}
    body = {"run_id": run.info.run_id, **(metric if call == "log-metric" else {"metrics": [metric]})}
    assert rest.refused("POST", f"runs/{call}", body) == (400, "INVALID_PARAMETER_VALUE")
    assert client.get_run(run.info.run_id).data.metrics == {}


@pytest.mark.parametrize(("sent", "stored"), [("1.5", 1.5), ("NaN", math.nan), (2, 2.0), ("-3e2", -300.0)])
def test_a_number_may_come_as_text(client, run, rest, sent, stored):
    rest.post("runs/log-metric", run_id=run.info.run_id, key="m", value=sent, timestamp="7", step="3")
    ((step, time, value),) = values_of(client, run.info.run_id, "m")
    assert (step, time) == (3, 7)
    assert value == stored or (math.isnan(value) and math.isnan(stored))


class TestHistory:
    N = 2_500

    @pytest.fixture
    def long(self, client, run):
        for start in range(0, self.N, 1000):
            steps = range(start, min(start + 1000, self.N))
            client.log_batch(run.info.run_id, metrics=[Metric("long", step * 2.0, 10_000 + step, step) for step in steps])
        return run.info.run_id

    def test_the_client_reads_all_of_it(self, client, long):
        assert sorted(values_of(client, long, "long")) == [(step, 10_000 + step, step * 2.0) for step in range(self.N)]

    def test_pages_hold_every_point_once(self, rest, long):
        token, steps = None, []
        while True:
            query = {"run_id": long, "metric_key": "long", "max_results": 1000, **({"page_token": token} if token else {})}
            page = rest.get("metrics/get-history", **query)
            assert len(page["metrics"]) <= 1000
            steps += [metric["step"] for metric in page["metrics"]]
            token = page.get("next_page_token")
            if not token:
                break
        assert sorted(steps) == list(range(self.N))

    def test_without_a_size_all_comes_at_once(self, rest, long):
        page = rest.get("metrics/get-history", run_id=long, metric_key="long")
        assert len(page["metrics"]) == self.N
        assert set(page["metrics"][0]) >= {"key", "value", "timestamp", "step"}

    def test_several_runs_are_thinned_to_the_same_steps_with_first_and_last(self, client, experiment, rest, long):
        other = client.create_run(experiment).info.run_id
        client.log_batch(other, metrics=[Metric("long", 1.0, step, step) for step in (5, 2000)])
        query = [("run_ids", long), ("run_ids", other), ("metric_key", "long"), ("max_results", 100)]
        metrics = rest("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", params=query).json()["metrics"]
        steps = [metric["step"] for metric in metrics if metric["run_id"] == long]
        assert steps == sorted(steps)
        assert (steps[0], steps[-1]) == (0, self.N - 1)
        assert 50 <= len(steps) <= 200
        assert {metric["step"] for metric in metrics if metric["run_id"] == other} == {5, 2000}

    def test_a_stretch_of_steps(self, rest, long):
        query = {"run_ids": long, "metric_key": "long", "start_step": 100, "end_step": 110, "max_results": 50}
        metrics = rest("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", params=query).json()["metrics"]
        assert [metric["step"] for metric in metrics] == list(range(100, 111))

    def test_several_runs_at_once_as_the_page_reads_them(self, rest, long):
        query = {"run_id": long, "metric_key": "long", "max_results": 25_000}
        metrics = rest("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", params=query).json()["metrics"]
        assert [metric["step"] for metric in metrics] == list(range(self.N))

    def test_a_metric_that_is_not_there_has_no_history(self, client, run):
        assert client.get_metric_history(run.info.run_id, "none") == []

    def test_a_run_that_is_not_there_has_none(self, rest):
        assert rest.get("metrics/get-history", run_id="0" * 32, metric_key="m").get("metrics", []) == []

    @pytest.mark.parametrize(
        "query", [{"metric_key": "m", "max_results": 10}, {"run_ids": "0" * 32}, {"run_ids": ["a"] * 101, "metric_key": "m"}]
    )
    def test_a_bulk_question_that_lacks_something_is_refused(self, rest, query):
        answer = rest("GET", "/ajax-api/2.0/mlflow/metrics/get-history-bulk-interval", params=query)
        assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


def test_ten_thousand_keys_fit_into_one_run(client, run):
    run_id = run.info.run_id
    for start in range(0, 10_000, 1000):
        client.log_batch(run_id, metrics=[Metric(f"key-{i}", i, 1, 0) for i in range(start, start + 1000)])
    metrics = client.get_run(run_id).data.metrics
    assert (len(metrics), metrics["key-9999"]) == (10_000, 9999.0)


def test_a_refused_metric_leaves_the_run_as_it_was(client, run):
    with pytest.raises(MlflowException):
        client.log_metric(run.info.run_id, "a#b", 1)
    assert client.get_run(run.info.run_id).data.metrics == {}
