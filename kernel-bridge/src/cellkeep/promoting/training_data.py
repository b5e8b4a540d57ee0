"""What a model was fitted on, as far as it can be told without wrapping anything of the user's: among its variables, those first that the
executions of its slice mention, the rows that have the model's columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .errors import CannotPromote
from .rows import Table, read_rows

_MOST_ROWS = 2_000_000
_CELLS_LIMIT = 200_000_000
_FIT = re.compile(r"\.(?:fit|fit_transform|partial_fit|train)\s*\(\s*([A-Za-z_]\w*)")
_LIKELY = re.compile(r"train|^x$|^data|^df$", re.IGNORECASE)
_HELD_BACK = re.compile(r"test|valid|hold|held|eval", re.IGNORECASE)


def find_training_data(
    namespace: Mapping[str, Any], example: Table, original: Any, sources: list[str], told: Any = None
) -> tuple[Table | None, str]:
    """The rows, and the variable that holds them; (None, "") where none are known.

    Parameters
    ----------
    namespace
        The user's global names.
    example, original
        Rows like them, as read and as given.
    sources
        Of the executions that the model depends on.
    told
        What the person says they are (``train=``).

    Raises
    ------
    CannotPromote
        ``told`` has other columns than the example.
    """
    if told is not None:
        if isinstance(told, Mapping) and set(told) == set(example.names):
            told = {name: told[name] for name in example.names}
        table = read_rows(told, "train", example.names if example.takes in ("array", "tensors") else None, example.is_of_tensors)
        if table.names != example.names:
            raise CannotPromote(
                f"train has the columns {table.names[:5]}, the example {example.names[:5]}; give the same ones, in the same order"
            )
        return table, "train"
    fitted = set(_fitted(namespace, sources))
    mentioned = _words(namespace, sources)
    found: tuple[Table | None, str] = (None, "")
    for name in candidates(namespace, sources):
        value = namespace[name]
        # Five rows that somebody gave to fit are what it was fitted on; others are the example itself.
        more = example.count if name in fitted else example.count + 1
        has_same = _has_same_columns(value, original)
        if name not in mentioned and not has_same:
            continue  # an array may be of anything
        is_sure = name in fitted or example.takes != "frame" or (has_same and not _HELD_BACK.search(name))
        if not is_sure and found[0] is not None:
            continue
        rows = _like(value, original, example, more)
        if rows is not None and is_sure:
            return rows, name
        found = (rows, name) if rows is not None else found
    return found


def candidates(namespace: Mapping[str, Any], sources: list[str]) -> list[str]:
    """Variables, the likeliest first: those given to a fit, then others that the sources mention, by whether their names say so; then the
    tables that they do not mention. What is held back for a test comes last of its kind.
    """
    words = _words(namespace, sources)
    mentioned = [name for name in namespace if name in words and not name.startswith("_")]
    likely = [name for name in mentioned if _LIKELY.search(name)]
    tables = [name for name, value in namespace.items() if not name.startswith("_") and _is_table(value)]
    others = sorted((name for name in tables if name in words), key=lambda name: bool(_HELD_BACK.search(name)))
    rest = sorted((name for name in tables if name not in words), key=lambda name: bool(_HELD_BACK.search(name)))
    return list(dict.fromkeys([*_fitted(namespace, sources), *likely, *others, *rest]))


def _text(namespace: Mapping[str, Any], sources: list[str]) -> str:
    return "\n".join(sources) if sources else " ".join(str(name) for name in namespace)  # a script: nothing is known of its executions


def _words(namespace: Mapping[str, Any], sources: list[str]) -> set[str]:
    return set(re.findall(r"[A-Za-z_]\w*", _text(namespace, sources)))


def _fitted(namespace: Mapping[str, Any], sources: list[str]) -> list[str]:
    return [name for name in reversed(_FIT.findall(_text(namespace, sources))) if name in namespace]


def _is_table(value: Any) -> bool:
    root = type(value).__module__.partition(".")[0]
    shape = getattr(value, "shape", None) if root in ("pandas", "numpy", "torch", "scipy", "polars") else None
    return isinstance(shape, tuple) and len(shape) >= 2  # torch's is a kind of tuple


def _has_same_columns(value: Any, original: Any) -> bool:
    if not hasattr(value, "columns") or not hasattr(original, "columns") or not _is_table(value):
        return False
    try:
        return set(value.columns) == set(original.columns)
    except TypeError:  # names that have no hash
        return False


def _like(value: Any, original: Any, example: Table, least: int) -> Table | None:
    """The value's rows, where they are at least so many, and of the example's kind and columns."""
    shape = getattr(value, "shape", None)
    if not isinstance(shape, tuple) or len(shape) < 2 or not least <= shape[0] <= _MOST_ROWS:
        return None
    if type(value) is not type(original) or shape[0] * max(1, shape[1]) > _CELLS_LIMIT:
        return None
    if example.takes == "frame":
        try:
            value = value[list(original.columns)]
        except (KeyError, TypeError, IndexError):
            return None
    elif shape[1:] != getattr(original, "shape", ())[1:]:
        return None
    try:
        table = read_rows(value, "train", example.names, example.layout == "tensor")
    except CannotPromote:
        return None
    kinds = {column.name: column.type for column in table.columns}
    return table if all(_fits(kinds.get(column.name), column.type) for column in example.columns) else None


def _fits(seen: str | None, wanted: str) -> bool:
    return seen == wanted or {seen, wanted} <= {"integer", "float", "double"}
