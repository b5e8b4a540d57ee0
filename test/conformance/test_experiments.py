"""Experiments: made, found, renamed, tagged, deleted and restored."""

from __future__ import annotations

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_the_experiment_0_is_named_default(client):
    default = client.get_experiment("0")
    assert (default.name, default.lifecycle_stage) == ("Default", "active")
    assert client.get_experiment_by_name("Default").experiment_id == "0"


def test_an_experiment_is_found_by_id_and_by_name(client, unique):
    name = unique("äöü 日本")
    made = client.create_experiment(name, tags={"team": "vision", "empty": ""})
    by_id, by_name = client.get_experiment(made), client.get_experiment_by_name(name)
    assert by_id.experiment_id == by_name.experiment_id == made
    assert by_id.name == name
    assert by_id.tags == {"team": "vision", "empty": ""}
    assert by_id.creation_time > 1_600_000_000_000
    assert by_id.last_update_time >= by_id.creation_time
    assert by_id.artifact_location == f"mlflow-artifacts:/{made}"


def test_an_experiment_has_the_artifact_location_that_it_was_given(client, unique):
    made = client.create_experiment(unique(), artifact_location="s3://bucket/folder")
    assert client.get_experiment(made).artifact_location == "s3://bucket/folder"
    run = client.create_run(made)
    assert run.info.artifact_uri == f"s3://bucket/folder/{run.info.run_id}/artifacts"


def test_a_name_that_is_not_there_is_none(client, unique):
    assert client.get_experiment_by_name(unique()) is None


def test_a_name_is_taken_once(client, unique):
    name = unique()
    client.create_experiment(name)
    with pytest.raises(MlflowException) as caught:
        client.create_experiment(name)
    assert caught.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_rename_keeps_the_id(client, unique):
    before, after = unique(), unique()
    made = client.create_experiment(before)
    client.rename_experiment(made, after)
    assert client.get_experiment(made).name == after
    assert client.get_experiment_by_name(before) is None


def test_a_rename_to_a_name_that_is_taken_is_refused(client, unique):
    taken = unique()
    client.create_experiment(taken)
    made = client.create_experiment(unique())
    with pytest.raises(MlflowException):
        client.rename_experiment(made, taken)


def test_tags_are_set_changed_and_deleted(client, experiment):
    client.set_experiment_tag(experiment, "a", "1")
    client.set_experiment_tag(experiment, "a", "2")
    client.set_experiment_tag(experiment, "b", 3)
    assert client.get_experiment(experiment).tags == {"a": "2", "b": "3"}
    client.delete_experiment_tag(experiment, "a")
    assert client.get_experiment(experiment).tags == {"b": "3"}


def test_a_deleted_experiment_is_still_found_by_id_and_comes_back(client, experiment):
    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"


def test_runs_are_deleted_and_restored_with_their_experiment(client, experiment):
    run = client.create_run(experiment)
    client.delete_experiment(experiment)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "deleted"
    client.restore_experiment(experiment)
    assert client.get_run(run.info.run_id).info.lifecycle_stage == "active"


def test_no_run_starts_in_a_deleted_experiment(client, experiment):
    client.delete_experiment(experiment)
    with pytest.raises(MlflowException, match=f"must be in the 'active' state|{experiment}"):
        client.create_run(experiment)


def test_a_deleted_experiment_is_found_by_its_name(client, unique):
    name = unique()
    made = client.create_experiment(name)
    client.delete_experiment(made)
    assert client.get_experiment_by_name(name).lifecycle_stage == "deleted"


def test_set_experiment_makes_one_and_finds_it_again(server, unique):
    name = unique()
    assert mlflow.set_experiment(name).experiment_id == mlflow.set_experiment(name).experiment_id


def test_set_experiment_refuses_one_that_is_deleted(client, unique):
    name = unique()
    client.delete_experiment(client.create_experiment(name))
    with pytest.raises(MlflowException, match="deleted"):
        mlflow.set_experiment(name)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("experiments/delete", {"experiment_id": "987654321"}),
        ("experiments/restore", {"experiment_id": "987654321"}),
        ("experiments/update", {"experiment_id": "987654321", "new_name": "x"}),
        ("experiments/set-experiment-tag", {"experiment_id": "987654321", "key": "a", "value": "b"}),
    ],
)
def test_what_is_not_there_is_told(rest, path, body):
    assert rest.refused("POST", path, body) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_experiments_that_are_not_there_are_not_found(rest, unique):
    assert rest.refused("GET", "experiments/get", params={"experiment_id": "987654321"}) == (404, "RESOURCE_DOES_NOT_EXIST")
    name = {"experiment_name": unique()}
    assert rest.refused("GET", "experiments/get-by-name", params=name) == (404, "RESOURCE_DOES_NOT_EXIST")


