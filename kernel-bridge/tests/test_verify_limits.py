"""What `cellkeep verify` says where little was recorded, where it may not, and where somebody stops it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Cli
from server import Api, Server, eventually

from cellkeep.cli.main import main

Refused = Callable[..., tuple[int, str]]


def recorded(api: Api, *sources: str, **run: Any) -> str:
    """A run of which only executions were recorded, as an older bridge did."""
    session, run_id = str(uuid.uuid4()), uuid.uuid4().hex
    records: list[Any] = [
        {"type": "session.start", "session": {"id": session, "kind": "notebook", "notebookPath": "old.ipynb", "startedAt": 1_000}}
    ]
    executions = [
        {
            "id": str(uuid.uuid4()),
            "sessionId": session,
            "cellId": f"c{order}",
            "order": order,
            "executionCount": order + 1,
            "source": source,
            "startedAt": 1_000 + order,
            "durationMs": 1,
            "status": "ok",
        }
        for order, source in enumerate(sources)
    ]
    records += [{"type": "execution", "execution": execution} for execution in executions]
    source = {"sessionId": session, "executionId": executions[-1]["id"] if executions else None}
    records += [
        {"type": "run.create", "run": {"id": run_id, "name": f"old {run_id[:6]}", "startedAt": 1_000, "source": source}},
        {"type": "points", "runId": run_id, "series": [{"key": "x", "steps": [0], "times": [1_000], "values": [1.5]}]},
        {"type": "run.update", "run": {"id": run_id, "status": "finished", "endedAt": 2_000, **run}},
    ]
    answer = api.post("ingest", {"writer": str(uuid.uuid4()), "seq": 1, "records": records})
    assert answer["rejected"] == []
    return run_id


LOG = "import cellkeep\nwith cellkeep.run('x'):\n    cellkeep.log({'x': y})"


def test_without_a_snapshot_metrics_are_compared_and_what_could_not_be_checked_is_said(
    api: Api, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "y.txt").write_text("1.50001")
    run = recorded(api, "!pip install nothing-of-this-name", "y = float(open('y.txt').read())", LOG)
    assert main(["verify", run, "--folder", str(tmp_path), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)["findings"]
    assert found["environment"] == "none"
    assert [(one["kind"], one["name"], one["was"], one["now"]) for one in found["differences"]] == [("metric", "x", "1.5", "1.50001")]
    notes = " ".join(found["notes"])
    for said in ("no snapshot belongs to this run", "outputs of cells were not recorded", "did not install"):
        assert said in notes
    assert main(["verify", run, "--folder", str(tmp_path), "--tolerance", "x=1e-4"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("reproduced: old ")
    assert "1 metrics" in told


def test_a_cell_that_fails_now_is_named_and_what_the_kernel_knows_of_the_server_is_nothing(
    api: Api, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    asks = "import os, cellkeep\nheld = [name for name, value in os.environ.items() if {!r} in value or {!r} in value]\n"
    run = recorded(api, asks.format(server.token, server.url) + "raise RuntimeError(f'{held} {cellkeep.status().server}')", LOG)
    assert main(["verify", run]) == 2
    told = capsys.readouterr().out
    assert "failed at execution 0: RuntimeError: [] unconfigured" in told


def test_somebody_else_can_stop_it(api: Api, cli: Cli) -> None:
    run = recorded(api, "import time\ntime.sleep(600)", LOG)
    with subprocess.Popen([sys.executable, "-m", "cellkeep", "verify", run], stderr=subprocess.PIPE, text=True) as process:

        def executing() -> Any:
            found = api.get("verdicts", runId=run)["verdicts"]
            return found and found[0]["progress"]["stage"] == "execute" and found[0]["progress"]["total"]

        eventually(executing, 60.0)
        assert "1 verifications" in cli("verify", run, "--cancel")
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told.splitlines()[-1]) == (6, "it was cancelled")
    assert "cancelled" in cli("verdicts", run)


def test_a_kernel_that_dies_is_a_failure_with_its_last_words(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    run = recorded(api, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", LOG)
    assert main(["verify", run, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["findings"]["error"]
    assert (error["name"], "signal 9" in error["message"]) == ("KernelDied", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no executed cell was recorded"),
        (("--how", "slice"), "so there is no slice; use --how order"),
        (("--folder", "{}/nowhere"), "/nowhere is no folder"),
        (("--timeout", "1"), "Timeout"),
    ],
    ids=["nothing ran", "no flow", "no folder", "no time"],
)
def test_what_cannot_be_verified_is_told_with_the_reason(
    api: Api, capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    run = recorded(api, *([] if not words else ["import time; time.sleep(60)"]))
    code = main(["verify", run, *(word.format(tmp_path) for word in words)])
    told = capsys.readouterr()
    assert code == (2 if "--timeout" in words else 5)
    assert said in told.err + told.out


def test_a_child_of_the_server_leaves_it_to_the_server_to_store_that_nothing_can_be_said(api: Api, server: Server) -> None:
    run = recorded(api)
    options = {"how": "order", "tolerances": {}, "timeoutSeconds": 60}
    verdict = api.post("verdicts", {"id": str(uuid.uuid4()), "runId": run, "where": "client", "options": options})
    task = {"url": server.url, "token": server.token, "verdict": verdict["id"], "trust": "nobody", "options": verdict["options"]}
    command = [sys.executable, "-m", "cellkeep", "verify", run, "--supervised"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        child.stdin.write(json.dumps(task) + "\n")
        child.stdin.flush()  # and not closed: that would say that the server is gone
        said = child.stderr.read()
        assert child.wait(60) == 5
    assert said.splitlines()[-1].startswith("cellkeep: ")
    assert "cannot be made again" in said
    assert api.get(f"verdicts/{verdict['id']}")["status"] == "running"


def test_another_users_code_runs_only_where_that_user_is_named(
    api: Api, server: Server, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recorded(api, "1 / 0", LOG)
    name = f"bob {uuid.uuid4().hex[:6]}"
    bob = api.post("users", {"name": name, "role": "editor"})["user"]
    monkeypatch.setenv("CELLKEEP_TOKEN", api.post("tokens", {"label": "t", "userId": bob["id"]})["secret"])
    code, told = refused("verify", run)
    owner = api.get("me")["user"]["name"]
    assert code == 5
    assert f'logged by {owner}: verifying it runs {owner}\'s code here, as you; if you trust it, add --trust-user "{owner}"' in told
    assert api.get("verdicts", runId=run)["verdicts"] == []
    assert main(["verify", run, "--trust-user", owner]) == 2  # it ran, and divides by zero


def test_a_wrong_command_line_ends_with_a_code_that_no_verdict_has(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--tolerance", "auc"], ["--how", "backwards"], ["--on-server", "--cancel"], ["--timeout", "0"]):
        with pytest.raises(SystemExit) as ended:
            main(["verify", "x", *words])
        assert ended.value.code == 64
    assert "'auc' is not like auc=1e-6" in capsys.readouterr().err


def test_a_run_is_put_under_the_clock_and_taken_from_it(api: Api, cli: Cli) -> None:
    run = recorded(api, LOG)
    assert "is verified every 24 h" in cli("verify", run, "--every", "24")
    assert "is verified every 12 h" in cli("verify", run, "--every", "12")
    listed = api.get("verify-schedules", runId=run)["schedules"]
    assert [one["everyHours"] for one in listed] == [12]
    assert "by the clock no more" in cli("verify", run, "--every", "0")
    assert api.get("verify-schedules", runId=run)["schedules"] == []
