"""Runs: made, read, named, ended, tagged, deleted and restored."""

from __future__ import annotations

import re
import time

import mlflow
import pytest
from mlflow.entities import RunStatus, RunTag
from mlflow.exceptions import MlflowException


def test_a_new_run_is_running_and_has_a_name_and_a_place(client, experiment):
    run = client.create_run(experiment)
    info = client.get_run(run.info.run_id).info
    assert re.fullmatch("[0-9a-f]{32}", info.run_id)
    assert (info.status, info.lifecycle_stage, info.end_time) == ("RUNNING", "active", None)
    assert info.experiment_id == experiment
    assert info.artifact_uri == f"mlflow-artifacts:/{experiment}/{info.run_id}/artifacts"
    assert re.fullmatch("[a-z]+-[a-z]+-[0-9]+", info.run_name)
    assert client.get_run(info.run_id).data.tags["mlflow.runName"] == info.run_name


def test_a_run_keeps_what_it_was_made_with(client, experiment):
    made = client.create_run(experiment, start_time=1234, tags={"a": "1", "mlflow.user": "ada"}, run_name="named")
    run = client.get_run(made.info.run_id)
    assert (run.info.start_time, run.info.run_name) == (1234, "named")
    assert run.data.tags == {"a": "1", "mlflow.user": "ada", "mlflow.runName": "named"}


def test_the_name_may_come_as_a_tag(client, experiment):
    made = client.create_run(experiment, tags={"mlflow.runName": "by tag"})
    assert made.info.run_name == client.get_run(made.info.run_id).info.run_name == "by tag"


def test_a_tag_renames_the_run_and_a_rename_changes_the_tag(client, run):
    client.set_tag(run.info.run_id, "mlflow.runName", "first")
    assert client.get_run(run.info.run_id).info.run_name == "first"
    client.update_run(run.info.run_id, name="second")
    assert client.get_run(run.info.run_id).data.tags["mlflow.runName"] == "second"


def test_two_names_that_differ_are_refused(rest, experiment):
    tags = [{"key": "mlflow.runName", "value": "a"}]
    body = {"experiment_id": experiment, "run_name": "b", "tags": tags}
    assert rest.refused("POST", "runs/create", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_run_ends_with_its_status_and_time(client, run, status):
    client.set_terminated(run.info.run_id, status=status, end_time=5678)
    info = client.get_run(run.info.run_id).info
    assert info.status == status
    assert info.end_time == 5678


def test_a_run_that_ended_may_go_on(client, run):
    client.set_terminated(run.info.run_id)
    client.update_run(run.info.run_id, status="RUNNING")
    assert client.get_run(run.info.run_id).info.status == "RUNNING"
    client.log_metric(run.info.run_id, "m", 1)
    assert client.get_run(run.info.run_id).data.metrics == {"m": 1.0}


def test_a_run_has_the_end_that_it_was_given_while_it_goes_on(rest, run):
    id = run.info.run_id
    assert rest.post("runs/update", run_id=id, status="SCHEDULED", end_time="77")["run_info"]["end_time"] == 77
    assert rest.post("runs/update", run_id=id, run_name="named")["run_info"]["end_time"] == 77
    assert rest.post("runs/update", run_id=id, status=3)["run_info"]["end_time"] == 77


def test_an_end_without_a_time_is_now(client, run):
    before = int(time.time() * 1000)
    client.set_terminated(run.info.run_id)
    assert before - 2_000 <= client.get_run(run.info.run_id).info.end_time <= before + 60_000


def test_tags_are_set_changed_and_deleted(client, run):
    run_id = run.info.run_id
    client.set_tag(run_id, "a", "1")
    client.set_tag(run_id, "a", "2")
    client.set_tag(run_id, "n", 7)
    client.set_tag(run_id, "long", "x" * 5_000)
    client.set_tag(run_id, "text", "ü\n\t'\"日本\\")
    tags = client.get_run(run_id).data.tags
    assert (tags["a"], tags["n"], tags["long"], tags["text"]) == ("2", "7", "x" * 5_000, "ü\n\t'\"日本\\")
    client.delete_tag(run_id, "a")
    assert "a" not in client.get_run(run_id).data.tags
    with pytest.raises(MlflowException) as caught:
        client.delete_tag(run_id, "a")
    assert caught.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_params_are_text_and_stay_as_they_are(client, run):
    run_id = run.info.run_id
    client.log_param(run_id, "lr", 0.1)
    client.log_param(run_id, "layers", [1, 2])
    client.log_param(run_id, "none", None)
    client.log_param(run_id, "lr", 0.1)
    with pytest.raises(MlflowException) as caught:
        client.log_param(run_id, "lr", 0.2)
    assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run_id).data.params == {"lr": "0.1", "layers": "[1, 2]", "none": "None"}


