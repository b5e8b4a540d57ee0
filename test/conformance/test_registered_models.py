"""The model registry: models, versions, stages, aliases, tags, search."""

from __future__ import annotations

import pytest
from mlflow.exceptions import MlflowException

SOURCE = "s3://bucket/model"


@pytest.fixture
def name(unique):
    return unique("model")


@pytest.fixture
def model(client, name):
    return client.create_registered_model(name, tags={"team": "vision"}, description="why")


def code(call):
    with pytest.raises(MlflowException) as caught:
        call()
    return caught.value.error_code


def version(client, name, **also):
    return client.create_model_version(name, SOURCE, **also)


def test_a_model_is_made_read_described_renamed_and_deleted(client, model, name, unique):
    found = client.get_registered_model(name)
    assert (found.name, found.description, found.tags, found.latest_versions) == (name, "why", {"team": "vision"}, [])
    assert found.creation_timestamp > 1_600_000_000_000
    assert client.update_registered_model(name, "because").description == "because"
    version(client, name)
    other = unique("renamed")
    client.rename_registered_model(name, other)
    assert client.get_registered_model(other).name == other
    assert client.get_model_version(other, "1").name == other
    assert code(lambda: client.get_registered_model(name)) == "RESOURCE_DOES_NOT_EXIST"
    client.delete_registered_model(other)
    assert code(lambda: client.get_registered_model(other)) == "RESOURCE_DOES_NOT_EXIST"
    assert code(lambda: client.get_model_version(other, "1")) == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_taken_once(client, model, name, unique):
    assert code(lambda: client.create_registered_model(name)) == "RESOURCE_ALREADY_EXISTS"
    other = unique()
    client.create_registered_model(other)
    assert code(lambda: client.rename_registered_model(other, name)) == "RESOURCE_ALREADY_EXISTS"


def test_what_is_not_there_is_told(client, name):
    for call in (
        lambda: client.get_registered_model(name),
        lambda: client.update_registered_model(name, "x"),
        lambda: client.delete_registered_model(name),
        lambda: client.set_registered_model_tag(name, "a", "b"),
        lambda: client.create_model_version(name, SOURCE),
        lambda: client.get_model_version(name, "1"),
        lambda: client.get_model_version_by_alias(name, "champion"),
    ):
        assert code(call) == "RESOURCE_DOES_NOT_EXIST"


def test_tags_of_models(client, model, name):
    client.set_registered_model_tag(name, "team", "text")
    client.set_registered_model_tag(name, "n", 5)
    assert client.get_registered_model(name).tags == {"team": "text", "n": "5"}
    client.delete_registered_model_tag(name, "team")
    client.delete_registered_model_tag(name, "never there")
    assert client.get_registered_model(name).tags == {"n": "5"}


def test_versions_count_from_one_and_a_number_is_never_given_again(client, model, name):
    assert [version(client, name).version for _ in range(3)] == ["1", "2", "3"] or [str(each) for each in (1, 2, 3)] == [
        str(found.version) for found in sorted(client.search_model_versions(f"name = '{name}'"), key=lambda found: int(found.version))
    ]
    client.delete_model_version(name, "2")
    assert str(version(client, name).version) == "4"
    assert code(lambda: client.get_model_version(name, "2")) == "RESOURCE_DOES_NOT_EXIST"


def test_a_version_keeps_what_it_was_made_with(client, model, name, run):
    made = version(client, name, run_id=run.info.run_id, tags={"a": "1"}, description="first", run_link="http://link")
    found = client.get_model_version(name, made.version)
    assert (found.source, found.run_id, found.tags, found.description) == (SOURCE, run.info.run_id, {"a": "1"}, "first")
    assert (found.status, found.current_stage, found.run_link) == ("READY", "None", "http://link")
    assert client.get_model_version_download_uri(name, made.version) == SOURCE
    assert client.update_model_version(name, made.version, "changed").description == "changed"


def test_tags_of_versions(client, model, name):
    made = version(client, name)
    client.set_model_version_tag(name, made.version, "a", "1")
    client.set_model_version_tag(name, made.version, "a", "2")
    assert client.get_model_version(name, made.version).tags == {"a": "2"}
    client.delete_model_version_tag(name, made.version, "a")
    assert client.get_model_version(name, made.version).tags == {}
    assert code(lambda: client.set_model_version_tag(name, "99", "a", "1")) == "RESOURCE_DOES_NOT_EXIST"


def test_aliases_point_at_one_version(client, model, name):
    for _ in range(2):
        version(client, name)
    client.set_registered_model_alias(name, "champion", "1")
    client.set_registered_model_alias(name, "other", "1")
    assert str(client.get_model_version_by_alias(name, "champion").version) == "1"
    client.set_registered_model_alias(name, "champion", "2")
    assert {alias: str(number) for alias, number in client.get_registered_model(name).aliases.items()} == {"champion": "2", "other": "1"}
    assert client.get_model_version(name, "2").aliases == ["champion"]
    client.delete_registered_model_alias(name, "champion")
    assert code(lambda: client.get_model_version_by_alias(name, "champion")) in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST")


def test_an_alias_of_a_version_that_is_gone_is_gone(client, model, name):
    version(client, name)
    client.set_registered_model_alias(name, "a", "1")
    client.delete_model_version(name, "1")
    assert client.get_registered_model(name).aliases == {}


