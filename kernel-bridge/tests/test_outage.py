"""The server goes away and comes back, the process is killed: each point arrives, once and in order."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import programs
import pytest
from server import Api, Server, eventually

from cellkeep.cli.main import main

PAUSED = """
import cellkeep, sys
with cellkeep.run("steady", experiment="{experiment}"):
    for step in range(100): cellkeep.log({{"n": step}}, step=step)
    cellkeep.text("before", "before")
    print("up", cellkeep.flush(20), flush=True)
    sys.stdin.readline()
    for step in range(100, 300): cellkeep.log({{"n": step}}, step=step)
    cellkeep.text("during", "during")
    print("logged", flush=True)
    sys.stdin.readline()
    for step in range(300, 400): cellkeep.log({{"n": step}}, step=step)
"""
ALL = [(step, float(step)) for step in range(400)]


def test_the_server_is_killed_and_returns_in_mid_run(server: Server, api: Api, tmp_path: Path) -> None:
    process = programs.start(tmp_path, PAUSED.format(experiment="mid-run"))
    programs.read_line(process, "up True")
    server.kill()
    programs.tell(process)
    programs.read_line(process, "logged")
    server.start()
    programs.tell(process)
    _, err = programs.finish(process)
    assert (process.returncode, err) == (0, "")
    run = api.run("mid-run", "finished")
    assert api.points(run["id"], "n") == ALL
    assert sorted(eventually(lambda: found if len(found := api.artifacts(run["id"])) == 2 else None)) == ["before.txt", "during.txt"]


def test_a_process_that_ends_during_an_outage_leaves_its_points_for_sync(
    server: Server, api: Api, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process = programs.start(tmp_path, PAUSED.format(experiment="outage"))
    programs.read_line(process, "up True")
    server.kill()
    programs.tell(process)
    programs.tell(process)
    _, err = programs.finish(process)
    assert process.returncode == 0
    assert "`cellkeep sync` sends them" in err
    assert server.token not in err
    assert main(["sync"]) == 3
    assert "cannot be reached" in capsys.readouterr().err
    server.start()
    assert main(["status", "--json"]) == 0
    (waiting,) = json.loads(capsys.readouterr().out)["spools"]
    assert waiting["state"] == "waiting"
    assert waiting["records"] > 0
    assert main(["sync"]) == 0
    run = api.run("outage", "finished")
    assert api.points(run["id"], "n") == ALL
    assert sorted(api.artifacts(run["id"])) == ["before.txt", "during.txt"]
    assert list((home / "spool").iterdir()) == []


def test_a_killed_process_loses_nothing_that_reached_the_spool(server: Server, api: Api, tmp_path: Path, home: Path) -> None:
    server.kill()
    process = programs.start(
        tmp_path,
        """
import cellkeep, time
from cellkeep.tracker import tracker
run = cellkeep.start_run("killed", experiment="kill-9")
for step in range(1000): run.log({"n": step}, step=step)
run.text("kept", "kept")
print("spooled", tracker().journal.flush(10), flush=True)
time.sleep(60)
""",
    )
    programs.read_line(process, "spooled True")
    process.kill()
    programs.finish(process)
    assert len(list((home / "spool").iterdir())) == 1
    server.start()
    # The next process of this user takes over what is left, without being asked.
    next_one = programs.start(
        tmp_path,
        "import cellkeep, sys\nwith cellkeep.run(experiment='after-kill-9'): print(cellkeep.flush(20), flush=True); sys.stdin.readline()",
    )
    programs.read_line(next_one, "True")

    def arrived() -> bool:
        runs = api.runs("kill-9")
        return bool(runs) and len(api.points(runs[0]["id"], "n")) == 1000 and "kept.txt" in api.artifacts(runs[0]["id"])

    eventually(arrived)
    programs.tell(next_one)
    programs.finish(next_one)
    (run,) = api.runs("kill-9")
    assert api.points(run["id"], "n") == [(step, float(step)) for step in range(1000)]
    assert list((home / "spool").iterdir()) == []


def test_a_batch_that_was_answered_but_not_heard_changes_nothing(
    server: Server, api: Api, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The acknowledgement is taken back on disk, as after a power cut: every batch is sent again."""
    process = programs.start(tmp_path, PAUSED.format(experiment="twice"))
    programs.read_line(process, "up True")
    process.kill()
    programs.finish(process)
    (folder,) = (home / "spool").iterdir()
    kept = [(file.name, file.read_bytes()) for file in folder.glob("*.seg")]
    assert (folder / "acknowledged").exists()
    (run,) = api.runs("twice")
    before = api.points(run["id"], "n")
    if kept:  # else all of it was acknowledged and has left the disk
        (folder / "acknowledged").unlink()
    assert main(["sync"]) == 0
    assert api.points(run["id"], "n") == before == ALL[:100]


