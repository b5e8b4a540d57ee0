"""What runs read and made: datasets as inputs, models as inputs and outputs."""

from __future__ import annotations

import json

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag


def test_a_logged_dataset_comes_back_with_schema_and_profile(client, experiment):
    frame = pd.DataFrame({"x": [1, 2, 3], "y": [0.5, 1.5, 2.5]})
    dataset = mlflow.data.from_pandas(frame, source="https://example.com/d.csv", name="points", targets="y")
    with mlflow.start_run() as run:
        mlflow.log_input(dataset, context="training", tags={"split": "a"})
    (found,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (found.dataset.name, found.dataset.digest) == ("points", dataset.digest)
    assert found.dataset.source_type == "http"
    assert json.loads(found.dataset.source) == {"url": "https://example.com/d.csv"}
    assert json.loads(found.dataset.profile) == {"num_rows": 3, "num_elements": 6}
    assert "mlflow_colspec" in json.loads(found.dataset.schema)
    assert {tag.key: tag.value for tag in found.tags} == {"mlflow.data.context": "training", "split": "a"}


def test_a_dataset_twice_counts_once_and_several_are_kept(client, experiment):
    datasets = [mlflow.data.from_numpy(np.arange(n), name=f"d{n}") for n in (3, 4)]
    with mlflow.start_run() as run:
        for dataset in (datasets[0], datasets[1], datasets[0]):
            mlflow.log_input(dataset, context="train")
    found = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert sorted(each.dataset.name for each in found) == ["d3", "d4"]


def test_inputs_are_found_in_a_search(client, experiment):
    with mlflow.start_run():
        mlflow.log_input(mlflow.data.from_numpy(np.arange(3), name="numbers"))
    (run,) = client.search_runs([experiment])
    assert run.inputs.dataset_inputs[0].dataset.name == "numbers"


def test_a_run_without_inputs_has_none(client, run):
    assert client.get_run(run.info.run_id).inputs.dataset_inputs == []


def test_the_client_logs_inputs_of_its_own(client, run):
    dataset = Dataset(name="n", digest="d", source_type="local", source="{}")
    client.log_inputs(run.info.run_id, [DatasetInput(dataset, [InputTag("k", "v")])])
    (found,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert (found.dataset.to_dictionary()["source"], found.tags[0].value) == ("{}", "v")


@pytest.mark.parametrize(
    "dataset",
    [
        {"name": "n" * 501, "digest": "d", "source_type": "t", "source": "s"},
        {"name": "n", "digest": "d" * 37, "source_type": "t", "source": "s"},
    ],
)
def test_a_dataset_with_a_name_or_digest_that_is_too_long_is_refused(run, rest, dataset):
    body = {"run_id": run.info.run_id, "datasets": [{"tags": [], "dataset": dataset}]}
    assert rest.refused("POST", "runs/log-inputs", body) == (400, "INVALID_PARAMETER_VALUE")


def test_inputs_of_a_run_that_is_not_there_are_refused(rest):
    dataset = {"name": "n", "digest": "d", "source_type": "t", "source": "s"}
    body = {"run_id": "0" * 32, "datasets": [{"tags": [], "dataset": dataset}]}
    assert rest.refused("POST", "runs/log-inputs", body) == (404, "RESOURCE_DOES_NOT_EXIST")
