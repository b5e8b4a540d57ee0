"""Rows that nobody has given, within what is known of the columns: where an export differs from its model, few examples find it."""

from __future__ import annotations

import math
from typing import Any

from .rows import Column, Table

_SEED = 20_130_101
_MISSING_SHARE = 0.08
_UNSEEN = "cellkeep: a category that training has not seen"
_UNSEEN_SHARE = 0.03


def random_rows(table: Table, train: Table | None, count: int, may_miss: frozenset[str], unseen: frozenset[str]) -> dict[str, Any]:
    """Values by column name, ``count`` of each; the same ones each time.

    Half of the numbers are drawn evenly between the least and the greatest known value, half are known ones in a new combination.

    Parameters
    ----------
    may_miss
        Columns in which some values are missing.
    unseen
        Columns of texts in which some are such that training has not seen.
    """
    import numpy as np

    draw = np.random.default_rng(_SEED)
    known = {column.name: column for column in (train or table).columns}
    found: dict[str, Any] = {}
    for column in table.columns:
        values = _drawn(known.get(column.name, column), column, count, draw)
        if column.name in may_miss:
            values = _with_missing(values, draw)
        if column.name in unseen:
            values = [_UNSEEN if share < _UNSEEN_SHARE else value for value, share in zip(values, draw.random(count), strict=True)]
        found[column.name] = values
    return found


def _drawn(known: Column, column: Column, count: int, draw: Any) -> Any:
    import numpy as np

    if column.shape is not None:
        return _drawn_tensors(known.values, column, count, draw)
    if column.type in ("string", "datetime", "binary") or column.categories is not None:
        choices = column.categories or [value for value in dict.fromkeys(known.values) if value is not None] or [None]
        return [choices[at] for at in draw.integers(0, len(choices), count)]
    numbers = np.asarray(known.values, dtype="float64")
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) == 0:
        return np.full(count, math.nan)
    again = numbers[draw.integers(0, len(numbers), count)]
    low, high = float(numbers.min()), float(numbers.max())
    with np.errstate(over="ignore"):
        even = low + (high - low) * draw.random(count)
    even = np.where(np.isfinite(even), even, again)
    if column.type in ("integer", "boolean"):
        even = np.rint(even)
    mixed = np.where(draw.random(count) < 0.5, even, again)
    if column.type == "float":
        return mixed.astype("float32")
    return mixed.astype("int64") if column.type == "integer" and known.values.dtype.kind in "iu" else mixed


def _drawn_tensors(values: Any, column: Column, count: int, draw: Any) -> Any:
    import numpy as np

    again = values[draw.integers(0, len(values), count)]
    if values.dtype.kind != "f":
        return again
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return (again + (high - low) * 0.1 * draw.standard_normal(again.shape)).astype(values.dtype)


def _with_missing(values: Any, draw: Any) -> Any:
    import numpy as np

    gone = draw.random(len(values)) < _MISSING_SHARE
    if isinstance(values, list):
        return [None if is_gone else value for value, is_gone in zip(values, gone, strict=True)]
    numbers = values.astype("float64") if values.dtype.kind != "f" else values.copy()
    numbers[gone] = np.nan
    return numbers


def first_row_missing(table: Table, names: frozenset[str]) -> dict[str, Any]:
    """The table's first row without the values of these columns."""
    return {column.name: _one_missing(column) if column.name in names else column.values[:1] for column in table.columns}


def _one_missing(column: Column) -> Any:
    import numpy as np

    return [None] if column.type in ("string", "datetime", "binary") or column.categories is not None else np.array([math.nan])


def unseen_row(table: Table, names: frozenset[str]) -> dict[str, Any]:
    """The table's first row with a text in these columns that nobody has seen."""
    return {column.name: [_UNSEEN] if column.name in names else column.values[:1] for column in table.columns}
