"""A model that serves without Cellkeep beside it: the protocols, and what it says to requests that do not fit."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cellkeep.serving.application import MOST_BYTES, Application, application_of
from cellkeep.serving.protocols import columns_of

MODELS = Path(__file__).parents[2] / "test" / "fixtures" / "models"
EXAMPLE = json.loads((MODELS / "carriers" / "example.json").read_text())
ANSWERS = json.loads((MODELS / "carriers" / "answers.json").read_text())
ROWS = [dict(zip(EXAMPLE["columns"], row, strict=True)) for row in EXAMPLE["data"]]
COUNT = len(ROWS)


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Application:
    top = tmp_path_factory.mktemp("packed")
    shutil.copytree(MODELS / "carriers", top / "model")
    (top / "release.json").write_text('{"name": "late", "version": 3}')
    return application_of(top)


def ask(application: Application, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent: list[Any] = []
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    halves = [content[: len(content) // 2], content[len(content) // 2 :]]

    async def receive() -> dict[str, Any]:
        part = halves.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(halves)}

    async def send(message: Any) -> None:
        sent.append(message)

    told = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {"type": "http", "method": method, "path": path, "headers": [(k.encode(), v.encode()) for k, v in told.items()]}
    asyncio.run(application(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def tensors() -> dict[str, Any]:
    return {"inputs": [{"name": name, "datatype": "BYTES", "shape": [COUNT], "data": [row[name] for row in ROWS]} for name in ROWS[0]]}


@pytest.mark.parametrize(
    ("path", "body", "key"),
    [
        ("/predict", ROWS, "predictions"),
        ("/", EXAMPLE, "predictions"),
        ("/invocations", {"dataframe_split": EXAMPLE}, "predictions"),
        ("/invocations", {"dataframe_records": ROWS}, "predictions"),
        ("/invocations", {"inputs": {name: [row[name] for row in ROWS] for name in ROWS[0]}}, "predictions"),
        ("/invocations", {"instances": ROWS}, "predictions"),
    ],
)
def test_every_protocol_answers_as_the_notebook_did(application: Application, path: str, body: Any, key: str) -> None:
    status, said = ask(application, "POST", path, body)
    assert (status, said[key]) == (200, ANSWERS["labels"])


def test_open_inference_answers_labels_and_scores(application: Application) -> None:
    status, said = ask(application, "POST", "/v2/models/late/versions/3/infer", tensors())
    label, scores = said["outputs"]
    assert (status, label["data"], scores["shape"]) == (200, ANSWERS["labels"], [COUNT, 2])
    assert scores["data"] == pytest.approx([score for row in ANSWERS["scores"] for score in row], abs=1e-5)
    status, told = ask(application, "GET", "/v2/models/late")
    assert (status, [one["name"] for one in told["outputs"]]) == (200, ["label", "scores"])


def test_one_row_is_answered_alone(application: Application) -> None:
    status, said = ask(application, "POST", "/predict", ROWS[0])
    assert (status, said["prediction"], set(said["scores"])) == (200, ANSWERS["labels"][0], {"late", "on time"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "word"),
    [
        ("POST", "/predict", b"{", 400, "no JSON"),
        ("POST", "/predict", b'{"delay": NaN}', 400, "NaN"),
        ("POST", "/predict", b"[" * 100_000, 400, "no JSON"),
        ("POST", "/predict", {"carrier": "AA"}, 400, "distance"),
        ("POST", "/predict", {"carrier": "AA", "distance": 1.5}, 400, "no integer"),
        ("POST", "/predict", {"carrier": "AA", "distance": True}, 400, "number"),
        ("POST", "/predict", {"carrier": "AA", "distance": 1, "colour": "red"}, 400, "no input"),
        ("POST", "/predict", {"columns": ["carrier"], "data": [[1, 2]]}, 400, "list of 1"),
        ("POST", "/predict", "row", 400, "a row"),
        ("POST", "/predict", [], 400, "no rows"),
        ("POST", "/invocations", {"rows": []}, 400, "exactly one"),
        ("POST", "/invocations", {"inputs": {"carrier": ["AA"], "distance": []}}, 400, "equal length"),
        ("POST", "/v2/models/late/infer", {"inputs": [{"name": "carrier", "shape": [2], "data": ["AA"]}]}, 400, "has 1 values"),
        ("POST", "/v2/models/late/infer", {"inputs": [{"name": "carrier", "shape": [-1], "data": []}]}, 400, "sizes"),
        ("POST", "/v2/models/late/infer", {}, 400, "inputs"),
        ("POST", "/v2/models/other/infer", {}, 404, "nothing answers"),
        ("GET", "/../etc/passwd", None, 404, "nothing answers"),
        ("DELETE", "/predict", None, 405, "GET or POST"),
        ("POST", "/predict", b" " * (MOST_BYTES + 1), 413, "bytes"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(application: Application, method: str, path: str, body: Any, status: int, word: str) -> None:
    found, said = ask(application, method, path, body)
    assert (found, word in json.dumps(said)) == (status, True), said


def test_a_token_is_asked_for_where_one_is_set(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "_token", "secret")
    assert ask(application, "POST", "/predict", ROWS)[0] == 401
    assert ask(application, "POST", "/predict", ROWS, authorization="Bearer secret")[0] == 200
    assert ask(application, "GET", "/v2/health/ready")[0] == 200


def test_a_tensor_has_its_shape_however_it_is_nested(application: Application) -> None:
    column = {"name": "x", "type": "double", "required": True, "shape": [2, 2]}
    bundle = {**application.bundle, "signature": {"layout": "tensor", "inputs": [column], "outputs": []}}
    found = columns_of([{"x": [[1, 2], [3, 4]]}, {"x": [5, 6, 7, 8]}], bundle, "rows")
    assert found["x"].shape == (2, 2, 2)
