"""An example where nobody has given one, as when a button was pressed: rows that the model was fitted on, or others that it answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..serving.native import asker
from .errors import CannotPromote
from .signature import task_of
from .training_data import candidates

_ROWS = 5
_TRIES = 20


def guess_example(model: Any, framework: str, namespace: Mapping[str, Any], sources: list[str]) -> Any:
    """Five rows that the model answers.

    Raises
    ------
    CannotPromote
        No variable holds some.
    """
    names = getattr(model, "feature_names_in_", None)
    count = getattr(model, "n_features_in_", None)
    ask = asker(model, framework, task_of(model, framework))
    for name in candidates(namespace, sources)[:_TRIES]:
        rows = _rows(namespace[name], None if names is None else list(names), count)
        if rows is None:
            continue
        try:
            answers, _ = ask(rows)
        except Exception:  # not what it takes
            continue
        if len(answers) == len(rows):
            return rows
    raise CannotPromote("no variable holds rows that this model answers; give some: cellkeep.deploy(model, name=…, example=X[:5])")


def _rows(value: Any, names: list[Any] | None, count: int | None) -> Any:
    shape = getattr(value, "shape", None)
    if (
        type(value).__module__.partition(".")[0] not in ("pandas", "numpy", "torch", "scipy")
        or not isinstance(shape, tuple)
        or not shape
        or shape[0] == 0
    ):
        return None
    if hasattr(value, "columns"):
        try:
            return value[names].head(_ROWS) if names is not None else value.head(_ROWS)
        except (KeyError, TypeError):
            return None
    if len(shape) < 2 or (count is not None and shape[1] != count):
        return None
    return value[:_ROWS]
