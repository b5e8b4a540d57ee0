"""Columns of rows as bytes, between a host and its workers; the other end is ``server/src/deployment/host/pythonFrames.ts``.

A frame is its length (u32, little-endian as all here) and so many bytes, of which the first says what it is. ``P`` asks and ``A`` answers:
u32 rows, u32 columns, then each column: u8 what it holds, u32 values, and

==  =====================================================================
0   float64: booleans as 0 and 1, all numbers; missing is NaN
1   int64: integers beyond 2**53
2   text: i32 bytes of each value in UTF-8 (-1: missing), then all bytes
3   binary: the same
==  =====================================================================

A tensor's rows stand one after another. After the columns of an answer: u32 classes and, where that is not 0, the scores as float64.
``L`` (load), ``R`` (ready), ``E`` (an error) hold JSON. No pickle is ever read from the wire.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

FLOAT64, INT64, TEXT, BINARY = range(4)
_EXACT = 2**53
_HEAD = struct.Struct("<BI")
_TWO = struct.Struct("<II")


class WrongAnswer(Exception):
    """A model answered what its signature does not say."""


def read_columns(payload: memoryview, inputs: list[Mapping[str, Any]]) -> tuple[int, dict[str, Any]]:
    """Rows and the values of each column: an array, of text and what has missing booleans a list."""
    import numpy as np

    rows, _ = _TWO.unpack_from(payload, 1)
    at = 1 + _TWO.size
    columns: dict[str, Any] = {}
    for column in inputs:
        kind, count = _HEAD.unpack_from(payload, at)
        at += _HEAD.size
        values: Any
        if kind in (FLOAT64, INT64):
            values = np.frombuffer(payload, "<f8" if kind == FLOAT64 else "<i8", count, at).copy()
            at += 8 * count
        else:
            values, at = _read_texts(payload, at, count, kind == TEXT)
        columns[column["name"]] = _typed(values, column, rows)
    return rows, columns


def _read_texts(payload: memoryview, at: int, count: int, is_text: bool) -> tuple[list[Any], int]:
    lengths = struct.unpack_from(f"<{count}i", payload, at)
    at += 4 * count
    values: list[Any] = []
    for length in lengths:
        if length < 0:
            values.append(None)
            continue
        piece = bytes(payload[at : at + length])
        values.append(piece.decode("utf-8") if is_text else piece)
        at += length
    return values, at


def _typed(values: Any, column: Mapping[str, Any], rows: int) -> Any:
    """In the type of the signature, as far as nothing is missing: what is missing there is no integer and no boolean."""
    import numpy as np

    kind = column["type"]
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and kind in ("boolean", "integer"):
        missing = np.isnan(values)
        if not missing.any():
            values = values.astype(bool if kind == "boolean" else "int64")
        elif kind == "boolean":
            values = np.array([None if gone else bool(value) for value, gone in zip(values, missing, strict=True)], dtype=object)
    shape = column.get("shape")
    if shape is None:
        return values
    if not isinstance(values, np.ndarray):
        values = np.array(values, dtype=object)
    open_ends = sum(size < 0 for size in shape)
    if open_ends <= 1:
        return values.reshape([rows, *shape])
    return values.reshape([rows, -1])


def write_answer(rows: int, columns: list[Any], scores: Any, outputs: list[Mapping[str, Any]], classes: int) -> bytes:
    """The answer's frame, without its length.

    Raises
    ------
    WrongAnswer
        Not as many rows or outputs as were asked, or values of another type.
    """
    import numpy as np

    if outputs and len(columns) != len(outputs):
        raise WrongAnswer(f"the model gave {len(columns)} outputs; its signature has {len(outputs)}")
    parts = [b"A", _TWO.pack(rows, len(outputs))]
    for output, values in zip(outputs, columns, strict=False):
        if len(values) != rows:
            raise WrongAnswer(f"the model gave {len(values)} answers for {rows} rows")
        parts += _written(output, values)
    if scores is None or classes == 0:
        parts.append(struct.pack("<I", 0))
        return b"".join(parts)
    table = np.ascontiguousarray(scores, dtype="<f8")
    if table.shape != (rows, classes):
        raise WrongAnswer(f"the model gave probabilities of shape {table.shape} for {rows} rows and {classes} classes")
    parts += [struct.pack("<I", classes), table.tobytes()]
    return b"".join(parts)


def _written(output: Mapping[str, Any], values: Any) -> list[bytes]:
    import numpy as np

    kind, name = output["type"], output["name"]
    flat = np.asarray(values, dtype=object).reshape(-1) if not isinstance(values, np.ndarray) else values.reshape(-1)
    if kind == "string":
        return _texts([None if _is_missing(value) else str(value) for value in flat.tolist()], TEXT)
    if kind == "datetime":
        return _texts(_iso(flat), TEXT)
    if kind == "binary":
        listed = flat.tolist()
        wrong = next((value for value in listed if not (value is None or isinstance(value, bytes))), None)
        if wrong is not None:
            raise WrongAnswer(f"the model gave {type(wrong).__name__} for {name!r}, which is binary in its signature")
        return _texts(listed, BINARY)
    if kind == "integer" and flat.dtype.kind in "iu" and flat.size and np.abs(flat).max() > _EXACT:
        return [_HEAD.pack(INT64, flat.size), flat.astype("<i8").tobytes()]
    try:
        numbers = np.array([np.nan if _is_missing(value) else value for value in flat.tolist()]) if flat.dtype == object else flat
        return [_HEAD.pack(FLOAT64, flat.size), numbers.astype("<f8").tobytes()]
    except (TypeError, ValueError) as error:
        raise WrongAnswer(f"the model gave for {name!r} what is no {kind}: {error}") from error


def _is_missing(value: Any) -> bool:
    # NaN, NaT and pandas' NA are what is not equal to itself, or does not tell.
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except TypeError:
        return True


def _iso(values: Any) -> list[str | None]:
    import numpy as np

    if values.dtype.kind == "M":
        return [None if np.isnat(value) else str(np.datetime_as_string(value)) for value in values]
    return [None if _is_missing(value) else value.isoformat() if hasattr(value, "isoformat") else str(value) for value in values.tolist()]


def _texts(values: list[Any], kind: int) -> list[bytes]:
    pieces = [None if value is None else value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value for value in values]
    lengths = [-1 if piece is None else len(piece) for piece in pieces]
    return [_HEAD.pack(kind, len(values)), struct.pack(f"<{len(lengths)}i", *lengths), *(piece for piece in pieces if piece is not None)]
