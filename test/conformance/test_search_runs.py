"""Search of runs: the grammar, order and paging."""

from __future__ import annotations

import math

import mlflow
import pytest
from mlflow.entities import ViewType

WORDS = ["zero", "one", "two", "three"]


@pytest.fixture
def runs(client, experiment):
    """Four runs; their names are what the tests speak of."""
    ids = {}
    for i, name in enumerate(WORDS):
        run_id = client.create_run(
            experiment, start_time=1_000 + i, run_name=name, tags={"no": str(i), "odd": str(i % 2), "mlflow.user": "ada"}
        ).info.run_id
        client.log_metric(run_id, "loss", i / 10, step=1)
        client.log_metric(run_id, "a/b c", i)
        client.log_param(run_id, "model", ["Forest", "forest", "linear", "net"][i])
        client.log_param(run_id, "lr", f"0.{i}")
        ids[name] = run_id
    client.log_metric(ids["two"], "only two", 1)
    client.set_terminated(ids["three"], "FAILED", end_time=5_000)
    return ids


@pytest.fixture
def find(client, experiment, runs):
    names = {run_id: name for name, run_id in runs.items()}

    def find(filter_string="", **also):
        return [names[run.info.run_id] for run in client.search_runs([experiment], filter_string, **also)]

    return find


def test_without_a_condition_the_newest_come_first(find):
    assert find() == ["three", "two", "one", "zero"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("metrics.loss > 0.1", "three two"),
        ("metrics.loss >= 0.1", "three two one"),
        ("metrics.loss = 0.1", "one"),
        ("metrics.loss != 0.1", "three two zero"),
        ("metrics.loss < 0.05 ", "zero"),
        ("metrics.loss <= 1e-1", "one zero"),
        ("metric.loss > .25", "three"),
        ("metrics.`a/b c` = 2", "two"),
        ('metrics."a/b c" >= 2', "three two"),
        ("metrics.`only two` > 0", "two"),
        ("metrics.none > 0", ""),
        ("metrics.loss > -1", "three two one zero"),
        ("params.model = 'forest'", "one"),
        ('params.model = "forest"', "one"),
        ("params.model != 'forest'", "three two zero"),
        ("params.model LIKE 'for%'", "one"),
        ("params.model ILIKE 'FOR%'", "one zero"),
        ("parameters.model ILIKE '%o%'", "one zero"),
        ("param.model LIKE '_et'", "three"),
        ("params.lr = '0.1'", "one"),
        ("tags.odd = '1'", "three one"),
        ("tags.no != '0'", "three two one"),
        ("tags.no LIKE '%'", "three two one zero"),
        ("tags.`mlflow.user` = 'ada'", "three two one zero"),
        ("tags.mlflow.user = 'ada'", "three two one zero"),
        ("tags.nothing = 'x'", ""),
        ("attributes.status = 'FAILED'", "three"),
        ("status = 'RUNNING'", "two one zero"),
        ("attribute.status != 'RUNNING'", "three"),
        ("attributes.run_name = 'two'", "two"),
        ("run_name LIKE 't%'", "three two"),
        ("attributes.`run name` = 'two'", "two"),
        ("attributes.`Run name` ILIKE 'T%'", "three two"),
        ("attributes.start_time > 1001", "three two"),
        ("start_time = 1001", "one"),
        ("attributes.created >= 1002", "three two"),
        ("end_time = 5000", "three"),
        ("end_time < 6000", "three"),
        ("user_id = 'nobody'", ""),
        ("tags.odd = '1' AND metrics.loss > 0.2", "three"),
        ("tags.odd = '1' and metrics.loss > 0.2 And params.model = 'net'", "three"),
        ("metrics.loss > 0 AND metrics.loss < 0.25", "two one"),
        ("   metrics.loss>0.2", "three"),
        ("params.model = 'x y'", ""),
    ],
)
def test_a_condition(find, condition, found):
    assert find(condition) == found.split()


def test_runs_are_found_by_their_ids(find, runs):
    assert find(f"attributes.run_id = '{runs['one']}'") == ["one"]
    assert find(f"run_id != '{runs['one']}'") == ["three", "two", "zero"]
    assert find(f"attributes.run_id IN ('{runs['one']}', '{runs['three']}')") == ["three", "one"]
    assert find(f"run_id NOT IN ('{runs['one']}', '{runs['three']}')") == ["two", "zero"]


def test_an_artifact_uri_is_an_attribute(find, runs):
    assert find(f"artifact_uri LIKE '%{runs['two']}%'") == ["two"]


@pytest.mark.parametrize(
    "condition",
    [
        "metrics.loss",
        "metrics.loss >",
        "metrics.loss > 'text'",
        "metrics.loss LIKE '1'",
        "metrics.loss > 1 OR metrics.loss < 0",
        "params.lr > 1",
        "params.lr = 1",
        "params.lr > '1'",
        "tags.a > '1'",
        "loss > 1",
        "nope.loss > 1",
        "status > 'RUNNING'",
        "attributes.nope = 'x'",
        "params.lr = '1",
        "start_time = 'x'",
        "start_time LIKE '1%'",
        "attributes.run_id IN ()",
        "attributes.status IN ('RUNNING'",
        "metrics.loss IN (1, 2)",
        "; drop table runs",
        "params.lr = '1'; select 1",
    ],
)
def test_a_condition_that_is_none_is_refused(rest, experiment, condition):
    body = {"experiment_ids": [experiment], "filter": condition}
    assert rest.refused("POST", "runs/search", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("order_by", "found"),
    [
        (["metrics.loss"], "zero one two three"),
        (["metrics.loss ASC"], "zero one two three"),
        (["metrics.loss DESC"], "three two one zero"),
        (["metric.`a/b c` desc"], "three two one zero"),
        (["params.model"], "zero one two three"),
        (["params.model DESC"], "three two one zero"),
        (["tags.no DESC"], "three two one zero"),
        (["attributes.start_time"], "zero one two three"),
        (["start_time ASC"], "zero one two three"),
        (["attribute.run_name"], "one three two zero"),
        (["tags.odd", "metrics.loss DESC"], "two zero three one"),
        (["tags.odd DESC", "metrics.loss ASC"], "one three zero two"),
        (["status", "start_time DESC"], "three two one zero"),
        (["metrics.`only two`", "metrics.loss"], "two zero one three"),
        (["metrics.`only two` DESC", "metrics.loss"], "two zero one three"),
        (["metrics.none"], "three two one zero"),
    ],
)
def test_an_order(find, order_by, found):
    assert find(order_by=order_by) == found.split()


