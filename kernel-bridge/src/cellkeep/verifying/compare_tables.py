"""Tables in HTML, as pandas shows frames, and in CSV: cell by cell, numbers within a tolerance."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import NamedTuple

from .compare_numbers import Tolerance, distance
from .compare_text import normalise

Table = Sequence[Sequence[str]]
#: A comma stands between groups of three digits, or it is no part of a number: 1,5 is not 15.
_NUMBER = re.compile(r"([+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:nan|NaN|inf|Infinity))([ \xa0]?%)?")
_LONGEST_NUMBER = 400  # characters; the largest double has 309 digits


class TableDifference(NamedTuple):
    """The first cell that differs, and the largest distance of numbers that do; None where it is no number."""

    was: str
    now: str
    distance: float | None


def compare_tables(was: Table, now: Table, tolerance: Tolerance, folders: tuple[str, ...] = ()) -> TableDifference | None:
    """None where they are the same.

    Examples
    --------
    >>> compare_tables([["", "x"], ["0", "1.0"]], [["", "x"], ["0", "1.5"]], Tolerance(1e-9, 0))
    TableDifference(was='row 2, column 2: 1.0', now='row 2, column 2: 1.5', distance=0.5)
    """
    shapes = [(len(table), max(map(len, table), default=0)) for table in (was, now)]
    if shapes[0] != shapes[1]:
        before_shape, after_shape = (f"{rows} rows, {columns} columns" for rows, columns in shapes)
        return TableDifference(before_shape, after_shape, None)
    first: tuple[str, str] | None = None
    largest: float | None = None
    for row, (before, after) in enumerate(zip(was, now, strict=True)):
        if len(before) != len(after):
            return TableDifference(f"row {row + 1}: {len(before)} columns", f"row {row + 1}: {len(after)} columns", None)
        for column, (one, other) in enumerate(zip(before, after, strict=True)):
            same, apart = _compare(one, other, tolerance, folders)
            if same:
                continue
            place = f"row {row + 1}, column {column + 1}: "
            first = first or (place + one, place + other)
            if apart is not None:
                largest = max(largest or 0.0, apart)
    return TableDifference(first[0], first[1], largest) if first else None


def _compare(was: str, now: str, tolerance: Tolerance, folders: tuple[str, ...]) -> tuple[bool, float | None]:
    if was == now:
        return True, None
    one, other = _number(was), _number(now)
    if one is not None and other is not None and one.unit == other.unit:
        return tolerance.allows(one.value, other.value), distance(one.value, other.value)
    return normalise(was, folders) == normalise(now, folders), None


class _Number(NamedTuple):
    value: float
    unit: str


def _number(text: str) -> _Number | None:
    text = text.strip().replace("\N{MINUS SIGN}", "-")
    found = _NUMBER.fullmatch(text) if len(text) <= _LONGEST_NUMBER else None
    if found is None:
        return None
    value = float(found[1].replace(",", ""))
    # What is too large for a double is compared as text, lest all such numbers be infinite, and the same.
    return None if math.isinf(value) and "inf" not in text.lower() else _Number(value, "%" if found[2] else "")


class Html(NamedTuple):
    """What HTML shows: the cells of its tables, the text outside them, and the addresses of its images (data URLs by their digest)."""

    table: Table
    text: str
    images: list[str]


class _Reader(HTMLParser):
    """Rows of all tables, one after the other, and what stands around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.outside: list[str] = []
        self.images: list[str] = []
        self._cell: list[str] | None = None
        self._unseen = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "script"):
            self._unseen += 1
        elif tag == "tr":
            self._close()
            self.rows.append([])
        elif tag in ("td", "th") and self.rows:
            self._close()
            self._cell = []
        elif tag == "img":
            source = dict(attributes).get("src") or ""
            data = source.startswith("data:")
            self.images.append(f"data with SHA-256 {hashlib.sha256(source.encode('utf-8', 'replace')).hexdigest()}" if data else source)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "script"):
            self._unseen = max(0, self._unseen - 1)
        elif tag in ("td", "th", "tr", "table"):
            self._close()

    def handle_data(self, data: str) -> None:
        if self._unseen:
            return
        if self._cell is not None:
            self._cell.append(data)
        elif not data.isspace():
            self.outside.append(" ".join(data.split()))

    def _close(self) -> None:
        if self._cell is not None:
            self.rows[-1].append("".join(self._cell).strip())
            self._cell = None


def read_html(html: str) -> Html | None:
    """What HTML with tables shows; None where there is no table in it.

    Examples
    --------
    >>> read_html("<h2>Fit</h2><style>td{}</style><table><tr><th></th><th>x</th></tr><tr><th>0</th><td>1 &lt; 2</td></tr></table>")
    Html(table=[['', 'x'], ['0', '1 < 2']], text='Fit', images=[])
    """
    # Python's parser takes the square of the time for many tags that are never closed: such a thing is compared as text.
    if "<table" not in html or html.count("<") > html.count(">") + 1_000:
        return None
    reader = _Reader()
    try:
        reader.feed(html)
        reader.close()
    except AssertionError:  # what Python's parser raises for broken declarations
        return None
    return Html(reader.rows, "\n".join(reader.outside), reader.images) if reader.rows else None


def table_of_csv(text: str, delimiter: str = ",") -> Table:
    """Rows of a CSV file."""
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))
