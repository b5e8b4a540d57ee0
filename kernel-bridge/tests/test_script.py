"""A plain Python script against the real server: what it logs is what the server has, however it ends."""

from __future__ import annotations

import math
import os
import signal
from pathlib import Path

import programs
from server import Api, eventually

EXPERIMENT = "plain-script"


def test_a_run_with_everything(api: Api, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights.bin").write_bytes(b"\x00\x01" * 1000)
    (tmp_path / "model/readme.md").write_text("# weights")
    done = programs.run(
        tmp_path,
        """
import cellkeep
with cellkeep.run("forest", experiment="everything", params={"trees": 100, "tree": {"depth": 6}}, tags=["baseline"], notes="# why") as run:
    for step in range(5):
        cellkeep.log({"train": {"loss": 1 / (step + 1)}, "nan": float("nan")}, step=step * 10)
    cellkeep.log({"auto": 1}); cellkeep.log({"auto": 2}); cellkeep.log({"auto": float("inf")})
    cellkeep.params({"late": None}); cellkeep.tags({"team": "ml"})
    cellkeep.table([{"carrier": "UA", "late": 0.25}], "late-by-carrier")
    cellkeep.text("hello", "greeting")
    cellkeep.figure(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "drawing")
    cellkeep.artifact("model")
    cellkeep.artifact("model/readme.md", "docs/about.md")
    print(run.id, run.url)
""",
    )
    assert (done.returncode, done.stderr) == (0, "")
    run = api.run("everything", "finished")
    run_id, url = done.stdout.split()
    assert run["id"] == run_id
    assert url.endswith(f"/runs/{run_id}")
    assert run["name"] == "forest"
    assert run["params"] == {"trees": "100", "tree/depth": "6", "late": "None"}
    assert run["tags"] == {"baseline": "", "team": "ml"}
    assert run["notes"] == "# why"
    assert run["error"] is None
    assert run["source"]["entrypoint"] == str(tmp_path / "train.py")
    assert api.points(run_id, "train/loss") == [(0, 1.0), (10, 1 / 2), (20, 1 / 3), (30, 1 / 4), (40, 1 / 5)]
    assert api.points(run_id, "auto") == [(0, 1.0), (1, 2.0), (2, math.inf)]
    assert all(math.isnan(value) for _, value in api.points(run_id, "nan"))
    artifacts = eventually(lambda: found if len(found := api.artifacts(run_id)) == 6 else None)
    kinds = {path: (row["kind"], row["mediaType"]) for path, row in artifacts.items()}
    assert kinds == {
        "late-by-carrier.csv": ("table", "text/csv"),
        "greeting.txt": ("text", "text/plain"),
        "drawing.svg": ("figure", "image/svg+xml"),
        "model/weights.bin": ("file", "application/octet-stream"),
        "model/readme.md": ("text", "text/markdown"),
        "docs/about.md": ("text", "text/markdown"),
    }
    assert api.content(run_id, "model/weights.bin") == b"\x00\x01" * 1000
    assert api.content(run_id, "late-by-carrier.csv") == b"carrier,late\nUA,0.25\n"


def test_the_spool_is_gone_when_the_server_has_everything(api: Api, tmp_path: Path, home: Path) -> None:
    programs.run(tmp_path, "import cellkeep\nwith cellkeep.run(experiment='clean'): cellkeep.log({'a': 1})")
    assert api.run("clean", "finished")
    assert list((home / "spool").iterdir()) == []


def test_without_a_run_the_script_is_one(api: Api, tmp_path: Path) -> None:
    programs.run(tmp_path, "import cellkeep\nfor i in range(3): cellkeep.log({'a': i})", name="flights-plain.py")
    run = api.run("flights-plain", "finished")  # the script's stem is the default experiment
    assert api.points(run["id"], "a") == [(0, 0.0), (1, 1.0), (2, 2.0)]


ENDS = """
import cellkeep, sys
def work():
    {work}
with cellkeep.run(experiment="{experiment}"):
    work()
"""


def test_an_error_ends_the_run_as_failed(api: Api, tmp_path: Path) -> None:
    done = programs.run(tmp_path, ENDS.format(work="raise ValueError('no such carrier')", experiment="ends-failed"))
    assert done.returncode == 1
    error = api.run("ends-failed", "failed")["error"]
    assert (error["name"], error["message"]) == ("ValueError", "no such carrier")
    assert "in work" in error["traceback"]
    assert "cellkeep/" not in error["traceback"]


def test_an_interrupt_ends_it_as_killed(api: Api, tmp_path: Path) -> None:
    process = programs.start(tmp_path, ENDS.format(work="print('up', flush=True); sys.stdin.readline()", experiment="ends-killed"))
    programs.read_line(process, "up")
    process.send_signal(signal.SIGINT)
    programs.finish(process)
    assert api.run("ends-killed", "killed")["error"]["name"] == "KeyboardInterrupt"


def test_sys_exit_zero_is_no_error(api: Api, tmp_path: Path) -> None:
    programs.run(tmp_path, ENDS.format(work="sys.exit(0)", experiment="ends-exit"))
    assert api.run("ends-exit", "finished")["error"] is None


def test_a_run_left_open_ends_with_the_process(api: Api, tmp_path: Path) -> None:
    programs.run(tmp_path, "import cellkeep\ncellkeep.start_run('open', experiment='left-open')\ncellkeep.log({'a': 1})")
    assert api.run("left-open", "finished")["name"] == "open"


def test_a_run_left_open_by_an_error_has_failed(api: Api, tmp_path: Path) -> None:
    programs.run(tmp_path, "import cellkeep\ncellkeep.start_run('open', experiment='left-failed')\n1/0")
    assert api.run("left-failed", "failed")["error"]["name"] == "ZeroDivisionError"


def test_a_mistake_in_a_call_raises_at_the_call_and_logs_nothing_of_it(api: Api, tmp_path: Path) -> None:
    done = programs.run(
        tmp_path,
        """
import cellkeep
with cellkeep.run(experiment="mistakes"):
    for wrong in ({"good": 1, "bad": "x"}, {"../up": 1}, [1]):
        try: cellkeep.log(wrong)
        except (TypeError, ValueError) as error: print(type(error).__name__)
    try: cellkeep.artifact("nowhere.bin")
    except FileNotFoundError: print("FileNotFoundError")
    try: cellkeep.text("x", "../../etc/passwd")
    except ValueError: print("ValueError")
    cellkeep.log({"fine": 1})
""",
    )
    assert done.stdout.split() == ["TypeError", "ValueError", "TypeError", "FileNotFoundError", "ValueError"]
    run = api.run("mistakes", "finished")
    assert [key for key in run["metrics"] if not key.startswith("system/")] == ["fine"]


def test_children_and_nesting(api: Api, tmp_path: Path) -> None:
    programs.run(
        tmp_path,
        """
import asyncio, cellkeep, threading
cellkeep.experiment("nesting")
@cellkeep.run
def part(n):
    cellkeep.log({"n": n})
@cellkeep.run("steps")
def steps():
    for n in range(3):
        cellkeep.log({"n": n}); yield n
@cellkeep.run
async def task(n):
    await asyncio.sleep(0.01)
    cellkeep.log({"n": n})
async def both():
    await asyncio.gather(task(1), task(2))
with cellkeep.run("sweep") as sweep:
    threads = [threading.Thread(target=part, args=(n,)) for n in (1, 2)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    for n in steps():
        assert cellkeep.current_run() is sweep
    with cellkeep.run("apart", nested=False): pass
asyncio.run(both())
with cellkeep.run("given", parent=sweep): pass
""",
    )
    runs = eventually(lambda: found if len(found := api.runs("nesting")) == 8 else None)
    sweep = next(run["id"] for run in runs if run["name"] == "sweep")
    parents = sorted((run["name"], run["parentRunId"] == sweep, run["parentRunId"] is None) for run in runs)
    assert parents == [
        ("apart", False, True),
        ("given", True, False),
        ("part", True, False),
        ("part", True, False),
        ("steps", True, False),
        ("sweep", False, True),
        ("task", False, True),
        ("task", False, True),
    ]
    tasks = [api.points(run["id"], "n") for run in runs if run["name"] == "task"]
    assert sorted(tasks) == [[(0, 1.0)], [(0, 2.0)]]


def test_threads_log_to_the_run_of_the_main_thread(api: Api, tmp_path: Path) -> None:
    programs.run(
        tmp_path,
        """
import cellkeep, threading
def work(key):
    for i in range(500): cellkeep.log({key: i}); cellkeep.log({"shared": 1})
with cellkeep.run(experiment="threads"):
    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
""",
    )
    run = api.run("threads", "finished")
    for n in range(4):
        assert api.points(run["id"], f"t{n}") == [(i, float(i)) for i in range(500)]
    assert [step for step, _ in api.points(run["id"], "shared")] == list(range(2000))


def test_system_metrics_come_with_the_run(api: Api, tmp_path: Path) -> None:
    programs.run(
        tmp_path,
        """
import cellkeep, sys, time
with cellkeep.run(experiment="system"):
    end = time.monotonic() + 1.2
    while time.monotonic() < end: cellkeep.log({"busy": 1}); time.sleep(0.05)
""",
        CELLKEEP_SYSTEM_INTERVAL="0.3",
    )
    run = api.run("system", "finished")
    expected = {"cpu_percent", "memory_used_bytes", "process_memory_bytes", "disk_used_bytes", "network_sent_bytes"}
    assert {f"system/{key}" for key in expected} <= set(run["metrics"])
    memory = run["metrics"]["system/process_memory_bytes"]
    assert memory["count"] >= 2
    assert 1e6 < memory["last"] < 1e11


def test_forked_and_spawned_workers_log_to_their_parents_run(api: Api, tmp_path: Path) -> None:
    done = programs.run(
        tmp_path,
        """
import cellkeep, multiprocessing, subprocess, sys
def work(n):
    cellkeep.log({f"worker{n}": n})
if __name__ == "__main__":
    with cellkeep.run("parent", experiment="workers"):
        cellkeep.log({"main": 1})
        for kind in ("fork", "spawn"):
            with multiprocessing.get_context(kind).Pool(2) as pool:
                pool.map(work, range(4) if kind == "fork" else range(4, 8))
        subprocess.run([sys.executable, "-c", "import cellkeep; cellkeep.log({'sub': 1})"], check=True)
""",
    )
    assert (done.returncode, done.stderr) == (0, "")
    run = api.run("workers", "finished")
    keys = {"main", "sub"} | {f"worker{n}" for n in range(8)}
    eventually(lambda: keys <= set(api.get(f"runs/{run['id']}")["metrics"]))
    for n in range(8):
        assert api.points(run["id"], f"worker{n}") == [(0, float(n))]


def test_the_commit_is_kept(api: Api, tmp_path: Path) -> None:
    os.system(f"cd {tmp_path} && git init -q && git -c user.name=t -c user.email=t@e commit -q --allow-empty -m one")
    programs.run(tmp_path, "import cellkeep\nwith cellkeep.run(experiment='commit'): pass")
    git = api.run("commit", "finished")["source"]["git"]
    assert len(git["commit"]) == 40
    assert git["dirty"] is False