def test_a_param_of_more_than_6000_characters_is_cut(client, run, rest):
    run_id = run.info.run_id
    client.log_param(run_id, "long", "x" * 6_000)
    rest.post("runs/log-parameter", run_id=run_id, key="longer", value="y" * 6_001)
    assert client.get_run(run_id).data.params == {"long": "x" * 6_000, "longer": "y" * 6_000}


def test_a_deleted_run_is_read_and_changed_by_nobody_until_it_is_restored(client, run):
    run_id = run.info.run_id
    client.log_metric(run_id, "m", 1)
    client.delete_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    for change in (
        lambda: client.log_metric(run_id, "m", 2),
        lambda: client.log_param(run_id, "p", 2),
        lambda: client.set_tag(run_id, "t", 2),
        lambda: client.log_batch(run_id, tags=[RunTag("t", "2")]),
        lambda: client.set_terminated(run_id),
    ):
        with pytest.raises(MlflowException) as caught:
            change()
        assert caught.value.error_code == "INVALID_PARAMETER_VALUE"
    client.restore_run(run_id)
    run = client.get_run(run_id)
    assert (run.info.lifecycle_stage, run.data.metrics) == ("active", {"m": 1.0})


def test_a_nested_run_names_its_parent(client, experiment):
    with mlflow.start_run() as parent, mlflow.start_run(nested=True) as child:
        pass
    assert client.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id
    assert client.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id
    assert client.get_parent_run(parent.info.run_id) is None


def test_a_run_is_taken_up_again_by_its_id(client, experiment):
    with mlflow.start_run() as first:
        mlflow.log_metric("m", 1, step=0)
    with mlflow.start_run(run_id=first.info.run_id) as second:
        mlflow.log_metric("m", 2, step=1)
    run = client.get_run(first.info.run_id)
    assert second.info.run_id == first.info.run_id
    assert (run.info.status, run.data.metrics) == ("FINISHED", {"m": 2.0})
    assert len(client.get_metric_history(first.info.run_id, "m")) == 2


def test_an_exception_ends_the_run_as_failed(client, experiment):
    with pytest.raises(ZeroDivisionError), mlflow.start_run() as run:
        raise ZeroDivisionError
    assert client.get_run(run.info.run_id).info.status == RunStatus.to_string(RunStatus.FAILED)


def test_a_description_is_a_note(client, experiment):
    with mlflow.start_run(description="**why**") as run:
        pass
    assert client.get_run(run.info.run_id).data.tags["mlflow.note.content"] == "**why**"


def test_the_raw_answer_has_run_uuid_and_inputs(rest, run):
    run_id = run.info.run_id
    answer = rest.get("runs/get", run_id=run_id)["run"]
    assert answer["info"]["run_uuid"] == answer["info"]["run_id"] == run_id
    assert answer["info"]["status"] == "RUNNING"
    assert isinstance(answer["info"]["start_time"], int)
    assert isinstance(answer["info"]["experiment_id"], str)
    assert rest.get("runs/get", run_uuid=run_id)["run"]["info"]["run_id"] == run_id


@pytest.mark.parametrize(
    ("method", "path", "fields"),
    [
        ("GET", "runs/get", {}),
        ("POST", "runs/update", {"status": "FINISHED"}),
        ("POST", "runs/delete", {}),
        ("POST", "runs/restore", {}),
        ("POST", "runs/log-metric", {"key": "a", "value": 1, "timestamp": 1, "step": 0}),
        ("POST", "runs/log-parameter", {"key": "a", "value": "1"}),
        ("POST", "runs/set-tag", {"key": "a", "value": "1"}),
        ("POST", "runs/delete-tag", {"key": "a"}),
        ("POST", "runs/log-batch", {"metrics": [{"key": "a", "value": 1, "timestamp": 1, "step": 0}]}),
    ],
)
def test_a_run_that_is_not_there_is_told(rest, method, path, fields):
    body = {"run_id": "0" * 32, **fields}
    given = {"params": body} if method == "GET" else {"body": body}
    assert rest.refused(method, path, **given) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_a_run_in_an_experiment_that_is_not_there_is_refused(rest):
    assert rest.refused("POST", "runs/create", {"experiment_id": "987654321"}) == (404, "RESOURCE_DOES_NOT_EXIST")
