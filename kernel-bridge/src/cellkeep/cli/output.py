"""Results as an aligned table for people, as JSON or CSV for programs."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

Format = Literal["table", "json", "csv"]
Row = Mapping[str, object]
#: What a terminal would obey: a run's tag must not be able to rewrite the screen.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WIDEST = 60


class CommandError(Exception):
    """One line for the person: what is wrong and what to do. Ends the command with exit code 1."""


def show(rows: Sequence[Row], columns: Sequence[str], form: Format) -> None:
    """Print rows; a table and CSV have just these columns, JSON has all that the rows hold."""
    if form == "json":
        print_json(list(rows))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([_exact(row.get(column)) for column in columns] for row in rows)
    else:
        _table([[_readable(row.get(column)) for column in columns] for row in rows], columns)


def print_json(value: object) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def _table(rows: list[list[str]], columns: Sequence[str]) -> None:
    widths = [max([len(name), *(len(row[at]) for row in rows)]) for at, name in enumerate(columns)]
    for row in [list(columns), *rows]:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    if not rows:
        print("(none)", file=sys.stderr)


def _readable(value: object) -> str:
    if value is None:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = plain(text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def write_whole(target: Path, chunks: Iterable[bytes]) -> None:
    """Write a file that appears whole or not at all, and say so."""
    partial = target.with_name(f".{target.name}.part")
    try:
        with partial.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    print(f"wrote {target}", file=sys.stderr)


def plain(text: str) -> str:
    """Text without anything that a terminal would obey."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def _exact(value: object) -> object:
    return "" if value is None else value


def local_time(ms: int | None) -> str | None:
    """Local date and time to the second."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, timezone.utc).astimezone().isoformat(" ", "seconds")[:19]


def duration(start: int, end: int | None) -> str | None:
    """``3.2 s``, ``4 min 10 s``, ``2 h 5 min``."""
    if end is None:
        return None
    seconds = max(0, end - start) / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
