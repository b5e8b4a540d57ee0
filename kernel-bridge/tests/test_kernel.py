"""Cells of a real kernel, which has loaded the bridge by itself, as the server has stored them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel
from server import Api, eventually


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The kernel belongs to a notebook of its own, named as Jupyter names it."""
    path = f"examples/{request.node.name[:60]}.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / path))
    monkeypatch.setenv("CELLKEEP_JUPYTER_ROOT", str(tmp_path))
    return path


def executions(api: Api, path: str, count: int) -> list[Any]:
    """Executions of a notebook, once there are so many and all have ended."""

    def found() -> list[Any] | None:
        rows = api.get("executions", notebookPath=path)["executions"]
        return rows if len(rows) == count and all(row["status"] != "running" for row in rows) else None

    return sorted(eventually(found), key=lambda row: row["order"])


@pytest.mark.usefixtures("server")
def test_the_bridge_is_there_without_being_asked_for(kernel: Kernel) -> None:
    reply = kernel.run("import sys\nprint('cellkeep' in sys.modules, 'httpx' in sys.modules, 'psutil' in sys.modules)")
    assert reply.text.split()[0] == "True"


def test_each_cell_is_recorded_with_all_that_is_known(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("x = 20", "cell-a")
    kernel.run("y = x + 1\ndef f(): return y", "cell-b")
    kernel.run("1 / 0", "cell-c")
    kernel.run("x =", "cell-d")
    kernel.run("y = x + 1\ndef f(): return y", "cell-b")
    rows = executions(api, notebook, 5)
    assert [row["order"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row["cellId"] for row in rows] == ["cell-a", "cell-b", "cell-c", "cell-d", "cell-b"]
    assert [row["executionCount"] for row in rows] == [1, 2, 3, 4, 5]
    assert [row["status"] for row in rows] == ["ok", "ok", "error", "error", "ok"]
    assert rows[0]["source"] == "x = 20"
    assert (rows[1]["reads"], rows[1]["writes"]) == (["x"], ["f", "y"])
    assert all(row["durationMs"] >= 0 for row in rows)
    assert rows[2]["error"]["name"] == "ZeroDivisionError"
    assert "\x1b" not in rows[2]["error"]["traceback"]
    assert "1 / 0" in rows[2]["error"]["traceback"]
    assert rows[3]["error"]["name"] == "SyntaxError"


def test_the_count_is_the_one_that_the_person_sees(api: Api, notebook: str, kernel: Kernel) -> None:
    shown = [kernel.run(code).execution_count for code in ("a = 1", "b = 2")]
    assert [row["executionCount"] for row in executions(api, notebook, 2)] == shown


def test_what_no_person_has_run_is_passed_over(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("hidden = 1", silent=True)
    kernel.run("widget = 1", store_history=False)
    kernel.run("")
    kernel.run("outer = 1\nget_ipython().run_cell('inner = 2')", "cell-a")
    (row,) = executions(api, notebook, 1)
    assert row["cellId"] == "cell-a"
    assert row["writes"] == ["inner", "outer"]


CHANGES = [
    ("exec", "exec('made = 1')", ["made"]),
    ("star import", "from cmath import *", "phase"),
    ("magic", "%time timed = 1", ["timed"]),
    ("cell magic", "%%capture out\ncaptured = 1", ["captured", "out"]),
    ("shell", "listed = !echo hi", ["listed"]),
    ("await", "import asyncio\nawait asyncio.sleep(0)\nawaited = 1", ["asyncio", "awaited"]),
    ("error before the end", "early = 1\nraise SystemError\nlate = 2", ["early"]),
]


@pytest.mark.usefixtures("server")
def test_names_that_no_source_shows_are_found_at_run_time(api: Api, notebook: str, kernel: Kernel) -> None:
    for name, code, _ in CHANGES:
        kernel.run(code, name)
    rows = {row["cellId"]: row for row in executions(api, notebook, len(CHANGES))}
    for name, _, writes in CHANGES:
        found = rows[name]["writes"]
        assert writes in found if isinstance(writes, str) else found == writes, name


def test_a_run_knows_its_cell(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("import cellkeep")
    kernel.run("with cellkeep.run('forest'):\n    cellkeep.log({'auc': 0.8})", "cell-b")
    run = api.run(Path(notebook).stem, "finished")  # the default experiment
    assert run["source"]["notebookPath"] == notebook
    assert (run["source"]["cellId"], run["source"]["executionCount"]) == ("cell-b", 2)
    rows = executions(api, notebook, 2)
    assert rows[1]["id"] == run["source"]["executionId"]
    assert rows[1]["runIds"] == [run["id"]]


def test_a_cell_that_only_logs_is_a_run(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("import cellkeep\nfor i in range(3): cellkeep.log({'a': i})", "cell-a")
    kernel.run("cellkeep.log({'a': 10})\n1/0", "cell-b")
    kernel.run("print(cellkeep.current_run())")

    def both() -> list[Any] | None:
        runs = api.runs(Path(notebook).stem)
        return runs if len(runs) == 2 and all(run["status"] != "running" for run in runs) else None

    first, second = eventually(both)
    assert (first["status"], second["status"]) == ("finished", "failed")
    assert [run["source"]["cellId"] for run in (first, second)] == ["cell-a", "cell-b"]
    assert api.points(first["id"], "a") == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert api.points(second["id"], "a") == [(0, 10.0)]


def test_a_run_may_stay_open_over_cells(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("import cellkeep\nrun = cellkeep.start_run('long')", "cell-a")
    kernel.run("cellkeep.log({'a': 1})", "cell-b")
    kernel.run("import asyncio\nawait asyncio.sleep(0)\ncellkeep.log({'a': 2})", "cell-c")
    kernel.run("cellkeep.end_run()", "cell-d")
    run = api.run(Path(notebook).stem, "finished")
    assert api.points(run["id"], "a") == [(0, 1.0), (1, 2.0)]


def test_an_interrupt_ends_the_cells_run_as_killed(api: Api, notebook: str, kernel: Kernel) -> None:
    code = """
import cellkeep, time
with cellkeep.run("endless"):
    while True:
        cellkeep.log({"a": 1})
        if cellkeep.current_run(): print("up", flush=True)
        time.sleep(0.05)
"""
    request = kernel.begin(code, "cell-a")
    kernel.wait_for_stream("up")
    kernel.interrupt()
    assert kernel.finish(request).error == "KeyboardInterrupt"
    assert api.run(Path(notebook).stem, "killed")["error"]["name"] == "KeyboardInterrupt"
    (row,) = executions(api, notebook, 1)
    assert row["status"] == "aborted"


def test_a_shut_down_kernel_ends_what_it_left_open(api: Api, notebook: str) -> None:
    kernel = Kernel()
    kernel.run("import cellkeep\nrun = cellkeep.start_run('open')\ncellkeep.log({'a': 1})")
    kernel.stop()
    run = api.run(Path(notebook).stem, "finished")
    assert api.points(run["id"], "a") == [(0, 1.0)]


def test_a_killed_kernel_loses_nothing_that_was_logged_before(api: Api, notebook: str, home: Path) -> None:
    kernel = Kernel()
    kernel.run("import cellkeep\nrun = cellkeep.start_run('killed')\nfor i in range(1000): cellkeep.log({'a': i})")
    kernel.begin("from cellkeep.tracker import tracker\nprint('spooled', tracker().journal.flush(10))\nimport time\ntime.sleep(60)")
    kernel.wait_for_stream("spooled True")
    kernel.kill()
    kernel.stop()
    heir = Kernel()  # a new kernel of this user takes over
    heir.run("import cellkeep\ncellkeep.status()")

    def whole() -> Any:
        runs = [run for run in api.runs(Path(notebook).stem) if run["name"] == "killed"]
        return runs if runs and len(api.points(runs[0]["id"], "a")) == 1000 else None

    (run,) = eventually(whole)
    assert api.points(run["id"], "a") == [(i, float(i)) for i in range(1000)]
    assert run["status"] in ("running", "lost")  # nobody has said how it ended
    heir.stop()


def test_a_kernel_without_a_server_works_as_ever(kernel: Kernel, home: Path) -> None:
    assert kernel.run("1 + 1").text == "2"
    assert "run `cellkeep login" in kernel.run("%cellkeep").text
    assert not list((home / "spool").glob("*/*.seg"))  # cells of nobody are not kept


@pytest.mark.usefixtures("server")
def test_the_magic_shows_the_state(kernel: Kernel) -> None:
    reply = kernel.run("%cellkeep")
    assert "online" in reply.text
    kernel.run("import cellkeep\nwith cellkeep.run('<b>bold</b>', experiment='magic'): cellkeep.log({'a': 1})")
    assert kernel.run("%cellkeep flush").text.strip() == "the server has everything"
    reply = kernel.run("%cellkeep status")
    assert "&lt;b&gt;bold&lt;/b&gt;" in reply.html
    assert "<b>bold" not in reply.html
    assert "finished" in kernel.run("%cellkeep runs").text
    assert "unknown" in kernel.run("%cellkeep dance").text


def test_the_extension_can_be_unloaded(api: Api, notebook: str, kernel: Kernel) -> None:
    kernel.run("a = 1", "cell-a")
    assert kernel.run("%unload_ext cellkeep").error is None
    kernel.run("b = 1", "cell-b")
    kernel.run("%load_ext cellkeep")
    kernel.run("c = 1", "cell-c")
    rows = executions(api, notebook, 3)
    assert [row["source"] for row in rows] == ["a = 1", "%unload_ext cellkeep", "c = 1"]


def test_other_configuration_is_not_overridden(home: Path) -> None:
    """A person's own profile that lists extensions keeps them, and has the bridge as well."""
    profile = home / "ipython/profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_kernel_config.py").write_text("c = get_config()\nc.InteractiveShellApp.extensions = ['autoreload']\n")
    kernel = Kernel()
    loaded = kernel.run("print(*sorted(name.rpartition('.')[2] for name in get_ipython().extension_manager.loaded))").text.split()
    assert {"autoreload", "cellkeep"} <= set(loaded)
    kernel.stop()
