"""What a model was fitted on, as far as it can be told without wrapping anything of the user's: among the variables that the executions
of its slice mention, the rows that have its columns.
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
        table = read_rows(told, "train", example.names if example.takes == "array" else None, example.layout == "tensor")
        if table.names != example.names:
            raise CannotPromote(
                f"train has the columns {table.names[:5]}, the example {example.names[:5]}; give the same ones, in the same order"
            )
        return table, "train"
    for name in candidates(namespace, sources):
        found = _like(namespace[name], original, example)
        if found is not None:
            return found, name
    return None, ""


def candidates(namespace: Mapping[str, Any], sources: list[str]) -> list[str]:
    """Variables, the likeliest first: those that were given to a fit, then others that the sources mention and whose names say so."""
    text = "\n".join(sources) if sources else " ".join(str(name) for name in namespace)  # a script: nothing is known of its executions
    fitted = [name for name in reversed(_FIT.findall(text)) if name in namespace]
    words = set(re.findall(r"[A-Za-z_]\w*", text))
    mentioned = [name for name in namespace if name in words and not name.startswith("_")]
    likely = [name for name in mentioned if _LIKELY.search(name)]
    return list(dict.fromkeys([*fitted, *likely]))


def _like(value: Any, original: Any, example: Table) -> Table | None:
    """The value's rows, where they are of the example's kind and columns."""
    shape = getattr(value, "shape", None)
    if type(shape) is not tuple or len(shape) < 2 or not example.count <= shape[0] <= _MOST_ROWS:
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
