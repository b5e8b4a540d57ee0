"""snapshots, snapshot show, notebook, diff: notebooks as they were, and what is different between two of them."""

from __future__ import annotations

import argparse
import difflib
import json
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from ..link import ServerLink
from ..wire import SnapshotSummary, StoredSnapshot
from .output import CommandError, local_time, plain, print_json, show, write_whole
from .server import ask, connected, find_run, pages

_COLUMNS = ["id", "taken", "reason", "label", "notebook", "cells", "changed", "findings", "runs", "by"]
#: Which of a run's snapshots stands for it: the one with all that it has done, else an earlier one.
_BEST = ("end", "start", "manual", "promote", "checkpoint", "verify")
_VALUES = ("params", "metrics", "packages", "machine", "git", "variables", "seeds", "data", "files")


def list_snapshots(words: argparse.Namespace) -> None:
    """Newest first; of one run or notebook where it is named."""
    with connected() as link:
        wanted: dict[str, Any] = {"notebookPath": words.notebook} if words.notebook else {}
        if words.run:
            wanted["runId"] = find_run(link, words.run)["id"]
        found = [cast("SnapshotSummary", row) for row in pages(link, "GET", "snapshots", "snapshots", wanted, words.limit)]
    show(found if words.format == "json" else [_row(row) for row in found], _COLUMNS, words.format)


def _row(row: SnapshotSummary) -> dict[str, object]:
    changed = row["changed"]
    counts = (
        [f"{sign}{changed[name]}" for sign, name in (("+", "added"), ("-", "removed"), ("~", "edited")) if changed[name]] if changed else []
    )
    return {
        "id": row["id"],
        "taken": local_time(row["takenAt"]),
        "reason": row["reason"],
        "label": row["label"],
        "notebook": row["notebookPath"],
        "cells": row["cellCount"] if row["hasDocument"] else None,
        "changed": " ".join(counts),
        "findings": row["findingCount"] or None,
        "runs": ", ".join(run["name"] for run in row["runs"][:3]) + (" …" if row["runCount"] > 3 else ""),
        "by": row["userName"],
    }


def show_snapshot(words: argparse.Namespace) -> None:
    """One snapshot, all but its cells."""
    with connected() as link:
        found = cast("StoredSnapshot", ask(link, "GET", f"snapshots/{find_snapshot(link, words.snapshot)}"))
        half = found["kernel"]
        environment = ask(link, "GET", f"environments/{half['environment']}") if half and half["environment"] else None
    if words.format == "json":
        print_json({**found, "environment": environment})
        return
    summary = _row(cast("SnapshotSummary", found))
    rows = [{"what": what, "value": value} for what, value in summary.items() if value not in (None, "")]
    rows += [{"what": what, "value": value} for what, value in _kernel_lines(half or {}, environment or {}) if value not in (None, "")]
    for part in (half, found["document"]):
        warnings = cast("list[str]", part["warnings"] if part is not None else [])
        rows += [{"what": "warning", "value": warning} for warning in warnings]
    show(rows, ["what", "value"], words.format)


def _kernel_lines(half: Any, environment: dict[str, Any]) -> Iterator[tuple[str, object]]:
    git = half.get("git")
    if git:
        yield "commit", git["commit"] + (", with changes" if git["dirty"] else "")
        yield "branch", git["branch"]
    if environment:
        yield "python", environment["python"]
        yield (
            "machine",
            f"{environment['cpuCount']} cores of {environment['cpu']}, {environment['memoryBytes'] / 2**30:.0f} GiB, {environment['os']}",
        )
        for gpu in environment["gpus"]:
            yield "gpu", f"{gpu['name']}, driver {gpu['driver']}"
        yield "packages", len(environment["packages"])
    yield "folder", half.get("folder")
    for seed in half.get("seeds", ()):
        yield f"seed of {seed['generator']}", seed["seed"] if seed["seed"] is not None else "not set"
    for file in half.get("files", ()):
        yield f"{file['mode']} file", f"{file['path']}  {(file['digest'] or 'unknown')[:12]}"
    for data in half.get("data", ()):
        yield data["kind"], f"{data['name']} {data['version']}"
    for finding in half.get("findings", ()):
        yield finding["kind"], finding["reason"]


