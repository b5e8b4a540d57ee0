"""Snapshots of a real kernel's notebook, as the server has stored them: who asks for them, what is in them, and through an outage."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import programs
import pytest
from kernels import Kernel
from server import Api, Server, eventually

from cellkeep.snapshots.canonical import digest_of


def cell(source: str, **fields: object) -> dict[str, object]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source, **fields}


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A notebook on disk, in a git repository with a change, that the kernel belongs to."""
    folder = tmp_path / "project"
    folder.mkdir()
    path = folder / "forest.ipynb"
    content = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "python3"}}, "cells": [cell("1 + 1", id="saved")]}
    path.write_text(json.dumps(content))
    (folder / "data.csv").write_text("a,b\n1,2\n")
    (folder / "model.py").write_text("depth = 1\n")
    for words in (["init", "-q"], ["add", "model.py"], ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "first"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    (folder / "model.py").write_text("depth = 2\n")
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setenv("CUDA_REGISTRY_TOKEN", "hunter2-hunter2")
    monkeypatch.setenv("CELLKEEP_SNAPSHOT_VARIABLES", "MY_*")
    monkeypatch.setenv("MY_MODE", "fast")
    monkeypatch.chdir(folder)
    return path


def snapshots(api: Api, reasons: list[str], **query: str) -> list[Any]:
    """Snapshots once there are just these (reasons, oldest first) and all have both halves."""

    def found() -> Any:
        rows = api.get("snapshots", **query)["snapshots"][::-1]
        complete = all(row["hasKernel"] and row["hasDocument"] for row in rows)
        return rows if complete and [row["reason"] for row in rows] == reasons else None

    return [api.get(f"snapshots/{row['id']}") for row in eventually(found, 40)]


def test_a_run_gets_a_snapshot_at_its_start_and_at_its_end(api: Api, notebook: Path, kernel: Kernel) -> None:
    kernel.run("import random, cellkeep\nSEED = 7\nrandom.seed(SEED)", "cell-a")
    kernel.run("with cellkeep.run('forest'):\n    rows = open('data.csv').read()\n    cellkeep.log({'a': 1})", "cell-b")
    kernel.run("kept = cellkeep.snapshot('by hand'); print(kept.id, kept.url)", "cell-c")
    run = api.run("forest", "finished")
    start, end = snapshots(api, ["start", "end"], runId=run["id"])
    assert [row["id"] for row in end["runs"]] == [run["id"]]
    assert (start["lastOrder"], end["lastOrder"]) == (1, 1)
    half, document = end["kernel"], end["document"]
    assert document["takenFrom"] == "disk"
    assert [(entry["id"], json.loads(api.part(entry["cell"]))["source"]) for entry in document["cells"]] == [("saved", "1 + 1")]
    assert half["folder"] == str(notebook.parent)
    (file,) = half["files"]
    assert (file["path"], file["mode"], file["size"], file["orders"]) == (str(notebook.parent / "data.csv"), "read", 8, [1])
    assert file["digest"] == digest_of("a,b\n1,2\n")
    assert half["seeds"] == [{"generator": "python", "seed": "7", "order": 0}]
    assert half["variables"]["OMP_NUM_THREADS"] == "2"
    assert half["variables"]["MY_MODE"] == "fast"
    assert "hunter2" not in json.dumps(end)
    assert half["git"]["dirty"]
    assert "+depth = 2" in api.part(half["git"]["diff"])
    environment = api.get(f"environments/{half['environment']}")
    assert environment["cpuCount"] > 0
    packages = {package["name"]: package for package in environment["packages"]}
    assert len(packages["ipykernel"]["hash"]) == 64
    assert half["commandLine"][1:3] == ["-m", "ipykernel_launcher"]
    assert half["warnings"] == []
    start, end, by_hand = snapshots(api, ["start", "end", "manual"], sessionId=run["source"]["sessionId"])
    assert (by_hand["label"], by_hand["lastOrder"], by_hand["runs"]) == ("by hand", 2, [])


def test_a_thousand_runs_of_one_cell_share_their_snapshots(api: Api, notebook: Path, kernel: Kernel) -> None:
    code = "import cellkeep\nfor i in range(300):\n    with cellkeep.run(f'run {i}', experiment='grid'): pass"
    kernel.run(code, "cell-a")
    rows = eventually(lambda: found if len(found := api.runs("grid")) >= 100 else None)

    def both() -> Any:
        found = api.get("snapshots", sessionId=rows[0]["source"]["sessionId"])["snapshots"]
        return found if [row["runCount"] for row in found] == [300, 300] else None

    assert sorted(row["reason"] for row in eventually(both, 40)) == ["end", "start"]


def editor_half(api: Api, asked: dict[str, Any], source: str) -> None:
    """As the extension does: parts, then the half."""
    text = json.dumps({"attachments": {}, "metadata": {}, "source": source, "type": "code"}, separators=(",", ":"))
    api.post("parts", {"parts": [{"digest": digest_of(text), "kind": "cell", "body": text}]})
    entry = {"id": "cell-a", "type": "code", "cell": digest_of(text), "executionCount": 1, "outputs": []}
    document = {"takenFrom": "editor", "nbformat": [4, 5], "metadata": {}, "cells": [entry]}
    given = {name: asked[name] for name in ("id", "reason", "takenAt", "runIds")}
    api.put(f"snapshots/{asked['id']}", {**given, "document": document})


def test_the_editor_is_asked_for_the_notebook_with_its_unsaved_changes(api: Api, notebook: Path, kernel: Kernel) -> None:
    comm = kernel.open_comm({"type": "hello", "protocol": 1, "notebookPath": "forest.ipynb"})
    kernel.send_comm(
        comm, {"type": "document", "version": 1, "order": ["cell-a"], "cells": {"cell-a": {"type": "code", "source": "x = 1"}}}
    )
    kernel.run("import cellkeep\nwith cellkeep.run('edited', experiment='edited'): pass", "cell-a")
    for reason in ("start", "end"):
        asked = kernel.wait_for_comm(type="snapshot", reason=reason)
        assert len(asked["runIds"]) == 1
        editor_half(api, asked, "x = 'unsaved'")
        kernel.send_comm(comm, {"type": "snapshot.done", "id": asked["id"], "ok": True})
    run = api.run("edited", "finished")
    for snapshot in snapshots(api, ["start", "end"], runId=run["id"]):
        assert snapshot["document"]["takenFrom"] == "editor"
        assert "unsaved" in api.part(snapshot["document"]["cells"][0]["cell"])
    kernel.send_comm(comm, {"type": "snapshot.take", "label": "by button"})
    asked = kernel.wait_for_comm(type="snapshot", reason="manual")
    kernel.send_comm(comm, {"type": "snapshot.done", "id": asked["id"], "ok": False, "message": "no connection"})
    by_button = snapshots(api, ["start", "end", "manual"], sessionId=run["source"]["sessionId"])[2]
    assert (by_button["label"], by_button["document"]["takenFrom"]) == ("by button", "disk")
    # and a page that never answers
    kernel.send_comm(comm, {"type": "snapshot.take", "label": "asleep"})
    asleep = snapshots(api, ["start", "end", "manual", "manual"], sessionId=run["source"]["sessionId"])[3]
    assert (asleep["label"], asleep["document"]["takenFrom"]) == ("asleep", "disk")


WRONG: list[dict[str, Any]] = [
    {},
    {"order": 1, "cells": {}},
    {"order": ["a"], "cells": {}},
    {"order": ["a"], "cells": {"a": 1}},
    {"order": [[]], "cells": {}},
]


def test_marks_follow_what_the_editor_tells(kernel: Kernel) -> None:
    comm = kernel.open_comm({})
    for wrong in WRONG:
        kernel.send_comm(comm, {"type": "document", "version": 1, **wrong})
        assert kernel.wait_for_comm(type="error")["message"]
    kernel.send_comm(comm, {"type": "snapshot.done", "id": [], "ok": "yes"})
    cells = {"a": {"type": "code", "source": "x = 1"}, "b": {"type": "code", "source": "y = x"}}
    kernel.send_comm(comm, {"type": "document", "version": 1, "order": ["a", "b"], "cells": cells})
    assert kernel.wait_for_comm(type="marks")["findings"] == []
    kernel.run("x = 1", "a")
    kernel.run("y = x", "b")
    kernel.send_comm(comm, {"type": "document", "version": 2, "order": ["a", "b"], "cells": {"a": {"type": "code", "source": "x = 2"}}})
    (edited,) = kernel.wait_for_comm(type="marks")["findings"]
    assert (edited["cellId"], edited["kind"], edited["orders"]) == ("a", "edited", [0])
    kernel.run("x = 2", "a")
    (stale,) = kernel.wait_for_comm(type="marks")["findings"]
    assert (stale["cellId"], stale["kind"]) == ("b", "stale")
    kernel.run("y = x", "b")
    assert kernel.wait_for_comm(type="marks")["findings"] == []
    kernel.send_comm(comm, {"type": "document", "version": 3, "order": ["b"], "cells": {}})
    (gone,) = kernel.wait_for_comm(type="marks")["findings"]
    assert (gone["cellId"], gone["kind"]) == ("b", "gone")
    kernel.send_comm(comm, {"type": "hello", "protocol": 1, "notebookPath": "marks.ipynb"})  # as a page that was loaded anew
    assert kernel.wait_for_comm(type="marks")["findings"] == [gone]


def test_nothing_is_lost_while_the_server_is_away(api: Api, server: Server, notebook: Path, kernel: Kernel) -> None:
    kernel.run("import cellkeep", "cell-a")
    server.kill()
    large = "from IPython.display import display, HTML\ndisplay(HTML('<p>' + 'x' * 5_000_000))"
    kernel.run(f"with cellkeep.run('away', experiment='away'):\n    print('shown')\n{large}", "cell-b")
    server.start()
    run = api.run("away", "finished")
    start, end = snapshots(api, ["start", "end"], runId=run["id"])
    assert start["kernel"]["environment"] == end["kernel"]["environment"]
    row = eventually(lambda: next((row for row in api.executions(run["source"]["sessionId"]) if len(row["outputs"]) == 2), None))
    assert json.loads(api.part(row["outputs"][0]))["text"] == "shown\n"
    assert len(api.part(row["outputs"][1])) > 5_000_000


def test_a_script_is_kept_as_one_cell(api: Api, tmp_path: Path) -> None:
    source = "import random, cellkeep\nrandom.seed(3)\nwith cellkeep.run('scripted', experiment='scripted'): pass\n"
    done = programs.run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    run = api.run("scripted", "finished")
    start, end = snapshots(api, ["start", "end"], runId=run["id"])
    (entry,) = end["document"]["cells"]
    assert json.loads(api.part(entry["cell"]))["source"] == source
    assert end["kernel"]["seeds"] == [{"generator": "python", "seed": "3", "order": None}]
    assert start["kernel"]["lastOrder"] is None


def test_snapshots_can_be_switched_off(api: Api, tmp_path: Path) -> None:
    programs.run(tmp_path, "import cellkeep\nwith cellkeep.run('plain', experiment='plain'): pass", CELLKEEP_SNAPSHOTS="off")
    run = api.run("plain", "finished")
    eventually(lambda: api.get("executions", sessionId=run["source"]["sessionId"])["executions"] == [])
    assert api.get("snapshots", runId=run["id"])["snapshots"] == []
