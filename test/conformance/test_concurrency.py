"""Many clients at once: nothing is lost, nothing counts twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

CLIENTS = 20
BATCHES = 4


def test_twenty_clients_that_log_to_one_run_lose_nothing(server, client, run):
    run_id = run.info.run_id

    def log(n: int) -> None:
        mine = MlflowClient(server.url)
        for i in range(BATCHES):
            mine.log_batch(
                run_id,
                metrics=[Metric("shared", n, 1_000 * n + i, BATCHES * n + i), Metric(f"own-{n}", i, i, i)],
                params=[Param(f"p-{n}-{i}", "v")],
                tags=[RunTag(f"t-{n}", str(i))],
            )

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(log, range(CLIENTS)))
    data = client.get_run(run_id).data
    assert sorted(metric.step for metric in client.get_metric_history(run_id, "shared")) == list(range(BATCHES * CLIENTS))
    assert all(len(client.get_metric_history(run_id, f"own-{n}")) == BATCHES for n in range(CLIENTS))
    assert len(data.params) == BATCHES * CLIENTS
    assert {data.tags[f"t-{n}"] for n in range(CLIENTS)} == {str(BATCHES - 1)}
    assert data.metrics["shared"] == CLIENTS - 1


def test_of_many_that_take_one_name_one_succeeds(server, unique):
    name = unique()

    def create(_: int) -> str:
        try:
            MlflowClient(server.url).create_experiment(name)
        except MlflowException as error:
            return error.error_code
        return "made"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(create, range(8)))
    assert answers == ["RESOURCE_ALREADY_EXISTS"] * 7 + ["made"]


def test_of_many_that_set_one_param_one_value_stays(server, client, run):
    def log(n: int) -> bool:
        try:
            MlflowClient(server.url).log_param(run.info.run_id, "p", n)
        except MlflowException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        succeeded = [n for n, done in enumerate(pool.map(log, range(8))) if done]
    assert len(succeeded) == 1
    assert client.get_run(run.info.run_id).data.params == {"p": str(succeeded[0])}
