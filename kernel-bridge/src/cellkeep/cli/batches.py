"""batches: files of rows that a version scores as a job."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .output import CommandError, local_time, plain, print_json, show, write_whole
from .server import ask, connected, find_run, pages

_BATCHES = ["status", "model", "version", "rows", "failed", "of", "by", "asked", "id"]
_OPEN = ("queued", "running")
_PAUSE = 1.0  # seconds between two looks


def add_commands(group: Any, command: Any, limited: Any) -> None:
    """Add the commands to their group; ``command`` and ``limited`` are the parser's own ways to add one."""
    listing = limited(command(group, "list", list_batches, "newest first", csv=True))
    listing.add_argument("--model", metavar="NAME")
    starting = command(group, "start", start_batch, "score a CSV, JSON lines, Parquet or Arrow file of a run")
    starting.add_argument("model", metavar="MODEL")
    starting.add_argument("version", type=int, metavar="VERSION")
    starting.add_argument("run", metavar="RUN", help="id or name of the run that keeps the file")
    starting.add_argument("path", metavar="PATH", help="of the file among the run's artifacts")
    starting.add_argument("--trust-user", metavar="NAME", help="whose code may run on the server, where the model is a pickle of theirs")
    starting.add_argument("--wait", action="store_true", help="until it has ended; exit code 1 where it failed")
    command(group, "show", show_batch, "one of them").add_argument("id", metavar="ID")
    command(group, "cancel", cancel_batch, "stop one").add_argument("id", metavar="ID")
    fetching = command(group, "download", download_batch, "what it answered, as Parquet")
    fetching.add_argument("id", metavar="ID")
    fetching.add_argument("-o", "--output", required=True, metavar="FILE")


def _path(batch: str) -> str:
    return f"batches/{quote(batch, safe='')}"


def _row(one: dict[str, Any]) -> dict[str, object]:
    total = "" if one["rowsTotal"] is None else f" / {one['rowsTotal']}"
    source = one["input"]
    return {
        **{key: one[key] for key in ("status", "version", "id")},
        "model": one["modelName"],
        "rows": f"{one['rowsDone']}{total}",
        "failed": one["rowsFailed"],
        "of": source.get("path") or source.get("name"),
        "by": one["userName"],
        "asked": local_time(one["askedAt"]),
    }


def _tell(words: argparse.Namespace, batch: dict[str, Any]) -> None:
    if words.format == "json":
        print_json(batch)
        return
    show([_row(batch)], _BATCHES, "table")
    if batch["error"]:
        print(plain(batch["error"]))


def list_batches(words: argparse.Namespace) -> None:
    """Batches, newest first."""
    with connected() as link:
        found = list(pages(link, "GET", "batches", "batches", {"modelName": words.model} if words.model else {}, words.limit))
    show(found if words.format == "json" else [_row(one) for one in found], _BATCHES, words.format)


def start_batch(words: argparse.Namespace) -> int:
    """Score a file of a run."""
    with connected() as link:
        run = find_run(link, words.run)
        source = {"kind": "artifact", "runId": run["id"], "path": words.path}
        trust = {"trustUser": words.trust_user} if words.trust_user else {}
        batch = ask(link, "POST", "batches", {"modelName": words.model, "version": words.version, "input": source, **trust})
        while words.wait and batch["status"] in _OPEN:
            time.sleep(_PAUSE)
            batch = ask(link, "GET", _path(batch["id"]))
    _tell(words, batch)
    return 0 if batch["status"] in (*_OPEN, "done") else 1


def show_batch(words: argparse.Namespace) -> None:
    """One of them."""
    with connected() as link:
        _tell(words, ask(link, "GET", _path(words.id)))


def cancel_batch(words: argparse.Namespace) -> None:
    """Stop one."""
    with connected() as link:
        _tell(words, ask(link, "POST", f"{_path(words.id)}/cancel", {"id": words.id}))


def download_batch(words: argparse.Namespace) -> None:
    """What it answered."""
    with connected() as link:
        batch = ask(link, "GET", _path(words.id))
        if batch["output"] is None:
            raise CommandError(f"this batch is {batch['status']}: there is nothing to download")
        with link.download(f"{_path(words.id)}/output") as (_, chunks):
            write_whole(Path(words.output), chunks)
