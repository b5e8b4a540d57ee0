"""runs list, show, rename, tag, delete, restore, compare, export; many.py has what is done with many at once."""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from ..link import ServerLink
from ..values import checked_key
from ..wire import History, StoredRun
from .output import CommandError, duration, local_time, plain, print_json, show
from .server import ask, connected, find_experiment, find_run, pages

_HISTORY_POINTS = 1_000_000
_KEYS_PER_REQUEST = 100


def list_runs(words: argparse.Namespace) -> None:
    """Runs that match, newest first or as ordered."""
    with connected() as link:
        wanted: dict[str, Any] = {"filter": words.filter, "lifecycle": words.lifecycle}
        if words.experiment:
            wanted["experimentIds"] = [find_experiment(link, name)["id"] for name in words.experiment]
        wanted["orderBy"] = [order_of(text) for text in words.order]
        found = list(pages(link, "POST", "runs/search", "runs", wanted, words.limit))
    if words.format == "json":
        print_json(found)
        return
    rows = [_row(cast("StoredRun", run), words.format == "table") for run in found]
    columns = ["id", "name", "status", "experiment", "started", "duration", "user"]
    columns += [column for column in dict.fromkeys(column for row in rows for column in row) if _is_shown(column, words)]
    show(rows, columns, words.format)


def _is_shown(column: str, words: argparse.Namespace) -> bool:
    """A table has room for a few metrics; CSV takes everything."""
    if words.format == "csv":
        return "." in column
    chosen = words.column or []
    return column in chosen or (not chosen and column.startswith("metrics.") and "system/" not in column)


def order_of(text: str) -> dict[str, str]:
    """``metrics.auc:desc`` in the contract's words."""
    by, _, direction = text.partition(":")
    if direction not in ("", "asc", "desc"):
        raise CommandError(f"--order takes KEY, KEY:asc or KEY:desc, not {text!r}")
    return {"by": by, "direction": direction or "asc"}


def _row(run: StoredRun, readable: bool) -> dict[str, object]:
    row: dict[str, object] = {
        "id": run["id"],
        "name": run["name"],
        "status": run["status"],
        "experiment": run["experimentName"],
        "started": local_time(run["startedAt"]) if readable else run["startedAt"],
        "duration": duration(run["startedAt"], run["endedAt"]) if readable else _milliseconds(run),
        "user": run["user"],
    }
    row.update({f"metrics.{key}": metric["last"] for key, metric in run["metrics"].items()})
    row.update({f"params.{key}": value for key, value in run["params"].items()})
    row.update({f"tags.{key}": value for key, value in run["tags"].items()})
    return row


def _milliseconds(run: StoredRun) -> int | None:
    return run["endedAt"] - run["startedAt"] if run["endedAt"] is not None else None


def show_run(words: argparse.Namespace) -> None:
    """One run, everything about it."""
    with connected() as link:
        run = find_run(link, words.run)
    if words.format == "json":
        print_json(run)
        return
    source = run["source"]
    lines: dict[str, object] = {
        "id": run["id"],
        "name": run["name"],
        "status": run["status"],
        "experiment": run["experimentName"],
        "started": local_time(run["startedAt"]),
        "ended": local_time(run["endedAt"]),
        "duration": duration(run["startedAt"], run["endedAt"]),
        "user": run["user"],
        "account": run["userName"] if run["userName"] != run["user"] else None,
        "host": source["host"],
        "notebook": source["notebookPath"] or source["entrypoint"],
        "commit": source["git"]["commit"] if source["git"] else None,
        "error": f"{run['error']['name']}: {run['error']['message']}" if run["error"] else None,
        "artifacts": run["artifactCount"] or None,
    }
    rows: list[dict[str, object]] = [{"what": what, "value": value} for what, value in lines.items() if value not in (None, "")]
    rows += [{"what": f"params.{key}", "value": value} for key, value in run["params"].items()]
    rows += [{"what": f"tags.{key}", "value": value} for key, value in run["tags"].items()]
    rows += [{"what": f"metrics.{key}", "value": metric["last"]} for key, metric in run["metrics"].items()]
    show(rows, ["what", "value"], words.format)
    if run["notes"] and words.format == "table":
        print("\n" + "\n".join(plain(line) for line in run["notes"].splitlines()))


def rename_run(words: argparse.Namespace) -> None:
    """Give a run another name."""
    with connected() as link:
        run = find_run(link, words.run)
        ask(link, "PATCH", f"runs/{run['id']}", {"name": words.name})
    print(f"{run['name']} is now {words.name}", file=sys.stderr)