class TestSearch:
    @pytest.fixture
    def made(self, client, unique):
        prefix = unique("search")
        names = [f"{prefix} {word}" for word in ("Alpha", "beta", "gamma", "delta")]
        ids = [client.create_experiment(name, tags={"no": str(i), "of": prefix}) for i, name in enumerate(names)]
        client.delete_experiment(ids[3])
        return prefix, names, ids

    def find(self, client, prefix, more="", **also):
        filter_string = f"tags.of = '{prefix}'" + (f" AND {more}" if more else "")
        return [experiment.name.rpartition(" ")[2] for experiment in client.search_experiments(filter_string=filter_string, **also)]

    def test_active_ones_come_newest_first(self, client, made):
        assert self.find(client, made[0]) == ["gamma", "beta", "Alpha"]

    def test_deleted_ones_are_asked_for(self, client, made):
        assert self.find(client, made[0], view_type=ViewType.DELETED_ONLY) == ["delta"]
        assert len(self.find(client, made[0], view_type=ViewType.ALL)) == 4

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("name LIKE '%lpha'", ["Alpha"]),
            ("attribute.name LIKE '%a'", ["gamma", "beta", "Alpha"]),
            ("name ILIKE '%ALPHA'", ["Alpha"]),
            ("name LIKE '%ALPHA'", []),
            ("tags.no = '1'", ["beta"]),
            ("tags.no != '1'", ["gamma", "Alpha"]),
            ("tags.`no` LIKE '%'", ["gamma", "beta", "Alpha"]),
            ("tag.\"no\" = '2'", ["gamma"]),
            ("creation_time > 0", ["gamma", "beta", "Alpha"]),
            ("last_update_time < 0", []),
        ],
    )
    def test_a_condition(self, client, made, condition, found):
        assert self.find(client, made[0], condition) == found

    def test_a_name_is_found_as_a_whole(self, client, made):
        _, names, ids = made
        found = client.search_experiments(filter_string=f"name = '{names[1]}'")
        assert [experiment.experiment_id for experiment in found] == [ids[1]]

    @pytest.mark.parametrize(
        ("order_by", "found"),
        [
            (["name"], ["Alpha", "beta", "gamma"]),
            (["name ASC"], ["Alpha", "beta", "gamma"]),
            (["name DESC"], ["gamma", "beta", "Alpha"]),
            (["creation_time ASC"], ["Alpha", "beta", "gamma"]),
            (["experiment_id"], ["Alpha", "beta", "gamma"]),
            (["last_update_time DESC", "name"], None),
        ],
    )
    def test_an_order(self, client, made, order_by, found):
        result = self.find(client, made[0], order_by=order_by)
        assert result == found or (found is None and len(result) == 3)

    def test_pages_hold_every_experiment_once(self, client, made):
        token, found = None, []
        for size in (2, 1):
            page = client.search_experiments(filter_string=f"tags.of = '{made[0]}'", max_results=2, page_token=token)
            assert len(page) == size
            token = page.token
            found += [experiment.experiment_id for experiment in page]
        assert not token
        assert found == [made[2][2], made[2][1], made[2][0]]

    @pytest.mark.parametrize(
        "filter_string",
        ["name =", "name = 'x' OR name = 'y'", "nope = 'x'", "name > 'x'", "tags.a = 'x", "creation_time LIKE '1'", "metrics.a > 1"],
    )
    def test_a_filter_that_is_none_is_refused(self, rest, filter_string):
        body = {"filter": filter_string, "max_results": 10}
        assert rest.refused("POST", "experiments/search", body) == (400, "INVALID_PARAMETER_VALUE")

    @pytest.mark.parametrize("order_by", ["nope", "name DOWN", "tags.a", "name ASC DESC"])
    def test_an_order_that_is_none_is_refused(self, rest, order_by):
        body = {"order_by": [order_by], "max_results": 10}
        assert rest.refused("POST", "experiments/search", body) == (400, "INVALID_PARAMETER_VALUE")

    @pytest.mark.parametrize("max_results", [0, -1, 50_001])
    def test_a_page_that_is_too_large_or_empty_is_refused(self, rest, max_results):
        assert rest.refused("POST", "experiments/search", {"max_results": max_results}) == (400, "INVALID_PARAMETER_VALUE")
