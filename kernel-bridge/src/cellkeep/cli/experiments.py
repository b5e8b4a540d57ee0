"""experiments list, create, rename, delete, restore; notebooks list."""

from __future__ import annotations

import argparse
import sys

from .output import local_time, print_json, show
from .server import ask, connected, find_experiment, pages


def list_experiments(words: argparse.Namespace) -> None:
    """Experiments, last used first."""
    with connected() as link:
        lifecycle = "deleted" if words.deleted else "active"
        found = list(pages(link, "GET", "experiments", "experiments", {"lifecycle": lifecycle}, words.limit))
    rows = [{**row, "lastRunAt": local_time(row["lastRunAt"])} for row in found] if words.format == "table" else found
    show(rows, ["id", "name", "runCount", "runningCount", "lastRunAt", "description"], words.format)


def create_experiment(words: argparse.Namespace) -> None:
    """Make an experiment; its name must be free."""
    with connected() as link:
        made = ask(link, "POST", "experiments", {"name": words.name, "description": words.description})
    if words.format == "json":
        print_json(made)
    else:
        print(made["id"])


def rename_experiment(words: argparse.Namespace) -> None:
    """Give an experiment another name."""
    with connected() as link:
        found = find_experiment(link, words.experiment)
        ask(link, "PATCH", f"experiments/{found['id']}", {"name": words.name})
    print(f"{found['name']} is now {words.name}", file=sys.stderr)


def delete_experiment(words: argparse.Namespace) -> None:
    """Delete an experiment with its runs; it can be restored."""
    with connected() as link:
        found = find_experiment(link, words.experiment)
        ask(link, "DELETE", f"experiments/{found['id']}")
    print(
        f"deleted {found['name']} with {found['runCount']} runs; `cellkeep experiments restore {found['id']}` takes it back",
        file=sys.stderr,
    )


def restore_experiment(words: argparse.Namespace) -> None:
    """Take back a delete."""
    with connected() as link:
        found = find_experiment(link, words.experiment, "deleted")
        ask(link, "POST", f"experiments/{found['id']}/restore")
    print(f"restored {found['name']}", file=sys.stderr)


def list_notebooks(words: argparse.Namespace) -> None:
    """Notebooks that were tracked, newest first."""
    with connected() as link:
        found = list(pages(link, "GET", "notebooks", "notebooks", {}, words.limit))
    rows = [{**row, "updatedAt": local_time(row["updatedAt"])} for row in found] if words.format == "table" else found
    show(rows, ["path", "runCount", "userName", "updatedAt", "id"], words.format)
