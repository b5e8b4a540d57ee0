"""Runs a slice in a process of its own: ``python -m cellkeep.slicing.rerun`` reads the cells on stdin and leaves the value in a file.

Cells get back the numbers that they had, so that ``Out[12]`` and ``_12`` mean what they meant.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .slices import SliceExecution


class SliceFailed(RuntimeError):
    """A slice did not give its value."""


def run(executions: Sequence[SliceExecution], name: str, folder: str | os.PathLike[str], timeout: float) -> Any:
    """Value of ``name`` after these executions in a fresh process; see ``Slice.run``."""
    cells = [{"number": e.number, "source": e.source, "failed": e.failed} for e in executions]
    with tempfile.TemporaryDirectory(prefix="cellkeep-") as place:
        answer = Path(place) / "answer"
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__, str(answer)],
                input=json.dumps({"cells": cells, "name": name}),
                capture_output=True,
                text=True,
                cwd=folder,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SliceFailed(f"the slice of {name} did not end within {timeout:g} s; give run() more time") from None
        if not answer.exists():
            raise SliceFailed(f"the process that ran the slice of {name} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
        told = json.loads(answer.read_bytes())
    if told["error"]:
        raise SliceFailed(told["error"])
    return pickle.loads(base64.b64decode(told["value"]))


def main() -> None:
    """Run what stdin tells and write the answer to the path that the command line names."""
    asked = json.loads(sys.stdin.read())
    Path(sys.argv[1]).write_text(json.dumps(_answer(asked["cells"], asked["name"])), encoding="utf-8")


def _answer(cells: list[dict[str, Any]], name: str) -> dict[str, str]:
    from IPython.core.history import HistoryAccessor
    from IPython.core.interactiveshell import InteractiveShell

    HistoryAccessor.enabled = False  # nothing of this belongs into a person's history
    shell = InteractiveShell.instance()
    before: dict[str, int] = {}
    for cell in cells:
        if cell["number"] is not None:
            shell.execution_count = cell["number"]
            held = shell.user_ns.get("In")
            if isinstance(held, list):
                held.extend([""] * (cell["number"] - len(held)))
        before = {key: id(value) for key, value in shell.user_ns.items()}
        result = shell.run_cell(cell["source"], store_history=True)
        error = result.error_before_exec or result.error_in_exec
        if error is not None and not cell["failed"]:
            return {"error": f"In[{cell['number']}] of the slice failed: {type(error).__name__}: {error}", "value": ""}
    namespace = shell.user_ns
    if name.isidentifier():
        if name not in namespace:
            return {"error": f"the slice ran, but `{name}` is not there after it", "value": ""}
        value: object = namespace[name]
    else:
        value = {key: kept for key, kept in namespace.items() if before.get(key) != id(kept) and not key.startswith("_") and key != "In"}
    return _packed(value, name)


def _packed(value: object, name: str) -> dict[str, str]:
    try:
        import cloudpickle as pickler
    except ImportError:
        pickler = pickle
    try:
        return {"error": "", "value": base64.b64encode(pickler.dumps(value)).decode()}
    except Exception as error:
        text = f"the slice ran, but the value of {name} cannot be brought back ({type(error).__name__}: {error}); slice a value made of it"
        return {"error": text, "value": ""}


if __name__ == "__main__":
    main()