@pytest.mark.parametrize("alias", ["v1", "V23", "latest", "", "a b", "a/b", "x" * 256])
def test_an_alias_that_means_something_else_is_refused(rest, client, model, name, alias):
    version(client, name)
    body = {"name": name, "alias": alias, "version": "1"}
    assert rest.refused("POST", "registered-models/alias", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.filterwarnings("ignore")
class TestStages:
    def test_a_version_goes_from_stage_to_stage(self, client, model, name):
        version(client, name)
        for stage in ("Staging", "Production", "Archived", "None"):
            assert client.transition_model_version_stage(name, "1", stage).current_stage == stage

    def test_the_latest_of_each_stage(self, client, model, name):
        for _ in range(3):
            version(client, name)
        client.transition_model_version_stage(name, "1", "Production")
        client.transition_model_version_stage(name, "2", "Staging")
        latest = {each.current_stage: str(each.version) for each in client.get_latest_versions(name)}
        assert latest == {"Production": "1", "Staging": "2", "None": "3"}
        assert [str(each.version) for each in client.get_latest_versions(name, ["Staging"])] == ["2"]

    def test_the_others_are_archived_where_that_is_asked_for(self, client, model, name):
        for number in ("1", "2"):
            version(client, name)
            client.transition_model_version_stage(name, number, "Production", archive_existing_versions=True)
        assert client.get_model_version(name, "1").current_stage == "Archived"

    @pytest.mark.parametrize("stage", ["nope", "", "prod"])
    def test_a_stage_that_is_none_is_refused(self, rest, client, model, name, stage):
        version(client, name)
        body = {"name": name, "version": "1", "stage": stage, "archive_existing_versions": False}
        assert rest.refused("POST", "model-versions/transition-stage", body) == (400, "INVALID_PARAMETER_VALUE")


class TestSearch:
    @pytest.fixture
    def names(self, client, unique):
        prefix = unique("search")
        names = [f"{prefix} {word}" for word in ("Alpha", "beta", "gamma")]
        for i, each in enumerate(names):
            client.create_registered_model(each, tags={"of": prefix, "no": str(i)})
        return prefix, names

    @pytest.mark.parametrize(
        ("condition", "found"),
        [
            ("", ["Alpha", "beta", "gamma"]),
            ("name LIKE '%a%'", ["beta", "gamma", "Alpha"]),
            ("name ILIKE '%ALPHA'", ["Alpha"]),
            ("tags.no = '1'", ["beta"]),
            ("tags.no != '1'", ["Alpha", "gamma"]),
            ("tag.`no` LIKE '2'", ["gamma"]),
        ],
    )
    def test_models_by_name_and_tag(self, client, names, condition, found):
        prefix, _ = names
        filter_string = f"tags.of = '{prefix}'" + (f" AND {condition}" if condition else "")
        result = [model.name.rpartition(" ")[2] for model in client.search_registered_models(filter_string)]
        assert sorted(result) == sorted(found)

    def test_models_come_by_name_and_in_pages(self, client, names):
        prefix, whole = names
        order = [model.name for model in client.search_registered_models(f"tags.of = '{prefix}'", order_by=["name DESC"])]
        assert order == sorted(whole, reverse=True)
        token, found = None, []
        for _ in range(3):
            page = client.search_registered_models(f"tags.of = '{prefix}'", max_results=1, page_token=token)
            found += [model.name for model in page]
            token = page.token
        assert not token
        assert found == sorted(whole)

    @pytest.mark.parametrize("condition", ["name =", "nope = 'x'", "name = 'a' OR name = 'b'", "name > 'x'", "tags.a > '1'"])
    def test_a_condition_that_is_none_is_refused(self, rest, condition):
        assert rest.refused("GET", "registered-models/search", params={"filter": condition}) == (400, "INVALID_PARAMETER_VALUE")

    def test_versions_by_name_number_run_source_and_tag(self, client, model, name, run):
        version(client, name, run_id=run.info.run_id, tags={"a": "1"})
        client.create_model_version(name, "s3://elsewhere/b", tags={"a": "2"})
        find = lambda condition: sorted(str(each.version) for each in client.search_model_versions(condition))  # noqa: E731
        assert find(f"name = '{name}'") == ["1", "2"]
        assert find(f"name = '{name}' AND tags.a = '2'") == ["2"]
        assert find(f"run_id = '{run.info.run_id}'") == ["1"]
        assert find(f"name = '{name}' and source_path = 's3://elsewhere/b'") == ["2"]
        assert find(f"name LIKE '{name[:-2]}%' AND version_number > 1") == ["2"]
        assert find(f"run_id IN ('{run.info.run_id}', 'x')") == ["1"]

    def test_versions_come_newest_first(self, client, model, name):
        for _ in range(3):
            version(client, name)
        found = client.search_model_versions(f"name = '{name}'")
        assert [str(each.version) for each in found] == ["3", "2", "1"]
        page = client.search_model_versions(f"name = '{name}'", max_results=2, order_by=["version_number ASC"])
        assert [str(each.version) for each in page] == ["1", "2"]
        assert page.token

    @pytest.mark.parametrize("condition", ["nope = 'x'", "name >", "version_number LIKE '1'"])
    def test_a_condition_on_versions_that_is_none_is_refused(self, rest, condition):
        assert rest.refused("GET", "model-versions/search", params={"filter": condition}) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("name", ["", "a/b", "a:b"])
def test_a_name_that_an_address_cannot_hold_is_refused(rest, name):
    assert rest.refused("POST", "registered-models/create", {"name": name}) == (400, "INVALID_PARAMETER_VALUE")


def test_the_raw_answer_of_a_version(rest, client, model, name):
    made = rest.post("model-versions/create", name=name, source=SOURCE)["model_version"]
    assert made["version"] == "1"
    assert made["status"] == "READY"
    assert isinstance(made["creation_timestamp"], int)
