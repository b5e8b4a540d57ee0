"""checkpoints list, show, delete: variables that notebooks have kept. They are restored in a kernel, by ``cellkeep.restore``."""

from __future__ import annotations

import argparse
import json
from urllib.parse import quote

from .output import local_time, print_json, show
from .server import ask, connected, pages

_COLUMNS = ["id", "taken", "by", "notebook", "variables", "MB", "label"]


def list_checkpoints(words: argparse.Namespace) -> None:
    """Newest first; of one notebook where it is named."""
    wanted = {"notebookPath": words.notebook} if words.notebook else {}
    with connected() as link:
        found = list(pages(link, "GET", "checkpoints", "checkpoints", wanted, words.limit))
    rows = [
        {
            "id": one["id"],
            "taken": local_time(one["takenAt"]),
            "by": one["userName"],
            "notebook": one["notebookPath"],
            "variables": len(one["variables"]),
            "MB": round(sum(kept["size"] for kept in one["variables"]) / 1e6, 1),
            "label": one["label"],
        }
        for one in found
    ]
    show(found if words.format == "json" else rows, _COLUMNS, words.format)


def show_checkpoint(words: argparse.Namespace) -> None:
    """What it holds, and what of it would be made anew by cells."""
    with connected() as link:
        found = ask(link, "GET", f"checkpoints/{quote(words.checkpoint, safe='')}")
    if words.format == "json":
        print_json(found)
        return
    rows = [
        {
            "name": kept["name"],
            "type": kept["type"],
            "how": kept["how"] if kept["together"] is None else f"with {kept['together']}",
            "bytes": kept["size"],
            "executions": " ".join(str(order) for order in kept["executions"]),
            "why": kept["why"],
        }
        for kept in found["variables"]
    ]
    show(rows, ["name", "type", "how", "bytes", "executions", "why"], words.format)
    if not found["isOwn"]:
        print(f"loading it runs code of {found['userName']}: cellkeep.restore({found['id']!r}, trust={json.dumps(found['userName'])})")


def delete_checkpoint(words: argparse.Namespace) -> None:
    """Remove it; what other checkpoints share with it stays."""
    with connected() as link:
        ask(link, "DELETE", f"checkpoints/{quote(words.checkpoint, safe='')}")
    print(f"deleted checkpoint {words.checkpoint}")
