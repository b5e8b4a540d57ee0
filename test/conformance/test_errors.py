"""What is refused, and how it is told: by hand, since the client itself refuses much before it sends."""

from __future__ import annotations

import pytest


def test_an_error_has_a_code_and_a_message(rest):
    answer = rest("GET", "runs/get", params={"run_id": "0" * 32})
    assert answer.status_code == 404
    assert answer.json()["error_code"] == "RESOURCE_DOES_NOT_EXIST"
    assert (answer.json()["error_class"], answer.json()["sqlstate"]) == ("RESOURCE_NOT_FOUND", "KAM00")
    assert "0" * 32 in answer.json()["message"]
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "no/such/call"), ("GET", "no/such/call"), ("GET", "runs/create"), ("POST", "runs/get"), ("DELETE", "experiments/get")],
)
def test_a_call_that_is_not_there(rest, method, path):
    assert rest(method, path, {} if method == "POST" else None).status_code in (404, 405)


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("experiments/create", "name"),
        ("experiments/delete", "experiment_id"),
        ("experiments/set-experiment-tag", "experiment_id"),
        ("runs/update", "run_id"),
        ("runs/delete", "run_id"),
        ("runs/log-parameter", "run_id"),
        ("runs/set-tag", "run_id"),
        ("registered-models/create", "name"),
        ("model-versions/create", "name"),
    ],
)
def test_what_is_missing_is_named(rest, path, missing):
    answer = rest("POST", path, {})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    assert missing in answer.json()["message"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("experiments/create", {"name": 5}),
        ("experiments/create", {"name": ["a"]}),
        ("experiments/create", {"name": "x", "tags": "a"}),
        ("runs/create", {"experiment_id": "0", "start_time": "soon"}),
        ("runs/search", {"experiment_ids": "0"}),
        ("runs/search", {"experiment_ids": ["0"], "max_results": "many"}),
        ("runs/log-batch", {"run_id": "0" * 32, "metrics": "none"}),
        ("runs/log-batch", {"run_id": 5}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(rest, path, body):
    answer = rest("POST", path, body)
    assert (answer.status_code, answer.json()["error_code"]) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_a_body_that_says_it_is_no_json_is_refused(rest, content_type):
    answer = rest("POST", "experiments/create", data='{"name": "x"}', headers={"content-type": content_type})
    assert answer.status_code == 400


@pytest.mark.parametrize("text", ["{", "nonsense", '{"name": }'])
def test_a_body_that_is_no_json_is_refused(rest, text):
    answer = rest("POST", "experiments/create", data=text, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_fields_that_nobody_knows_are_passed_over(rest, unique):
    answer = rest.post("experiments/create", name=unique(), something={"new": True})
    assert answer["experiment_id"].isdigit()


@pytest.mark.parametrize("name", ["", None])
def test_an_experiment_has_a_name(rest, name):
    assert rest.refused("POST", "experiments/create", {"name": name}) == (400, "INVALID_PARAMETER_VALUE")


def test_a_name_that_is_too_long_is_refused(rest):
    assert rest.refused("POST", "experiments/create", {"name": "x" * 501}) == (400, "INVALID_PARAMETER_VALUE")


_HARMLESS = pytest.mark.ours_only("MLflow's server takes it, and what is logged there ends elsewhere")


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("/my/..", marks=_HARMLESS),
        pytest.param("s3://bucket/../..", marks=_HARMLESS),
        "ftp://x/#fragment",
        "https://host/a?b=..%2f",
    ],
)
def test_an_artifact_location_that_leaves_its_place_is_refused(rest, unique, location):
    body = {"name": unique(), "artifact_location": location}
    assert rest.refused("POST", "experiments/create", body) == (400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("run_id", ["", "x", "../a", "0" * 33, "'; drop table runs; --"])
def test_an_id_that_is_none_is_no_error_of_the_server(rest, run_id):
    assert rest("GET", "runs/get", params={"run_id": run_id}).status_code in (400, 404)
    assert rest("POST", "runs/delete", {"run_id": run_id}).status_code in (400, 404)
    assert rest("POST", "runs/log-metric", {"run_id": run_id, "key": "a", "value": 1, "timestamp": 1}).status_code in (400, 404)


def test_the_probes_answer_without_a_login(server):
    import requests

    assert requests.get(f"{server.url}/health", timeout=10).text == "OK"
    assert requests.get(f"{server.url}/version", timeout=10).text.startswith("3.")
    info = requests.get(f"{server.url}/api/3.0/mlflow/server-info", timeout=10).json()
    assert info["store_type"] == "SqlStore"


@pytest.mark.parametrize("prefix", ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"])
def test_the_same_calls_below_the_prefix_of_web_pages(rest, prefix):
    assert rest("GET", f"{prefix}/experiments/get", params={"experiment_id": "0"}).json()["experiment"]["name"] == "Default"
    assert rest("GET", f"{prefix}/experiments/search", params={"max_results": 1}).status_code == 200


@pytest.mark.ours_only("MLflow's own server asks nobody who they are")
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": "Basic bWU6d3Jvbmc="}])
def test_nobody_reads_or_writes_without_a_token(server, headers):
    import requests

    for method, path in (("GET", "experiments/get?experiment_id=0"), ("POST", "experiments/create")):
        answer = requests.request(method, f"{server.url}/api/2.0/mlflow/{path}", headers=headers, json={"name": "x"}, timeout=10)
        assert answer.status_code == 401


@pytest.mark.ours_only("MLflow's own server asks nobody who they are")
def test_the_token_is_a_password_too(server):
    import requests

    answer = requests.get(f"{server.url}/api/2.0/mlflow/experiments/get?experiment_id=0", auth=("anybody", server.token), timeout=10)
    assert answer.status_code == 200
