"""Kept and restored for real: two kernels, one after the other, and a server between them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Cli
from kernels import Kernel
from server import Api, Server

NOTEBOOK = "team/kept.ipynb"

DEFINE = """
import numpy as np, threading
rate = 3
def scaled(n): return n * rate
class Model:
    def __init__(self, weights): self.weights = weights
    def predict(self, n): return scaled(n) + self.weights[0]
weights = np.arange(2_000_000.0)
model = Model(weights)
"""
LAZY = "squares = (n * n for n in range(5)); guard = threading.Lock()"


@pytest.fixture
def kernels(server: Server) -> Iterator[Callable[..., Kernel]]:
    """Kernels of the notebook, ended afterwards."""
    started: list[Kernel] = []

    def start(**env: str) -> Kernel:
        started.append(Kernel(JPY_SESSION_NAME=NOTEBOOK, **env))
        return started[-1]

    yield start
    for kernel in started:
        kernel.stop()


def test_a_fresh_kernel_goes_on_where_the_old_one_was(kernels: Callable[..., Kernel], api: Api, cli: Cli, tmp_path: Path) -> None:
    old = kernels()
    assert old.run(DEFINE, "define").error is None
    assert old.run(LAZY, "lazy").error is None
    old.run("scratch = [0]")
    told = old.run("import cellkeep; kept = cellkeep.checkpoint(label='first', exclude=['scratch']); kept")
    assert told.error is None, told.text
    assert "made anew by their cells at a restore: guard, squares" in told.text
    old.run("weights[0] = 7")
    again = old.run("again = cellkeep.checkpoint('model', 'weights', 'scaled', 'rate', 'np', label='second'); again.sent, again.size")
    sent, size = json.loads(again.text.replace("(", "[").replace(")", "]"))
    assert size > 16_000_000
    assert sent < 9_000_000  # of two pieces of eight megabytes the one that changed
    old.stop()

    rows = json.loads(cli("checkpoints", "list", "--notebook", NOTEBOOK, "--json"))
    assert [row["label"] for row in rows] == ["second", "first"]
    first = rows[1]["id"]
    assert "squares" in cli("checkpoints", "show", first)

    fresh = kernels()
    back = fresh.run(f"import cellkeep; cellkeep.restore({first!r})")
    assert back.error is None, back.text
    assert "made anew by their cells: guard, squares" in back.text
    seen = fresh.run("[float(model.predict(1)), list(squares), type(model) is Model, model.weights is weights, float(weights[0])]")
    assert seen.text == "[3.0, [0, 1, 4, 9, 16], True, True, 0.0]"
    assert fresh.run("'rate' in globals(), 'scratch' in globals()").text == "(True, False)"
    assert fresh.run("rate = 10; scaled(1)").text == "10"
    kept = fresh.run(
        f"mine = guard; _ = cellkeep.restore({first!r}, names=['squares'], overwrite=True); guard is mine, rate, list(squares)"
    )
    assert kept.text == "(True, 10, [0, 1, 4, 9, 16])"
    refused = fresh.run("cellkeep.restore()")
    assert refused.error == "CheckpointError"
    newest = fresh.run("cellkeep.restore(overwrite=True); float(weights[0]), rate")
    assert newest.text == "(7.0, 3)"
    assert "deleted checkpoint" in cli("checkpoints", "delete", first)
    assert [row["label"] for row in json.loads(cli("checkpoints", "list", "--notebook", NOTEBOOK, "--json"))] == ["second"]


def test_what_another_user_kept_runs_no_code_until_that_user_is_named(kernels: Callable[..., Kernel], api: Api, tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    maker = kernels()
    hostile = f"""
class Trap:
    def __reduce__(self):
        import pathlib
        return pathlib.Path.touch, (pathlib.Path({str(marker)!r}),)
trap = Trap()
harmless = [1, 2]
import cellkeep
cellkeep.checkpoint('trap', 'harmless').id
"""
    made = maker.run(hostile)
    assert made.error is None, made.text
    checkpoint = made.text.strip("'")
    maker.stop()
    user = api.post("users", {"name": "Grace", "role": "editor"})["user"]
    token = api.post("tokens", {"label": "hers", "userId": user["id"]})["secret"]
    other = kernels(CELLKEEP_TOKEN=token)
    refused = other.run(
        f"import cellkeep\ntry: cellkeep.restore({checkpoint!r})\nexcept cellkeep.checkpoints.UntrustedCheckpoint as error: print(error)"
    )
    assert "runs that user's code with your rights" in refused.text
    assert not marker.exists()
    trusted = other.run(f"found = cellkeep.restore({checkpoint!r}, trust={_owner(api, checkpoint)!r}); harmless")
    assert trusted.text == "[1, 2]"
    assert marker.exists()


def _owner(api: Api, checkpoint: str) -> str:
    return str(api.get(f"checkpoints/{checkpoint}")["userName"])


def test_an_unknown_name_a_missing_server_and_a_checkpoint_that_is_not_there_are_told(
    kernels: Callable[..., Kernel], server: Server
) -> None:
    kernel = kernels()
    kernel.run("import cellkeep; value = 1")
    assert "did you mean value?" in _told(kernel, "cellkeep.checkpoint('vale')")
    assert "no checkpoint" in _told(kernel, "cellkeep.restore('00000000-0000-4000-8000-000000000000')")
    server.kill()
    assert "does not take what this kernel has recorded" in _told(kernel, "cellkeep.checkpoint('value')")
    server.start()


def _told(kernel: Kernel, code: str) -> str:
    return kernel.run(f"try: {code}\nexcept Exception as error: print(error)").text