def test_nothing_is_sent_to_another_server(
    server: Server, api: Api, tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A spool that has met a server belongs to it: another one, with another workspace, gets nothing of it."""
    process = programs.start(tmp_path, PAUSED.format(experiment="not-for-you"))
    programs.read_line(process, "up True")
    server.kill()
    programs.tell(process)
    programs.tell(process)
    programs.finish(process)
    (folder,) = (home / "spool").iterdir()
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "workspace": "00000000-0000-4000-8000-000000000000"}))
    server.start()
    assert main(["sync"]) == 0
    assert "of 0 processes" in capsys.readouterr().err
    assert folder.exists()


class Stranger:
    """Something that listens where a Cellkeep server was expected."""

    def __init__(self, status: int, body: bytes) -> None:
        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer  # noqa: N815

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


STRANGERS = [
    ("a proxy without its server", 502, b"<h1>Bad Gateway</h1>"),
    ("another application", 404, b"not here"),
    ("a login page", 200, b"<html>log in</html>"),
    ("other JSON", 200, b'{"hello": 1}'),
    ("a wrong token", 401, b'{"code":"UNAUTHORIZED","status":401,"message":"A valid token or session is needed."}'),
    ("a full server", 507, b'{"code":"INSUFFICIENT_STORAGE","status":507,"message":"No space is left on the server."}'),
]


@pytest.fixture(params=[row[1:] for row in STRANGERS], ids=[row[0] for row in STRANGERS])
def stranger(request: pytest.FixtureRequest) -> Iterator[Stranger]:
    stranger = Stranger(*request.param)
    yield stranger
    stranger.stop()


def test_whoever_answers_nothing_is_lost_and_nothing_raised(stranger: Stranger, tmp_path: Path, home: Path) -> None:
    done = programs.run(
        tmp_path,
        "import cellkeep\nwith cellkeep.run(experiment='any'):\n    cellkeep.log({'a': 1})\n    cellkeep.text('x', 'y')\nprint('done')",
        CELLKEEP_URL=stranger.url,
        CELLKEEP_TOKEN="very-secret",
        CELLKEEP_EXIT_TIMEOUT="2",
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "`cellkeep sync` sends them" in done.stderr
    assert "very-secret" not in done.stderr
    (folder,) = (home / "spool").iterdir()
    assert not any(b"very-secret" in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert len(list(folder.glob("*.seg"))) == 1


def test_without_a_server_points_wait_for_one(server: Server, api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CELLKEEP_URL")
    done = programs.run(tmp_path, "import cellkeep\nwith cellkeep.run(experiment='waits'): cellkeep.log({'a': 1})")
    assert "cellkeep login" in done.stderr
    monkeypatch.setenv("CELLKEEP_URL", server.url)
    assert main(["sync"]) == 0
    assert api.points(api.run("waits", "finished")["id"], "a") == [(0, 1.0)]


def test_a_full_spool_is_told_and_the_program_goes_on(server: Server, tmp_path: Path) -> None:
    server.kill()
    done = programs.run(
        tmp_path,
        """
import cellkeep
with cellkeep.run(experiment="full"):
    for step in range(5000): cellkeep.log({"n": step})
    cellkeep.text("x" * 100_000, "large")
print("done")
""",
        CELLKEEP_SPOOL_LIMIT="20000",
        CELLKEEP_EXIT_TIMEOUT="1",
    )
    assert (done.returncode, done.stdout) == (0, "done\n")
    assert "CELLKEEP_SPOOL_LIMIT" in done.stderr
