"""Snapshots from the terminal, of scripts that a real server has stored."""

from __future__ import annotations

import csv
import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import nbformat
import programs
import pytest
from commands import Cli
from server import Api, eventually

SCRIPT = """
import random, cellkeep
random.seed(SEED)
with cellkeep.run("NAME", experiment="cli-snapshots", params={"seed": SEED}) as run:
    cellkeep.log({"a": random.random()})
"""


@pytest.fixture
def two_runs(api: Api, tmp_path: Path) -> tuple[str, str]:
    """Names of two runs of a script that was edited in between."""
    names = (f"before-{uuid.uuid4().hex[:6]}", f"after-{uuid.uuid4().hex[:6]}")
    for seed, name in enumerate(names):
        done = programs.run(tmp_path, SCRIPT.replace("SEED", str(seed)).replace("NAME", name), OMP_NUM_THREADS=str(seed + 1))
        assert done.returncode == 0, done.stderr

    def stored() -> bool:
        rows = [row for run in api.runs("cli-snapshots") for row in api.get("snapshots", runId=run["id"])["snapshots"]]
        return len([row for row in rows if row["hasDocument"] and row["hasKernel"]]) >= 4

    eventually(stored, 40)
    return names


def test_a_run_is_followed_back_to_what_made_it(
    two_runs: tuple[str, str], cli: Cli, refused: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    before, after = two_runs
    rows = json.loads(cli("snapshots", "--run", after, "--json"))
    assert [row["reason"] for row in rows] == ["end", "start"]
    table = list(csv.DictReader(io.StringIO(cli("snapshots", "--run", after, "--csv"))))
    assert (table[0]["id"], table[0]["cells"], table[0]["runs"]) == (rows[0]["id"], "1", after)
    shown = cli("snapshot", "show", after)
    assert "seed of python" in shown
    assert "packages" in shown
    told = json.loads(cli("snapshot", "show", rows[0]["id"], "--json"))
    assert told["environment"]["cpuCount"] > 0
    assert told["kernel"]["variables"]["OMP_NUM_THREADS"] == "2"

    target = tmp_path / "back.ipynb"
    cli("notebook", after, "-o", str(target))
    notebook = nbformat.read(target, as_version=4)
    nbformat.validate(notebook)
    assert notebook["cells"][0]["source"] == SCRIPT.replace("SEED", "1").replace("NAME", after)
    code, told_line = refused("notebook", after, "-o", str(target))
    assert (code, "--force" in told_line) == (1, True)
    cli("notebook", rows[0]["id"], "-o", str(target), "--force", "--no-outputs")

    difference = cli("diff", before, after)
    assert "-random.seed(0)" in difference
    assert "+random.seed(1)" in difference
    assert "OMP_NUM_THREADS" in difference
    parsed = json.loads(cli("diff", before, after, "--json"))
    assert [pair["change"] for pair in parsed["cells"]] == ["edited"]
    assert {"name": "seed", "before": "0", "after": "1"} in parsed["params"]
    assert cli("diff", rows[0]["id"], rows[0]["id"]) == ""


def test_what_has_no_snapshot_is_told(api: Api, tmp_path: Path, refused: Callable[..., tuple[int, str]]) -> None:
    name = f"bare-{uuid.uuid4().hex[:6]}"
    programs.run(tmp_path, f"import cellkeep\nwith cellkeep.run({name!r}, experiment='cli-bare'): pass", CELLKEEP_SNAPSHOTS="0")
    api.run("cli-bare", "finished")
    code, line = refused("notebook", name)
    assert (code, "has no snapshot" in line) == (1, True)
    code, line = refused("snapshot", "show", str(uuid.uuid4()))
    assert code == 1
    code, line = refused("diff", "no-such-run", name)
    assert "there is no run" in line