def write_notebook(words: argparse.Namespace) -> None:
    """The notebook of a run or snapshot as it was; the file appears whole or not at all."""
    with connected() as link:
        snapshot = find_snapshot(link, words.of, with_document=True)
        address = f"snapshots/{snapshot}/notebook{'?outputs=0' if words.no_outputs else ''}"
        if words.output == "-":
            with link.download(address) as (_, chunks):
                for chunk in chunks:
                    sys.stdout.buffer.write(chunk)
            return
        target = Path(words.output or f"{snapshot[:8]}.ipynb")
        if target.exists() and not words.force:
            raise CommandError(f"{target} is there already; choose another file, or write over it with --force")
        with link.download(address) as (_, chunks):
            write_whole(target, chunks)


def diff_snapshots(words: argparse.Namespace) -> None:
    """What is different between two runs or snapshots, the earlier one first."""
    with connected() as link:
        before, after = (find_snapshot(link, word) for word in (words.before, words.after))
        found = ask(link, "GET", "snapshots/diff", query={"before": before, "after": after})
        if words.format == "json":
            print_json(found)
            return
        changed = [pair for pair in found["cells"] if pair["change"] != "same"]
        sources = [_sources(link, side) if changed else {} for side in (before, after)]
    for pair in changed:
        _print_pair(pair, *sources)
    rows = [
        {"what": kind, "name": change["name"], "before": change["before"], "after": change["after"]}
        for kind in _VALUES
        for change in found[kind]
    ]
    if rows:
        print() if changed else None
        show(rows, ["what", "name", "before", "after"], words.format)
    if not changed and not rows:
        print("no difference", file=sys.stderr)


def _sources(link: ServerLink, snapshot: str) -> dict[str, str]:
    """Source by cell."""
    document = ask(link, "GET", f"snapshots/{snapshot}")["document"] or {"cells": []}
    parts = {cell["cell"]: "" for cell in document["cells"]}
    for digest in parts:
        parts[digest] = str(json.loads(link.get_bytes(digest)).get("source", ""))
    return {cell["id"]: parts[cell["cell"]] for cell in document["cells"]}


def _print_pair(pair: dict[str, Any], before: dict[str, str], after: dict[str, str]) -> None:
    old, new = pair["before"], pair["after"]
    place = " → ".join(f"[{side['index'] + 1}]" for side in (old, new) if side is not None)
    print(plain(f"{pair['change']} cell {(new or old)['id']} {place}"))
    if pair["change"] not in ("edited", "added", "removed"):
        return
    first, second = ((side.get(of["id"], "") if of is not None else "").splitlines() for of, side in ((old, before), (new, after)))
    for line in list(difflib.unified_diff(first, second, lineterm="", n=2))[2:]:
        print("  " + plain(line))


def find_snapshot(link: ServerLink, word: str, with_document: bool = False) -> str:
    """Id of the snapshot: the one of this id, or the one that stands for a run.

    Raises
    ------
    CommandError
        There is none.
    """
    try:
        if len(word) == 36:
            return str(uuid.UUID(word))
    except ValueError:
        pass
    run = find_run(link, word)
    rows = list(pages(link, "GET", "snapshots", "snapshots", {"runId": run["id"]}))
    rows = [row for row in rows if row["hasDocument"] or not with_document]
    if not rows:
        what = "snapshot with its notebook" if with_document else "snapshot"
        raise CommandError(f"run {run['name']!r} has no {what}: it was made before there were any, or without a notebook")
    reasons = {row["id"]: next((own["reason"] for own in row["runs"] if own["id"] == run["id"]), row["reason"]) for row in rows}
    return str(min(rows, key=lambda row: (not row["hasDocument"], _BEST.index(reasons[row["id"]])))["id"])
