"""Ten notebooks of different habits, each run as its person did, then made again: the verdict is the one that the habit deserves."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel
from notebooks import Notebook, notebooks
from server import Api, eventually

from cellkeep.cli.main import main
from cellkeep.snapshots.canonical import canonical, digest_of

CODES = {"reproduced": 0, "drifted": 1, "failed": 2}


@pytest.fixture(autouse=True)
def cache(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Built environments and lists of packages are shared by the tests of this file: to read 200 packages takes a second or two."""
    shared = tmp_path_factory.getbasetemp() / "cache"
    shared.mkdir(exist_ok=True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared))
    (home / "cache").symlink_to(shared)


def played(notebook: Notebook, folder: Path, api: Api, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a notebook in a folder of its own; returns its run, with its snapshot there."""
    folder.mkdir()
    notebook.bring(folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CELLKEEP_EXPERIMENT", notebook.name)
    experiment = f"{notebook.name} {uuid.uuid4().hex[:8]}"
    name = notebook.history.get("run")

    def found() -> Any:
        runs = [run for run in api.runs(experiment) if run["status"] == "finished" and name in (None, run["name"])]
        return runs[0] if len(runs) == 1 and snapshots(api, runs[0]) else None

    kernel = Kernel(MLFLOW_EXPERIMENT_NAME=experiment)
    try:
        kernel.run(f"import cellkeep; cellkeep.experiment({experiment!r})", silent=True, store_history=False)
        notebook.play(kernel)
        return eventually(found, 60.0)  # before the kernel ends: the first snapshot of a machine reads all of its packages
    finally:
        kernel.stop()


def snapshots(api: Api, run: Any) -> list[Any]:
    """Those of the end of a run, or of its session where MLflow's client has logged it, whose kernel half has arrived."""
    found = [row for row in api.get("snapshots", sessionId=run["source"]["sessionId"])["snapshots"] if row["hasKernel"]]
    own = [row for row in found if any(one["id"] == run["id"] and one["reason"] == "end" for one in row["runs"])]
    return own or [row for row in found if not row["runs"]]


def verified(run: Any, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any, str]:
    """Exit code, verdict, and what a person is told meanwhile."""
    capsys.readouterr()
    code = main(["verify", run["id"], "--json", *words])
    told = capsys.readouterr()
    assert told.out, told.err
    return code, json.loads(told.out), told.err


def change_environment(api: Api, run: Any, packages: dict[str, str]) -> None:
    """As if the run had been made where these packages are; the newest snapshot counts."""
    row = api.get(f"snapshots/{snapshots(api, run)[0]['id']}")
    before = api.get(f"environments/{row['kernel']['environment']}")
    listed = [{"name": name, "version": version, "hash": "", "source": ""} for name, version in packages.items()]
    environment = {**before, "packages": listed}
    digest = digest_of(canonical(environment))
    api.put(f"environments/{digest}", {"environment": environment})
    kernel = {**row["kernel"], "environment": digest}
    snapshot = {"reason": "end", "takenAt": row["takenAt"] + 1, "runIds": [run["id"]], "kernel": kernel}
    api.put(f"snapshots/{uuid.uuid4()}", snapshot)


@pytest.mark.timeout(300)  # MLflow is imported three times, and a package is installed, on a machine that does other things
@pytest.mark.parametrize("notebook", notebooks(), ids=lambda notebook: notebook.name)
def test_the_verdict_is_the_one_that_the_habit_deserves(
    notebook: Notebook, tmp_path: Path, api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "work"
    run = played(notebook, folder, api, monkeypatch)
    if notebook.history.get("between") == "append":
        with (folder / "flights.csv").open("a") as file:
            file.write("2013,1,2,600,500,600.0,900,800,60.0,UA,1,N1,EWR,IAH,200.0,1400,6,0,2013-01-02T10:00:00Z\n")
    if "packages" in notebook.history:
        change_environment(api, run, notebook.history["packages"])
    before = sorted((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())

    on_server = ["--on-server", "--wait"] if notebook.history.get("where") == "server" else []
    code, verdict, _ = verified(run, capsys, "--how", notebook.history["how"], *on_server)

    expect, findings = notebook.expect, verdict["findings"]
    counted = [one for one in findings["differences"] if one["counts"]]
    assert (verdict["status"], code) == (expect["status"], CODES[expect["status"]]), json.dumps([findings["error"], counted])
    assert findings["executed"] == expect["executed"]
    assert findings["environment"] == expect.get("environment", "same"), findings["notes"]
    assert [one["name"] for one in counted if one["kind"] == "metric"] == expect.get("metrics", [])
    assert findings["firstCellId"] == expect.get("firstCell")
    stored = api.get(f"runs/{run['id']}")
    assert findings["compared"]["metrics"] == len([key for key in stored["metrics"] if not key.startswith("system/")]) > 0
    for what in ("images", "predictions"):
        assert findings["compared"][what] == expect.get(what, 0), findings["notes"]
    explained = [one["name"] for one in findings["differences"] if one["kind"] == "data"]
    assert explained == ([str(folder / expect["data"])] if "data" in expect else [])
    assert stored["verdict"]["status"] == expect["status"]
    after = sorted((path, path.read_bytes()) for path in folder.rglob("*") if path.is_file())
    assert after == before, "what cells write does not reach the person's folder"
    if "then" in notebook.history:
        then = notebook.history["then"]
        (folder / then["remove"]).unlink()
        code, verdict, _ = verified(run, capsys)
        assert (verdict["status"], code) == (then["status"], CODES[then["status"]])
        assert (verdict["findings"]["error"]["name"], verdict["findings"]["firstCellId"]) == (then["error"], then["firstCell"])
