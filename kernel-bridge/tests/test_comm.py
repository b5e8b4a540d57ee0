"""The channel to the front end, spoken over a real comm as the extension speaks it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kernels import Kernel
from server import Api, Server, eventually


def hello(kernel: Kernel, path: str) -> str:
    return kernel.open_comm({"type": "hello", "protocol": 1, "notebookPath": path})


def test_hello_is_answered_with_the_state(server: Server, kernel: Kernel) -> None:
    hello(kernel, "comm/hello.ipynb")
    state = kernel.wait_for_comm(type="state")
    assert state["protocol"] == 1
    assert state["runs"] == []
    assert state["waiting"] == 0
    assert "error" not in state
    kernel.wait_for_comm(type="state", server="online")


def test_a_run_is_told_while_its_cell_still_runs(server: Server, kernel: Kernel) -> None:
    hello(kernel, "comm/live.ipynb")
    code = """
import cellkeep, time
with cellkeep.run("live"):
    while True:
        cellkeep.log({"a": 1})
        time.sleep(0.05)
"""
    request = kernel.begin(code, "cell-a")
    told: dict[str, Any] = {}
    while not told.get("runs"):
        told = kernel.wait_for_comm(type="state")
    assert told["runs"][0]["status"] == "running"
    assert (told["runs"][0]["name"], told["runs"][0]["cellId"], told["runs"][0]["executionCount"]) == ("live", "cell-a", 1)
    kernel.interrupt()
    kernel.finish(request)
    while told["runs"][0]["status"] == "running":
        told = kernel.wait_for_comm(type="state")
    assert told["runs"][0]["status"] == "killed"


def test_the_front_end_starts_renames_and_stops_a_run(api: Api, kernel: Kernel) -> None:
    comm = hello(kernel, "comm/buttons.ipynb")
    kernel.wait_for_comm(type="state")
    kernel.send_comm(comm, {"type": "run.start", "name": "by button"})
    started: dict[str, Any] = {}
    while not started.get("runs"):
        started = kernel.wait_for_comm(type="state")
    run_id = started["runs"][0]["id"]
    kernel.run("import cellkeep\ncellkeep.log({'a': 1})")  # goes to the run that the button has opened
    kernel.send_comm(comm, {"type": "run.rename", "runId": run_id, "name": "renamed"})
    kernel.send_comm(comm, {"type": "run.stop", "runId": run_id})
    run = api.run("buttons", "finished")
    assert (run["id"], run["name"]) == (run_id, "renamed")
    assert api.points(run_id, "a") == [(0, 1.0)]


def test_a_moved_notebook_keeps_its_runs(api: Api, kernel: Kernel) -> None:
    comm = hello(kernel, "comm/old name.ipynb")
    kernel.run("import cellkeep\ncellkeep.experiment('moves')\nwith cellkeep.run('before'): pass")
    assert api.run("moves", "finished")["source"]["notebookPath"] == "comm/old name.ipynb"
    kernel.send_comm(comm, {"type": "moved", "notebookPath": "comm/new name.ipynb"})
    kernel.run("with cellkeep.run('after'): pass")

    def both() -> Any:
        runs = api.runs("moves")
        return runs if len(runs) == 2 and all(r["source"]["notebookPath"] == "comm/new name.ipynb" for r in runs) else None

    eventually(both)


def test_nonsense_from_the_front_end_is_answered_and_harms_nothing(kernel: Kernel) -> None:
    comm = kernel.open_comm({})
    for wrong in ({"type": "dance"}, {"type": "run.stop", "runId": "0" * 32}, {"type": "run.rename"}, {"type": "run.stop", "runId": []}):
        kernel.send_comm(comm, wrong)
        assert kernel.wait_for_comm(type="error")["message"]
    kernel.send_comm(comm, {"no": "type"})
    assert kernel.run("1 + 1").text == "2"


def test_an_outage_shows_as_waiting_records(server: Server, kernel: Kernel) -> None:
    hello(kernel, "comm/outage.ipynb")
    kernel.wait_for_comm(type="state", server="online")
    server.kill()
    kernel.run("import cellkeep\nwith cellkeep.run(experiment='comm-outage'): cellkeep.log({'a': 1})")
    offline = kernel.wait_for_comm(type="state", server="offline")
    assert "cannot be reached" in offline["error"]
    assert server.token not in str(offline)
    server.start()
    back = kernel.wait_for_comm(type="state", server="online", waiting=0)
    assert "error" not in back


def test_the_state_names_no_secret(server: Server, kernel: Kernel, home: Path) -> None:
    hello(kernel, "comm/secret.ipynb")
    state = kernel.wait_for_comm(type="state", server="online")
    assert server.token not in str(state)
    assert (
        server.token
        not in kernel.run("import cellkeep\nfrom cellkeep.tracker import tracker\nprint(vars(tracker().sender), cellkeep.status())").text
    )
