"""slice: the least set of executed cells that a run, or a variable at its end, depends on, from what the server has stored."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from ..slicing.late_reads import late_reads
from ..slicing.selection import UnknownName, slice_of, versions_of
from ..slicing.slices import Slice, make_slice
from ..slicing.versions import Flow
from .output import CommandError, print_json
from .server import connected, find_run, pages


@dataclass(frozen=True)
class StoredStep:
    """An execution as the server has it."""

    order: int
    number: int | None
    cell_id: str | None
    source: str
    status: str
    flow: Flow


def slice_run(words: argparse.Namespace) -> None:
    """Print the slice as a script, or write it as a script or notebook."""
    with connected() as link:
        run = find_run(link, words.run)
        own = list(pages(link, "GET", "executions", "executions", {"runId": run["id"]}))
        if not own:
            raise CommandError(f"run {words.run!r} has no recorded cells: it was logged by a script, or its executions are not here yet")
        session, last = own[-1]["sessionId"], max(row["order"] for row in own)
        rows = list(pages(link, "GET", "executions", "executions", {"sessionId": session}))
    steps = steps_of([row for row in rows if row["order"] <= last])
    _write(words, _of_name(steps, words.of) if words.of else _of_run(steps, run["id"], [row["order"] for row in own]))


def steps_of(rows: list[dict[str, Any]]) -> list[StoredStep]:
    """Stored executions in order. One without a record of what it needed counts as needing everything before it."""
    found: list[StoredStep] = []
    for row in sorted(rows, key=lambda row: row["order"]):
        flow = cast("Flow | None", row.get("flow")) or _cautious(row, found)
        found.append(StoredStep(row["order"], row["executionCount"], row["cellId"], row["source"], row["status"], flow))
    return found


def _cautious(row: dict[str, Any], before: list[StoredStep]) -> Flow:
    why = "has no record of what it needed: everything before it is included"
    return {
        "needs": [{"order": step.order, "names": [], "why": why, "sure": False} for step in before],
        "touches": [{"name": name, "how": "bound", "sure": True} for name in row["writes"]],
    }


def _of_name(steps: list[StoredStep], name: str) -> Slice:
    try:
        reasons = slice_of(steps, name, late_reads(steps, name))
    except UnknownName:
        known = [other for other in versions_of(steps).of if other.isidentifier()]
        close = difflib.get_close_matches(name, known, 3)
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise CommandError(f"no cell had bound a variable {name!r} when the run ended{hint}") from None
    return make_slice(name, steps, reasons)


def _of_run(steps: list[StoredStep], run_id: str, own: list[int]) -> Slice:
    makers = [maker.order for maker in versions_of(steps).makers(f"run:{run_id}")]
    return make_slice(f"run {run_id}", steps, slice_of(steps, makers or own))


def _write(words: argparse.Namespace, found: Slice) -> None:
    if words.format == "json":
        print_json(
            [{"number": e.number, "order": e.order, "cellId": e.cell_id, "source": e.source, "why": e.why, "sure": e.sure} for e in found]
        )
        return
    form = words.to or ("notebook" if words.output and words.output.endswith(".ipynb") else "script")
    text = found.to_script() if form == "script" else json.dumps(found.to_notebook(), indent=1, ensure_ascii=False) + "\n"
    if words.output:
        Path(words.output).write_text(text, encoding="utf-8")
        print(f"wrote {len(found)} executions to {words.output}", file=sys.stderr)
    else:
        sys.stdout.write(text)


def add_command(parser: argparse.ArgumentParser) -> None:
    """Words of ``cellkeep slice``."""
    parser.add_argument("run", metavar="RUN", help="name or id")
    parser.add_argument("--of", metavar="NAME", help="a variable as it was when the run ended; absent: the run itself")
    parser.add_argument("--to", choices=("script", "notebook"), help="absent: by the end of FILE's name, else a script")
    parser.add_argument("--output", "-o", metavar="FILE", help="absent: stdout")
