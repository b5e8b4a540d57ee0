"""Histories of notebooks in ``slices/*.history``, and a process that runs them: each in a fork of its own, its slice in another.

A file has histories; a line ``=== title`` begins one, ``--`` separates executions in the order in which they ran, and ``==> name: 1 3``
says which executions the name's value depends on. The process answers with what the slice was and with the values from both runs, so
that soundness is seen, not assumed.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "slices"


@dataclass
class History:
    """Executions and what is asked after them."""

    title: str
    cells: list[str]
    asked: dict[str, list[int]]
    file: str = ""


@dataclass
class Outcome:
    """What came of one question."""

    history: History
    name: str
    expected: list[int]
    found: list[int] = field(default_factory=list)
    same: bool = False
    told: str = ""

    def __str__(self) -> str:
        return f"{self.history.file}: {self.history.title}: {self.name}: expected {self.expected}, found {self.found}; {self.told}"


def read(path: Path) -> list[History]:
    """Histories of a file."""
    found: list[History] = []
    cell: list[str] = []

    def end() -> None:
        if any(line.strip() for line in cell):
            found[-1].cells.append("\n".join(cell).strip("\n"))
        cell.clear()

    for line in path.read_text().split("\n"):
        if line.startswith("=== "):
            found.append(History(line[4:].strip(), [], {}, path.stem))
            cell.clear()
        elif line == "--":
            end()
        elif line.startswith("==> "):
            end()
            name, _, numbers = line[4:].partition(":")
            found[-1].asked[name.strip()] = [int(number) for number in numbers.split()]
        else:
            cell.append(line)
    return found


def run_all(histories: list[History], minimal: bool = False) -> list[Outcome]:
    """Run them in two processes, which fork for each."""
    halves = [histories[::2], histories[1::2]]
    with ThreadPoolExecutor(2) as pool:
        return [outcome for outcomes in pool.map(lambda half: _run(half, minimal), halves) for outcome in outcomes]


def _run(histories: list[History], minimal: bool) -> list[Outcome]:
    asked = [{"cells": h.cells, "asked": h.asked, "minimal": minimal} for h in histories]
    env = {**os.environ, "PYTHONHASHSEED": "0", "MPLBACKEND": "Agg", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", __file__],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        env=env,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    outcomes = []
    for history, answers in zip(histories, json.loads(done.stdout.rsplit("\n", 2)[-2]), strict=True):
        for name, answer in answers.items():
            outcomes.append(Outcome(history, name, history.asked[name], answer["found"], answer["same"], answer["told"]))
    return outcomes


# in the process


def _in_child(action: Any) -> Any:
    """Result of ``action`` in a forked process in an empty folder."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        try:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, 1)
                os.dup2(null, 2)
                try:
                    answer = ("ok", action())
                except BaseException:
                    answer = ("failed", traceback.format_exc())
                with os.fdopen(writer, "wb") as pipe:
                    pipe.write(pickle.dumps(answer))
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        data = pipe.read()
    os.waitpid(pid, 0)
    return pickle.loads(data) if data else ("failed", "the process died")


def _shell() -> Any:
    from IPython.core.history import HistoryAccessor
    from IPython.core.interactiveshell import InteractiveShell

    HistoryAccessor.enabled = False
    return InteractiveShell()


#: Made before the forks, each of which has it for itself: to make one is a third of what a history costs.
_fresh: list[Any] = []


def _packed(value: object) -> str:
    try:
        return base64.b64encode(pickle.dumps(value)).decode()
    except Exception:
        return repr(type(value))


def _value(shell: Any, name: str) -> str:
    return _packed(shell.user_ns[name]) if name in shell.user_ns else "there is no such name"


def _first_run(cells: list[str], names: list[str]) -> Any:
    from cellkeep.kernel import load
    from cellkeep.kernel import recorder as recorder_of

    (shell,) = _fresh
    load(shell)
    for cell in cells:
        shell.run_cell(cell, store_history=True)
    values = {name: _value(shell, name) for name in names}
    from cellkeep.slicing import selection

    recorder = recorder_of()
    assert recorder is not None
    executions = recorder.observer.executions
    if len(executions) != len(cells):
        raise AssertionError("an execution was not observed")
    found = {}
    for name in names:
        try:
            found[name] = {order + 1: reason.text for order, reason in selection.slice_of(executions, name).items()}
        except KeyError as error:
            found[name] = {0: repr(error)}
    return found, values


def _again(cells: dict[int, str], name: str) -> Any:
    (shell,) = _fresh
    for number, cell in cells.items():
        shell.execution_count = number
        shell.run_cell(cell, store_history=True)
    return _value(shell, name)


def equal(a: str, b: str) -> bool:
    """Whether two packed values are the same."""
    if a == b:
        return True
    try:
        one, two = pickle.loads(base64.b64decode(a)), pickle.loads(base64.b64decode(b))
    except Exception:
        return False
    if hasattr(one, "equals"):
        return bool(one.equals(two))
    import numpy as np

    try:
        return bool(np.array_equal(np.asarray(one), np.asarray(two), equal_nan=True)) if isinstance(one, np.ndarray) else bool(one == two)
    except (TypeError, ValueError):
        return repr(one) == repr(two)


def _outcome(cells: list[str], asked: dict[str, list[int]], minimal: bool) -> dict[str, Any]:
    state, result = _in_child(lambda: _first_run(cells, list(asked)))
    if state != "ok":
        return {name: {"found": [], "same": False, "told": result} for name in asked}
    slices, values = result
    answers = {}
    for name, expected in asked.items():
        found = [number for number in slices[name] if number]
        chosen = {number: cells[number - 1] for number in found}
        state, value = _in_child(lambda name=name, chosen=chosen: _again(chosen, name))
        same = state == "ok" and equal(values[name], value)
        told = "; ".join(f"In[{number}]: {reason}" for number, reason in slices[name].items()) + ("" if state == "ok" else value)
        if minimal:
            for number in expected:
                fewer = {n: cells[n - 1] for n in expected if n != number}
                state, value = _in_child(lambda name=name, fewer=fewer: _again(fewer, name))
                if state == "ok" and equal(values[name], value):
                    told += f"; NOT LEAST: without In[{number}] the value is the same"
        answers[name] = {"found": found, "same": same, "told": told}
    return answers


def main() -> None:
    """Answer what stdin asks."""
    os.environ["CELLKEEP_HOME"] = os.environ.get("CELLKEEP_HOME") or tempfile.mkdtemp()
    import matplotlib as mpl
    import numpy  # noqa: F401
    import pandas  # noqa: F401
    import sklearn.linear_model  # noqa: F401
    from IPython.core.interactiveshell import InteractiveShell  # noqa: F401

    import cellkeep.kernel
    import cellkeep.slicing.selection  # noqa: F401

    mpl.use("Agg")
    sys.path[0] = ""  # as in a kernel
    sys.dont_write_bytecode = True
    real = os.dup(1)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    # What a first cell imports and builds is then there before the forks.
    _fresh.append(_shell())
    _again({1: "import pandas as pd, numpy as np", 2: "pd.DataFrame({'a': [1], 'b': ['x']})", 3: "%time 1"}, "pd")
    _fresh[:] = [_shell()]
    gc.collect()
    gc.freeze()
    answers = [_outcome(asked["cells"], asked["asked"], asked["minimal"]) for asked in json.loads(sys.stdin.read())]
    os.write(real, (json.dumps(answers) + "\n").encode())


if __name__ == "__main__":
    main()
