"""runs export, groups, archive, unarchive, and tag by a filter: what is done with many runs at once."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..link import ServerLink
from .output import CommandError, local_time, print_json, show
from .runs import export_run, order_of, tag_of, tag_run
from .server import ask, connected, find_experiment, find_run, pages

_BAR_STEP = 2 * 1024 * 1024  # bytes between two words on how far it is


def export_runs(words: argparse.Namespace) -> None:
    """All runs that a filter finds as a table, or one run with every point."""
    if words.run is not None:
        if words.filter or words.experiment or words.order or words.column:
            raise CommandError("a RUN is exported whole: leave --filter, --experiment, --order and --column away")
        if words.format == "parquet":
            _export_points(words)
        else:
            export_run(words)
        return
    with connected() as link:
        wanted = {**_scope(link, words), "orderBy": [order_of(text) for text in words.order], "columns": words.column or []}
        wanted["format"] = "csv" if words.format == "table" else words.format
        with link.download("runs/export", wanted) as (rows, chunks):
            _write(words, chunks, f"{rows} runs")


def _export_points(words: argparse.Namespace) -> None:
    with connected() as link:
        run = find_run(link, words.run)
        with link.download(f"runs/{quote(run['id'])}/metrics/export?format=parquet") as (rows, chunks):
            _write(words, chunks, f"{rows} points")


def _write(words: argparse.Namespace, chunks: Any, what: str) -> None:
    """The file appears whole or not at all."""
    if words.output in (None, "-"):
        if words.format == "parquet" and sys.stdout.isatty():
            raise CommandError("Parquet is no text: name a file with -o, or send it on with |")
        for chunk in chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return
    target = Path(words.output)
    partial = target.with_name(f".{target.name}.part")
    size = told = 0
    try:
        with partial.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                size += len(chunk)
                if sys.stderr.isatty() and size - told >= _BAR_STEP:
                    told = size
                    print(f"\r{size / 1e6:,.0f} MB of {what}", end="", file=sys.stderr)
        partial.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            partial.unlink()
    if told:
        print(file=sys.stderr)
    print(f"wrote {what} to {target} ({size / 1e6:,.1f} MB)", file=sys.stderr)


def group_runs(words: argparse.Namespace) -> None:
    """Runs by what they have in common."""
    with connected() as link:
        wanted: dict[str, Any] = {**_scope(link, words), "by": words.by, "metrics": words.metric}
        wanted["orderBy"] = [order_of(text) for text in words.order]
        found = list(pages(link, "POST", "runs/groups", "groups", wanted, words.limit))
    if words.format == "json":
        print_json(found)
        return
    rows: list[dict[str, object]] = []
    for group in found:
        row: dict[str, object] = dict(zip(words.by, group["labels"], strict=True))
        row["runs"] = group["count"]
        row["newest"] = local_time(group["newest"]) if words.format == "table" else group["newest"]
        for key, sums in group["metrics"].items():
            row.update({f"{key} {stat}": sums[stat] for stat in ("mean", "min", "max", "std")})
        rows.append(row)
    columns = [*words.by, "runs", "newest"]
    columns += [f"{key} {stat}" for key in words.metric for stat in ("mean", "min", "max", "std")]
    show(rows, columns, words.format)


def archive_runs(words: argparse.Namespace) -> None:
    """Put runs out of sight; nothing is taken away."""
    _change(words, "archive", "active")


def unarchive_runs(words: argparse.Namespace) -> None:
    """Show archived runs again."""
    _change(words, "unarchive", "archived")


def _change(words: argparse.Namespace, verb: str, lifecycle: str) -> None:
    with connected() as link:
        choice = _choice(link, words, lifecycle)
        changed = ask(link, "POST", f"runs/{verb}", choice)["ids"]
    print(f"{verb}d {len(changed)} runs", file=sys.stderr)


def tag_runs(words: argparse.Namespace) -> None:
    """Set and remove tags of one run, or of all that a filter finds."""
    if not words.filter:
        tag_run(words)
        return
    given = [words.run, *words.tags] if words.run else words.tags
    tags = dict(tag_of(text) for text in given)
    if not tags and not words.remove:
        raise CommandError("name at least one tag: key=value, or --remove key")
    with connected() as link:
        choice = _matching(link, words, "active")
        changed = ask(link, "POST", "runs/tag", {**choice, "setTags": tags, "removeTags": words.remove})["ids"]
    print(f"changed the tags of {len(changed)} runs", file=sys.stderr)


def _choice(link: ServerLink, words: argparse.Namespace, lifecycle: str) -> dict[str, Any]:
    if bool(words.runs) == bool(words.filter):
        raise CommandError("name runs, or find them with --filter")
    if words.filter:
        return _matching(link, words, lifecycle)
    return {"ids": [find_run(link, word, lifecycle)["id"] for word in words.runs]}


def _matching(link: ServerLink, words: argparse.Namespace, lifecycle: str) -> dict[str, Any]:
    """The runs that a filter finds now, and how many: where others come in between, the server changes nothing."""
    scope = {**_scope(link, words), "lifecycle": lifecycle}
    expect = words.expect
    if expect is None:
        expect = ask(link, "POST", "runs/search", {**scope, "limit": 1, "count": "exact", "metrics": []})["total"]
        if sys.stdin.isatty() and input(f"the filter finds {expect} runs; go on? [y/N] ").strip().lower() not in ("y", "yes"):
            raise CommandError("nothing was changed")
    return {"matching": {**scope, "expect": expect}}


def _scope(link: ServerLink, words: argparse.Namespace) -> dict[str, Any]:
    scope: dict[str, Any] = {"filter": words.filter}
    if words.experiment:
        scope["experimentIds"] = [find_experiment(link, name)["id"] for name in words.experiment]
    return scope
