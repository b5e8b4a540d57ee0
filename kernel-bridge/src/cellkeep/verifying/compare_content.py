"""What a cell has shown or a run has stored, as it was and as it is, each kind in its way."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, NamedTuple

from ..wire import Tolerances
from .compare_images import NoImage, image_distance
from .compare_json import first_json_difference
from .compare_numbers import Tolerance
from .compare_tables import Table, compare_tables, read_html, table_of_csv
from .compare_text import compare_text
from .findings import Findings

_DELIMITERS = {"text/csv": ",", "text/tab-separated-values": "\t"}


class ContentDifference(NamedTuple):
    """``part`` names what of it differs; empty where it is all of it."""

    part: str
    was: str
    now: str
    distance: float | None = None
    tolerance: float | None = None


class ContentComparer(NamedTuple):
    """``folders``: working folders of the two executions."""

    findings: Findings
    tolerances: Tolerances
    folders: tuple[str, ...]

    def compare(self, kind: str, was: Any, now: Any) -> Iterator[ContentDifference]:
        """What differs.

        Parameters
        ----------
        kind
            Media type.
        was, now
            Bytes of a picture; what JSON holds; text of everything else.
        """
        if kind.startswith("image/"):
            self.findings.images += 1
        if was == now:
            return
        if is_picture(kind):
            yield from self._picture(was, now)
        elif kind.endswith("json"):
            found = first_json_difference(was, now, self._general)
            if found is not None:
                yield ContentDifference("", *found)
        elif kind in _DELIMITERS:
            yield from self._csv(was, now, _DELIMITERS[kind])
        elif kind == "text/html":
            yield from self._html(was, now)
        else:
            yield from self._text("", was, now)

    def _picture(self, was: bytes, now: bytes) -> Iterator[ContentDifference]:
        allowed = self.tolerances["images"]
        try:
            apart = image_distance(was, now)
        except NoImage as error:
            self.findings.note(str(error))
            apart = 1.0
        if apart > allowed:
            yield ContentDifference("", "the picture as it was", "another picture", apart, allowed)

    def _html(self, was: str, now: str) -> Iterator[ContentDifference]:
        one, other = read_html(was), read_html(now)
        if one is None or other is None:
            yield from self._text("", was, now)
            return
        yield from self._table(one.table, other.table)
        yield from self._text("text beside the table", one.text, other.text)
        yield from self._text("images beside the table", "\n".join(one.images), "\n".join(other.images))

    def _csv(self, was: str, now: str, delimiter: str) -> Iterator[ContentDifference]:
        try:
            one, other = table_of_csv(was, delimiter), table_of_csv(now, delimiter)
        except csv.Error:  # a field beyond what Python's reader takes
            yield from self._text("", was, now)
            return
        yield from self._table(one, other)

    def _table(self, was: Table, now: Table) -> Iterator[ContentDifference]:
        found = compare_tables(was, now, self._general, self.folders)
        if found is not None:
            yield ContentDifference("table", found.was, found.now, found.distance, self._general.relative)

    def _text(self, part: str, was: str, now: str) -> Iterator[ContentDifference]:
        found = compare_text(was, now, self.folders)
        if found is not None:
            yield ContentDifference(part, found.was, found.now)

    @property
    def _general(self) -> Tolerance:
        return Tolerance(self.tolerances["relative"], self.tolerances["absolute"])


def is_picture(kind: str) -> bool:
    """Whether it is compared by how it looks; SVG is text."""
    return kind.startswith("image/") and kind != "image/svg+xml"
