"""What a model takes and gives: names, types, shapes, ranges and categories, from an example and from what it was fitted on."""

from __future__ import annotations

import math
from typing import Any

from .rows import Column, Table, is_nan

_CATEGORIES_LIMIT = 1_000
_FEW = 20  # so many different texts are categories, however few rows there are
_CLASSES_LIMIT = 100_000


def input_columns(table: Table, train: Table | None, may_miss: frozenset[str]) -> list[dict[str, Any]]:
    """The signature's inputs.

    Parameters
    ----------
    table
        The example.
    train
        Rows that the model was fitted on, with the same columns; None: not known, and then neither are ranges and categories.
    may_miss
        Names of columns of which the model takes what is missing.
    """
    known = {column.name: column for column in train.columns} if train is not None else {}
    return [_input(column, known.get(column.name), column.name in may_miss) for column in table.columns]


def _input(column: Column, seen: Column | None, may_miss: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"name": column.name, "type": column.type, "required": not may_miss}
    if column.shape is not None:
        return {**found, "shape": column.shape}
    if column.categories is not None:
        return {**found, "categories": column.categories}
    if seen is None:
        return found
    if column.type in ("integer", "float", "double"):
        low, high = range_of(seen.values)
        return {**found, "min": low, "max": high}
    if column.type in ("string", "boolean"):
        return {**found, "categories": categories_of(seen)}
    return found


def range_of(values: Any) -> tuple[float | None, float | None]:
    """Least and greatest finite value; None where there is none."""
    import numpy as np

    numbers = np.asarray(values, dtype="float64")
    numbers = numbers[np.isfinite(numbers)]
    return (float(numbers.min()), float(numbers.max())) if len(numbers) else (None, None)


def categories_of(column: Column) -> list[Any] | None:
    """Its different values in order, where they are few for so many rows; None where it is free text.

    Examples
    --------
    >>> categories_of(Column("origin", "string", ["JFK", "LGA", None, "JFK"]))
    ['JFK', 'LGA']
    """
    if column.categories is not None:
        return column.categories
    if column.type == "boolean":
        return [False, True]
    if column.type != "string":
        return None
    values = {value for value in column.values if value is not None}
    if not values or len(values) > _CATEGORIES_LIMIT or len(values) > max(_FEW, len(column.values) // 10):
        return None
    return sorted(values) if max(len(value) for value in values) <= 1_000 else None


def output_columns(answer: list[Any], names: list[str] | None = None) -> list[dict[str, Any]]:
    """The signature's outputs, of what the model has answered: ``prediction``, or ``prediction_0``, … where there are several."""
    told = names if names is not None and len(names) == len(answer) else None
    told = told or (["prediction"] if len(answer) == 1 else [f"prediction_{at}" for at in range(len(answer))])
    return [_output(name, values) for name, values in zip(told, answer, strict=True)]


def _output(name: str, values: Any) -> dict[str, Any]:
    shape = {"shape": list(values.shape[1:])} if values.ndim > 1 else {}
    kind = values.dtype.kind
    if kind == "b":
        return {"name": name, "type": "boolean", **shape}
    if kind in "iu":
        return {"name": name, "type": "integer", **shape}
    if kind == "f":
        return {"name": name, "type": "float" if values.dtype.itemsize <= 4 else "double", **shape}
    if kind == "M":
        return {"name": name, "type": "datetime", **shape}
    plain = [value for value in values.reshape(-1).tolist() if value is not None and not is_nan(value)]
    if plain and all(isinstance(value, bool) for value in plain):
        return {"name": name, "type": "boolean", **shape}
    if plain and all(isinstance(value, int | float) for value in plain):
        return {"name": name, "type": "double", **shape}
    return {"name": name, "type": "string", **shape}


def task_of(model: Any, framework: str) -> str:
    """``classification``, ``regression`` or ``other``, as the model itself is told by its library."""
    kind = getattr(model, "_estimator_type", None)
    if framework in ("sklearn", "xgboost", "lightgbm") and type(model).__name__ != "Booster":
        if kind is None:
            kind = _kind_by_tags(model)
        if kind == "classifier":
            return "classification" if classes_of(model) is not None else "other"
        return "regression" if kind == "regressor" else "other"
    return "regression" if framework in ("statsmodels", "xgboost", "lightgbm") else "other"


def _kind_by_tags(model: Any) -> str | None:
    try:
        from sklearn.utils import get_tags

        found: str | None = get_tags(model).estimator_type
        return found
    except Exception:  # an older scikit-learn, or an estimator of somebody's own without tags
        return None


def classes_of(model: Any) -> list[Any] | None:
    """Classes of a classifier with one target, in the order of its probabilities."""
    found = getattr(model, "classes_", None)
    if found is None or not hasattr(found, "tolist"):
        return None
    listed: list[Any] = found.tolist()
    if not listed or isinstance(listed[0], list) or len(listed) > _CLASSES_LIMIT:
        return None
    if all(isinstance(one, float) and math.isfinite(one) and one == int(one) for one in listed):
        return listed
    return listed if all(isinstance(one, str | int | float | bool) for one in listed) else None
