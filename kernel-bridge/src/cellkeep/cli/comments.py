"""comments list, add; inbox."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from ..link import ServerLink
from .output import local_time, plain, print_json, show
from .reports import find_report
from .server import ask, connected, find_experiment, find_run, pages


def list_comments(words: argparse.Namespace) -> None:
    """What people say, oldest first."""
    with connected() as link:
        found = list(pages(link, "GET", "comments", "comments", {"subject": _subject(link, words)}, words.limit))[::-1]
    if words.format == "json":
        print_json(found)
    elif words.format == "csv":
        show([{**comment, "by": comment["by"]["name"]} for comment in found], ["id", "by", "createdAt", "editedAt", "body"], "csv")
    else:
        for comment in found:
            print("\n".join(_lines(comment)))
        if not found:
            print("(none)", file=sys.stderr)


def _lines(comment: dict[str, Any]) -> list[str]:
    edited = ", edited" if comment["editedAt"] is not None else ""
    head = f"{plain(comment['by']['name'])}  {local_time(comment['createdAt'])}{edited}"
    return [head, *(f"    {plain(line)}".rstrip() for line in comment["body"].splitlines()), ""]


def add_comment(words: argparse.Namespace) -> None:
    """Say something; ``@name`` tells somebody. Prints the comment's id."""
    text = sys.stdin.read() if words.text == "-" else words.text
    with connected() as link:
        made = ask(link, "POST", "comments", {"subject": _subject(link, words), "body": text})
    if words.format == "json":
        print_json(made)
    else:
        told = ", ".join(person["name"] for person in made["mentions"])
        print(made["id"])
        if told:
            print(f"told {plain(told)}", file=sys.stderr)


def _subject(link: ServerLink, words: argparse.Namespace) -> str:
    if words.kind == "report":
        return f"report:{find_report(link, words.subject)['id']}"
    if words.kind == "experiment":
        return f"experiment:{find_experiment(link, words.subject)['id']}"
    return f"run:{find_run(link, words.subject)['id']}"
