"""reports list, show, create, update, delete, restore. A file of a report begins with its title, as ``# title``."""

from __future__ import annotations

import argparse
import re
import sys
import uuid
from pathlib import Path
from typing import Any

from ..link import ServerLink
from ..values import utf16_length
from ..wire import NAME_LIMIT
from .output import CommandError, local_time, plain, print_json, show
from .server import ask, connected, pages

_TITLE = re.compile(r"\A\s*#[ \t]+(?P<title>[^\r\n]+?)[ \t]*#*[ \t]*(?:\r?\n|\Z)(?:[ \t]*\r?\n)*")


def list_reports(words: argparse.Namespace) -> None:
    """Reports, last changed first."""
    wanted = {"lifecycle": "deleted" if words.deleted else "active", **({"text": words.text} if words.text else {})}
    with connected() as link:
        found = list(pages(link, "GET", "reports", "reports", wanted, words.limit))
    rows = [_row(row, words.format == "table") for row in found] if words.format != "json" else found
    show(rows, ["id", "title", "revision", "updatedBy", "updatedAt"], words.format)


def _row(report: dict[str, Any], readable: bool) -> dict[str, object]:
    at = report["updatedAt"]
    return {**report, "updatedBy": report["updatedBy"]["name"], "updatedAt": local_time(at) if readable else at}


def show_report(words: argparse.Namespace) -> None:
    """A report as a Markdown file; ``create`` and ``update`` take it back."""
    with connected() as link:
        report = find_report(link, words.report)
    if words.format == "json":
        print_json(report)
    elif words.output:
        Path(words.output).write_text(_file_of(report), encoding="utf-8", newline="")
        print(f"wrote revision {report['revision']} to {words.output}", file=sys.stderr)
    elif sys.stdout.isatty():
        print("\n".join(plain(line) for line in _file_of(report).splitlines()))
    else:
        sys.stdout.write(_file_of(report))


def _file_of(report: dict[str, Any]) -> str:
    return f"# {report['title']}\n\n{report['body']}"


def create_report(words: argparse.Namespace) -> None:
    """Make a report of a Markdown file; prints its id."""
    title, body = _read(words)
    with connected() as link:
        made = ask(link, "POST", "reports", {"title": title or _name_of(words.file), "body": body})
    if words.format == "json":
        print_json(made)
    else:
        print(made["id"])


def update_report(words: argparse.Namespace) -> None:
    """Put a file in place of a report's text; what was there stays in its history."""
    title, body = _read(words)
    with connected() as link:
        report = find_report(link, words.report)
        change: dict[str, Any] = {"revision": words.revision or report["revision"], "body": body}
        if title:
            change["title"] = title
        changed = ask(link, "PATCH", f"reports/{report['id']}", change)
    if words.format == "json":
        print_json(changed)
    else:
        print(f"{changed['title']} is at revision {changed['revision']}", file=sys.stderr)


def delete_report(words: argparse.Namespace) -> None:
    """Delete a report; it can be restored."""
    with connected() as link:
        report = find_report(link, words.report)
        ask(link, "DELETE", f"reports/{report['id']}")
    print(f"deleted {report['title']}; `cellkeep reports restore {report['id']}` takes it back", file=sys.stderr)


def restore_report(words: argparse.Namespace) -> None:
    """Take back a delete."""
    with connected() as link:
        report = find_report(link, words.report, "deleted")
        ask(link, "POST", f"reports/{report['id']}/restore")
    print(f"restored {report['title']}", file=sys.stderr)


def find_report(link: ServerLink, word: str, lifecycle: str = "active") -> dict[str, Any]:
    """The report of this id, or the only one of this title, with its text.

    Raises
    ------
    CommandError
        There is none, or there are several.
    """
    if _is_uuid(word):
        return ask(link, "GET", f"reports/{word.lower()}")
    if utf16_length(word) > NAME_LIMIT:
        raise CommandError("no report has so long a title; give its id")
    wanted = {"lifecycle": lifecycle, "text": word}
    found = [row for row in pages(link, "GET", "reports", "reports", wanted) if row["title"] == word]
    if not found:
        raise CommandError(f"there is no report {word!r}; `cellkeep reports list` shows them")
    if len(found) > 1:
        ids = ", ".join(str(row["id"]) for row in found[:5])
        raise CommandError(f"several reports have the title {word!r}; give the id of one: {ids}{', …' if len(found) > 5 else ''}")
    return ask(link, "GET", f"reports/{found[0]['id']}")


def _is_uuid(word: str) -> bool:
    try:
        return str(uuid.UUID(word)) == word.lower()
    except ValueError:
        return False


def _read(words: argparse.Namespace) -> tuple[str | None, str]:
    """Title and body of the file. ``--title`` goes before the file's own, which then is a part of the body."""
    try:
        text = sys.stdin.read() if words.file == "-" else Path(words.file).read_bytes().decode()
    except UnicodeDecodeError as error:
        raise CommandError(f"{words.file} is no text in UTF-8 (byte {error.start})") from error
    if words.title:
        return str(words.title), text
    own = _TITLE.match(text.removeprefix("\ufeff"))
    if own is None:
        return None, text
    return own["title"], text.removeprefix("\ufeff")[own.end() :]


def _name_of(file: str) -> str:
    if file == "-":
        raise CommandError("a report needs a title: begin the text with `# title`, or give --title")
    return Path(file).stem