def tag_run(words: argparse.Namespace) -> None:
    """Set and remove tags."""
    if words.run is None:
        raise CommandError("name a run, or find runs with --filter")
    tags = dict(tag_of(text) for text in words.tags)
    if not tags and not words.remove:
        raise CommandError("name at least one tag: key=value, or --remove key")
    with connected() as link:
        run = find_run(link, words.run)
        ask(link, "PATCH", f"runs/{run['id']}", {"setTags": tags, "removeTags": words.remove})
    print(f"{run['name']}: {len(tags)} tags set, {len(words.remove)} removed", file=sys.stderr)


def tag_of(text: str) -> tuple[str, str]:
    """``key=value``, checked."""
    key, _, value = text.partition("=")
    try:
        return checked_key(key, "tag"), value
    except ValueError as error:
        raise CommandError(str(error)) from None


def delete_runs(words: argparse.Namespace) -> None:
    """Delete runs; they can be restored."""
    _change(words, "delete", "active")


def restore_runs(words: argparse.Namespace) -> None:
    """Take back a delete."""
    _change(words, "restore", "deleted")


def _change(words: argparse.Namespace, verb: str, lifecycle: str) -> None:
    with connected() as link:
        ids = [find_run(link, word, lifecycle)["id"] for word in words.runs]
        changed = ask(link, "POST", f"runs/{verb}", {"ids": ids})["ids"]
    print(f"{verb}d {len(changed)} of {len(ids)} runs", file=sys.stderr)


def compare_runs(words: argparse.Namespace) -> None:
    """Params that differ and last metrics, one column a run."""
    with connected() as link:
        runs = [find_run(link, word) for word in words.runs]
    titles = _titles(runs)
    flat = [_row(run, readable=False) for run in runs]
    fields = dict.fromkeys(field for row in flat for field in row if "." in field)
    rows = []
    for field in sorted(fields, key=lambda name: (name.partition(".")[0] != "params", name)):
        values = [row.get(field) for row in flat]
        if field.startswith("metrics.system/") and not words.all:
            continue
        if words.all or field.startswith("metrics.") or len(set(map(str, values))) > 1:
            rows.append({"field": field, **dict(zip(titles, values, strict=True))})
    show(rows, ["field", *titles], words.format)


def _titles(runs: list[StoredRun]) -> list[str]:
    names = [run["name"] for run in runs]
    return [name if names.count(name) == 1 else f"{name} {run['id'][:6]}" for name, run in zip(names, runs, strict=True)]


def export_run(words: argparse.Namespace) -> None:
    """A run with every point of its series: JSON, or the points alone as CSV (key, step, time in ms, value)."""
    with connected() as link:
        run = find_run(link, words.run)
        series = [part for key in sorted(run["metrics"]) for part in _whole_series(link, run["id"], key)]
    if words.output:
        with Path(words.output).open("w", encoding="utf-8", newline="") as file:
            _write_export(run, series, words.format, file)
        print(f"wrote {words.output}", file=sys.stderr)
    else:
        _write_export(run, series, words.format, sys.stdout)


def _whole_series(link: ServerLink, run_id: str, key: str, start: int | None = None, end: int | None = None) -> list[History]:
    """All points; a series of more than a million comes in pieces."""
    wanted: dict[str, object] = {"runIds": [run_id], "keys": [key], "maxPoints": _HISTORY_POINTS}
    if start is not None and end is not None:
        wanted.update(fromStep=start, toStep=end)
    found = cast("list[History]", ask(link, "POST", "metrics/history", wanted)["series"])
    if not found or not found[0]["sampled"]:
        return found
    first, last = int(found[0]["steps"][0]), int(found[0]["steps"][-1])
    if first == last:
        raise CommandError(f"{key} has more than {_HISTORY_POINTS:,} points at step {first}; these cannot be exported one by one")
    middle = (first + last) // 2
    return _whole_series(link, run_id, key, first, middle) + _whole_series(link, run_id, key, middle + 1, last)


def _write_export(run: StoredRun, series: list[History], form: str, file: TextIO) -> None:
    if form == "csv":
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["key", "step", "time", "value"])
        for part in series:
            for step, time, value in zip(part["steps"], part["times"], part["values"], strict=True):
                writer.writerow([part["key"], step, time, value])
        return
    import json

    json.dump({"run": run, "series": series}, file, indent=2, ensure_ascii=False)
    file.write("\n")