def test_nan_comes_after_every_number(client, experiment):
    names = {}
    for value in (math.nan, 1.0, -math.inf, math.inf, None):
        run_id = client.create_run(experiment).info.run_id
        names[run_id] = str(value)
        if value is not None:
            client.log_metric(run_id, "m", value)
    order = lambda by: [names[run.info.run_id] for run in client.search_runs([experiment], order_by=[by])]  # noqa: E731
    assert order("metrics.m") == ["-inf", "1.0", "inf", "nan", "None"]
    assert order("metrics.m DESC") == ["inf", "1.0", "-inf", "nan", "None"]


@pytest.mark.parametrize("order_by", ["loss", "metrics.loss UP", "nope.a", "metrics.loss ASC DESC", "attributes.nope"])
def test_an_order_that_is_none_is_refused(rest, experiment, order_by):
    body = {"experiment_ids": [experiment], "order_by": [order_by]}
    assert rest.refused("POST", "runs/search", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("order_by", [[], ["metrics.loss DESC"], ["tags.odd"], ["metrics.`only two`"]])
def test_pages_hold_every_run_once_and_in_order(client, experiment, runs, order_by):
    whole = [run.info.run_id for run in client.search_runs([experiment], order_by=order_by)]
    token, found = None, []
    for _ in range(4):
        page = client.search_runs([experiment], order_by=order_by, max_results=1, page_token=token)
        found += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break
    assert found == whole


def test_a_page_token_of_ones_own_is_refused(rest, experiment):
    body = {"experiment_ids": [experiment], "page_token": "nonsense"}
    assert rest.refused("POST", "runs/search", body)[0] == 400


@pytest.mark.parametrize("max_results", [0, -1, 50_001])
def test_a_page_that_is_empty_or_too_large_is_refused(rest, experiment, max_results):
    body = {"experiment_ids": [experiment], "max_results": max_results}
    assert rest.refused("POST", "runs/search", body) == (400, "INVALID_PARAMETER_VALUE")


def test_deleted_runs_are_asked_for(client, experiment, runs, find):
    client.delete_run(runs["one"])
    assert find() == ["three", "two", "zero"]
    assert find(run_view_type=ViewType.DELETED_ONLY) == ["one"]
    assert find(run_view_type=ViewType.ALL) == ["three", "two", "one", "zero"]


def test_several_experiments_are_searched_together_and_none_finds_nothing(client, unique):
    a, b = (client.create_experiment(unique()) for _ in range(2))
    first, second = client.create_run(a, start_time=1).info.run_id, client.create_run(b, start_time=2).info.run_id
    assert [run.info.run_id for run in client.search_runs([a, b])] == [second, first]
    assert client.search_runs([]) == []
    assert client.search_runs(["987654321"]) == []


def test_a_found_run_has_its_latest_metrics_params_and_tags(client, experiment, runs):
    (run,) = client.search_runs([experiment], "attributes.run_name = 'two'")
    assert run.data.metrics == {"loss": 0.2, "a/b c": 2.0, "only two": 1.0}
    assert run.data.params == {"model": "linear", "lr": "0.2"}
    assert run.data.tags["no"] == "2"
    assert run.info.run_id == runs["two"]


def test_the_fluent_search_is_a_table(experiment, runs):
    frame = mlflow.search_runs([experiment], order_by=["metrics.loss"])
    assert list(frame["tags.no"]) == ["0", "1", "2", "3"]
    assert list(frame["metrics.loss"]) == [0.0, 0.1, 0.2, 0.3]
    assert list(frame["params.model"]) == ["Forest", "forest", "linear", "net"]
    assert frame["metrics.only two"].isna().tolist() == [True, True, False, True]
    assert frame.loc[3, "status"] == "FAILED"


class TestDatasets:
    @pytest.fixture
    def logged(self, experiment):
        import pandas as pd

        names = {}
        for name, context in (("iris", "train"), ("iris", "test"), ("wine", "train")):
            with mlflow.start_run() as run:
                dataset = mlflow.data.from_pandas(pd.DataFrame({"x": [1, 2, len(context)]}), name=name)
                mlflow.log_input(dataset, context=context)
            names[run.info.run_id] = f"{name} {context}"
        return names

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("dataset.name = 'iris'", {"iris train", "iris test"}),
            ("datasets.name LIKE 'wi%'", {"wine train"}),
            ("dataset.context = 'train'", {"iris train", "wine train"}),
            ("dataset.name = 'iris' AND dataset.context = 'test'", {"iris test"}),
            ("dataset.name IN ('iris', 'wine')", {"iris train", "iris test", "wine train"}),
            ("dataset.digest = 'none'", set()),
        ],
    )
    def test_runs_are_found_by_what_they_read(self, client, experiment, logged, condition, found):
        assert {logged[run.info.run_id] for run in client.search_runs([experiment], condition)} == found
