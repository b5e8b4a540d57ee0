"""Rows of an evaluation set as a file has them, and the slices that a word names."""

from __future__ import annotations

import csv
import json
import math
import re
from pathlib import Path
from typing import Any

from .output import CommandError

#: A column with more values is no category: name the values, or a range.
_MOST_VALUES = 50
_RANGE = re.compile(r"(?P<column>.+):(?P<low>[^:]*)\.\.(?P<high>[^:]*)")


def read_rows(name: str) -> dict[str, Any]:
    """``{"columns": […], "data": [[…], …]}`` of a CSV file, or of JSON in that form or as a list of objects.

    A CSV column is numbers where all that stands in it is; an empty field is missing.
    """
    try:
        text = Path(name).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{name} is no text in UTF-8 (byte {error.start})") from error
    return _of_json(name, text) if text.lstrip()[:1] in ("{", "[") else _of_csv(name, text)


def _of_json(name: str, text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(f"{name} is no JSON: {error.msg} (line {error.lineno}, column {error.colno})") from error
    if isinstance(said, dict) and isinstance(said.get("columns"), list) and isinstance(said.get("data"), list):
        return {"columns": said["columns"], "data": said["data"]}
    if isinstance(said, list) and said and all(isinstance(row, dict) for row in said):
        columns = list(dict.fromkeys(key for row in said for key in row))
        return {"columns": columns, "data": [[row.get(column) for column in columns] for row in said]}
    raise CommandError(f"{name} holds neither {{columns, data}} nor a list of objects")


def _of_csv(name: str, text: str) -> dict[str, Any]:
    head, *rows = list(csv.reader(text.splitlines())) or [[]]
    rows = [row for row in rows if row]
    if not head or not rows:
        raise CommandError(f"{name} has no rows: a CSV file begins with the names of its columns")
    for at, row in enumerate(rows):
        if len(row) != len(head):
            raise CommandError(f"{name}: row {at + 1} has {len(row)} values, and there are {len(head)} columns")
    columns = [_typed([row[at] for row in rows]) for at in range(len(head))]
    return {"columns": head, "data": [list(row) for row in zip(*columns, strict=True)]}


def _typed(values: list[str]) -> list[Any]:
    numbers = [_number(value) for value in values]
    if all(number is not None or value == "" for number, value in zip(numbers, values, strict=True)):
        return numbers
    return [None if value == "" else value for value in values]


def _number(text: str) -> float | int | None:
    """None where it is none, or would not be written so again: a zip with a leading zero, an id beyond 2^53."""
    plain = text.strip()
    if re.match(r"[+-]?0\d", plain) or re.fullmatch(r"[+-]?\d{16,}", plain):
        return None
    try:
        value = float(text)
    except ValueError:
        return None
    if not math.isfinite(value) or "_" in text:
        return None
    return int(plain) if re.fullmatch(r"[+-]?\d+", plain) else value


def slices_of(word: str, rows: dict[str, Any]) -> list[dict[str, Any]]:
    """The slices that ``COLUMN``, ``COLUMN=VALUE`` or ``COLUMN:FROM..BELOW`` names."""
    columns = rows["columns"]
    if word in columns:
        at = columns.index(word)
        values = sorted({row[at] for row in rows["data"]} - {None}, key=lambda value: (str(type(value)), value))
        if len(values) > _MOST_VALUES:
            raise CommandError(f"column {word!r} has {len(values)} values; give {word}=VALUE or {word}:FROM..BELOW")
        return [{"name": f"{word} = {value}", "column": word, "equals": [value]} for value in values]
    column, equals, value = word.partition("=")
    if equals and column in columns:
        number = _number(value)
        return [{"name": f"{column} = {value}", "column": column, "equals": [value if number is None else number]}]
    found = _RANGE.fullmatch(word)
    if found and found["column"] in columns:
        ends = {end: _bound(word, found[end]) for end in ("low", "high") if found[end]}
        if ends:
            bounds = {**({"min": ends["low"]} if "low" in ends else {}), **({"max": ends["high"]} if "high" in ends else {})}
            return [{"name": word, "column": found["column"], **bounds}]
    known = ", ".join(columns[:10])
    raise CommandError(f"{word!r} is no slice: give COLUMN, COLUMN=VALUE or COLUMN:FROM..BELOW of these columns: {known}")


def _bound(word: str, text: str) -> float | int:
    number = _number(text)
    if number is None:
        raise CommandError(f"{text!r} in {word!r} is no number")
    return number
