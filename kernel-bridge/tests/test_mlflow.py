"""The unmodified `mlflow` in a kernel that has loaded the bridge: no configuration, the same notebook and cell, no token anywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kernels import Kernel
from server import Api, Server, eventually

from cellkeep import mlflow_plugin
from cellkeep.mlflow_plugin import TokenAuth, configure


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The kernel belongs to a notebook of its own, named as Jupyter names it."""
    path = f"examples/mlflow {request.node.name[:50]}.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / path))
    monkeypatch.setenv("CELLKEEP_JUPYTER_ROOT", str(tmp_path))
    return path


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    """No word of MLflow in the environment, and none left behind."""
    for name in (mlflow_plugin.URI, mlflow_plugin.AUTH, "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME"):
        monkeypatch.setenv(name, "")


@pytest.mark.usefixtures("server")
def test_a_run_of_mlflow_knows_notebook_cell_and_execution(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("import mlflow, os\nos.environ['LOGNAME'] = 'jovyan'  # whom a shared container runs as", "cell-a")
    reply = kernel.run(
        "with mlflow.start_run(run_name='forest'):\n    mlflow.log_param('depth', 6)\n    mlflow.log_metric('auc', 0.8, step=1)", "cell-b"
    )
    assert reply.error is None, reply.text
    run = api.run(Path(notebook).stem, "finished")  # the experiment in which native runs of this notebook are
    assert (run["name"], run["params"]) == ("forest", {"depth": "6"})
    assert api.points(run["id"], "auc") == [(1, 0.8)]
    assert run["source"]["notebookPath"] == notebook
    assert (run["source"]["cellId"], run["source"]["executionCount"]) == ("cell-b", 2)
    execution = next(row for row in api.executions(run["source"]["sessionId"]) if row["cellId"] == "cell-b")
    assert run["source"]["executionId"] == execution["id"]
    assert execution["runIds"] == [run["id"]]
    # Whose account it is, as of a native run, not whom the kernel runs as.
    assert run["user"] == run["userName"] == run["tags"]["mlflow.user"] != "jovyan"


def test_the_token_is_in_no_variable_and_in_no_tag(api: Api, server: Server, notebook: str, kernel: Kernel) -> None:
    reply = kernel.run(
        "import json, mlflow, os\n"
        "run = mlflow.start_run(); mlflow.end_run()\n"
        "print(json.dumps({key: value for key, value in os.environ.items() if key != 'CELLKEEP_TOKEN'}))"
    )
    environment = json.loads(reply.text.strip().splitlines()[-1])
    assert environment["MLFLOW_TRACKING_URI"] == server.url
    assert not any(server.token in value for value in environment.values())
    assert server.token not in json.dumps(api.run(Path(notebook).stem))


@pytest.mark.usefixtures("server", "notebook")
def test_an_address_of_ones_own_is_kept(kernel: Kernel, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/own.db"
    reply = kernel.run(f"import mlflow\nmlflow.set_tracking_uri({uri!r})\nrun = mlflow.start_run()\nmlflow.end_run()\nprint(run.data.tags)")
    assert reply.error is None, reply.text
    assert "cellkeep.session" not in reply.text


@pytest.mark.usefixtures("unconfigured")
class TestConfigure:
    def test_says_where_the_configured_server_is(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CELLKEEP_URL", "http://user:secret@host:5077/team/")
        assert configure()
        assert os.environ["MLFLOW_TRACKING_URI"] == "http://host:5077/team"
        assert os.environ["MLFLOW_TRACKING_AUTH"] == "cellkeep"

    def test_keeps_what_a_person_has_set(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CELLKEEP_URL", "http://host:5077")
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://other:5000")
        assert not configure()
        assert os.environ["MLFLOW_TRACKING_URI"] == "http://other:5000"
        assert os.environ["MLFLOW_TRACKING_AUTH"] == ""

    def test_leaves_credentials_to_those_who_have_given_some(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("CELLKEEP_URL", "http://host:5077")
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "own")
        assert configure()
        assert os.environ["MLFLOW_TRACKING_AUTH"] == ""

    @pytest.mark.parametrize("url", ["", "unix:///run/cellkeep.sock", "ftp://host"])
    def test_does_nothing_where_mlflow_could_not_follow(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        monkeypatch.setenv("CELLKEEP_URL", url)
        assert not configure()
        assert os.environ["MLFLOW_TRACKING_URI"] == ""


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://host:5077/team/api/2.0/mlflow/runs/get", True),
        ("http://host:5077/team", True),
        ("http://host:5077/teams/api", False),
        ("http://host:5077/team/../other", False),
        ("http://host:5078/team/api", False),
        ("https://host:5077/team/api", False),
        ("http://host:5077@evil.example/team/api", False),
        ("http://evil.example/http://host:5077/team", False),
    ],
)
def test_the_token_goes_to_its_own_server_alone(monkeypatch: pytest.MonkeyPatch, url: str, told: bool) -> None:
    monkeypatch.setenv("CELLKEEP_URL", "http://host:5077/team")
    monkeypatch.setenv("CELLKEEP_TOKEN", "secret")
    request = SimpleNamespace(url=url, headers={}, body=None)
    TokenAuth().get_auth()(request)
    assert request.headers == ({"Authorization": "Bearer secret"} if told else {})


@pytest.mark.usefixtures("notebook")
def test_a_snapshot_names_the_datasets_that_mlflow_was_told_of(api: Api, kernel: Kernel) -> None:
    reply = kernel.run(
        "import cellkeep, mlflow, numpy as np\n"
        "with mlflow.start_run() as run:\n"
        "    data = mlflow.data.from_numpy(np.arange(10.0), name='ten')\n"
        "    mlflow.log_input(data, context='training')\n"
        "taken = cellkeep.snapshot()\n"
        "print(taken.id, data.digest)"
    )
    assert reply.error is None, reply.text
    snapshot, digest = reply.text.split()[-2:]

    def found() -> Any:
        rows = [row for row in api.get("snapshots")["snapshots"] if row["id"] == snapshot and row["hasKernel"]]
        return api.get(f"snapshots/{snapshot}")["kernel"] if rows else None

    assert eventually(found, 40)["data"] == [{"kind": "dataset", "name": "ten", "version": digest, "digest": digest}]
