"""How features and predictions spread in training: what drift is told against; and the rows that explanations compare with."""

from __future__ import annotations

from collections import Counter
from typing import Any, Literal

from ..serving.native import Answer
from .rows import Column, Table, as_json

_BINS = 10
_VALUES = 50
_FEATURES = 10_000
_PREDICTIONS = 1_000
_BACKGROUND = 100
_TEXT_LIMIT = 1_000
_SEED = 20_130_101


def baseline(
    of: Literal["training", "example"], known: Table, prediction: list[Column], classes: list[Any] | None, scores: Any
) -> dict[str, Any]:
    """The bundle's ``baseline``.

    Parameters
    ----------
    of, known
        Rows that the model was fitted on; without them, the example, by which no drift is judged.
    prediction
        Its outputs for these rows.
    classes, scores
        Of a classifier: the probabilities of its classes spread as well, as ``score:<class>``.
    """
    features = [of_column(column) for column in known.columns[:_FEATURES] if column.shape is None]
    told = [of_column(column) for column in prediction if column.shape is None]
    if classes is not None and scores is not None:
        told += [of_column(Column(f"score:{name}"[:250], "double", scores[:, at])) for at, name in enumerate(classes[:_PREDICTIONS])]
    return {"of": of, "rows": known.count, "features": features, "prediction": told[:_PREDICTIONS]}


def of_column(column: Column) -> dict[str, Any]:
    """One column: numbers in bins of equally many, texts by their most frequent values.

    Examples
    --------
    >>> import numpy as np
    >>> of_column(Column("x", "double", np.array([1.0, 2.0, 3.0, np.nan])))["missing"]
    1
    """
    found: dict[str, Any] = {"name": column.name, "type": column.type, "count": len(column.values)}
    if column.type in ("integer", "float", "double") and column.categories is None:
        return {**found, **_of_numbers(column.values)}
    return {**found, **_of_values(as_json(column.values))}


def _of_numbers(values: Any) -> dict[str, Any]:
    import numpy as np

    numbers = np.asarray(values, dtype="float64")
    finite = numbers[np.isfinite(numbers)]
    missing = int(len(numbers) - len(finite))
    if len(finite) == 0:
        return {"missing": missing, "edges": [], "counts": [0]}
    different = np.unique(finite)
    # Few values have a bin each.
    edges = different[1:] if len(different) <= _BINS else np.unique(np.quantile(finite, np.arange(1, _BINS) / _BINS))
    counts = np.bincount(np.searchsorted(edges, finite, side="right"), minlength=len(edges) + 1)
    spread = {"mean": float(finite.mean()), "std": float(finite.std()), "min": float(finite.min()), "max": float(finite.max())}
    spread = {name: value for name, value in spread.items() if np.isfinite(value)}
    return {"missing": missing, **spread, "edges": edges.tolist(), "counts": counts.tolist()}


def _of_values(values: list[Any]) -> dict[str, Any]:
    texts = [_text(value) for value in values if value is not None]
    most = [(value, count) for value, count in Counter(texts).most_common(_VALUES) if len(value) <= _TEXT_LIMIT]
    others = len(texts) - sum(count for _, count in most)
    return {
        "missing": len(values) - len(texts),
        "values": [value for value, _ in most],
        "counts": [*(count for _, count in most), others],
    }


def _text(value: Any) -> str:
    """As JavaScript writes it: the host counts in the same words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def prediction_columns(answer: Answer, outputs: list[dict[str, Any]]) -> list[Column]:
    """Answers as columns of the signature's outputs."""
    found = []
    for told, values in zip(outputs, answer.columns, strict=True):
        listed = values.tolist() if told["type"] in ("string", "boolean") else values
        found.append(Column(told["name"], told["type"], listed, shape=told.get("shape")))
    return found


def some_rows(table: Table, count: int = _BACKGROUND) -> dict[str, Any]:
    """At most so many of its rows, the same ones each time, as ``{columns, data}``."""
    import numpy as np

    at = np.sort(np.random.default_rng(_SEED).permutation(table.count)[:count])
    kept = [_taken(column.values, at) for column in table.columns]
    return {"columns": table.names, "data": [list(row) for row in zip(*(as_json(values) for values in kept), strict=True)]}


def _taken(values: Any, at: Any) -> Any:
    return values[at] if hasattr(values, "dtype") else [values[int(one)] for one in at]


def first_rows(table: Table, count: int) -> Table:
    """Its first rows."""
    if table.count <= count:
        return table
    columns = [Column(one.name, one.type, one.values[:count], one.dtype, one.categories, one.shape) for one in table.columns]
    return Table(columns, count, table.takes, None, table.layout, table.dtype)


def sampled(table: Table, count: int) -> Table:
    """So many of its rows, spread over all of it."""
    if table.count <= count:
        return table
    step = -(-table.count // count)
    columns = [Column(one.name, one.type, one.values[::step], one.dtype, one.categories, one.shape) for one in table.columns]
    return Table(columns, len(columns[0].values), table.takes, None, table.layout, table.dtype)
