"""The export and its proof: ways are tried, the best first, until one answers like the model on every row that both were asked."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..serving.native import Answer, NativeModel, asker, shaped
from .comparing import Comparison, compare
from .errors import CannotPromote, ExportDiffers
from .onnx_graphs import Graph, NotExported, Try
from .random_rows import first_row_missing, random_rows, unseen_row
from .rows import Table
from .signature import classes_of, input_columns, output_columns, task_of

_RANDOM_ROWS = 256
_KNOWN_ROWS = 256
_TEXT_LIMIT = 600
_SAME = 1e-9  # of the model asked with what was given, and with what a caller's rows become


@dataclass
class Asked:
    """A model, what it is asked with, and what it has answered."""

    model: Any
    framework: str
    table: Table
    train: Table | None
    task: str
    classes: list[Any] | None
    bundle: dict[str, Any]
    """The part of the bundle by which it is asked: framework, task, classes, signature, python."""
    rows: list[tuple[str, dict[str, Any], Answer]] = field(default_factory=list)
    """(name, values by column, the model's answer): the example first, then known rows, then random ones."""
    mlflow_folder: Path | None = None
    """Where it lies as an MLflow model, by which it can travel as it is."""

    @property
    def answers(self) -> Answer:
        """Of the example."""
        return self.rows[0][2]


@dataclass
class Exported:
    """What serves: an ONNX graph, or None for the model itself; with the report of the bundle."""

    graph: Graph | None
    report: dict[str, Any]
    way: str = ""


def ask(model: Any, framework: str, table: Table, train: Table | None, output_names: list[str] | None = None) -> Asked:
    """Ask the model itself: the example as it was given, then everything as a caller's rows would come.

    Raises
    ------
    CannotPromote
        It does not answer the example, or answers otherwise when the same values come as rows of a request.
    """
    task = task_of(model, framework)
    classes = classes_of(model) if task == "classification" else None
    answers, scores = _answer_of_example(model, framework, task, table)
    first = shaped(answers, scores)
    if first.columns and first.columns[0].ndim == 2 and not table.is_of_tensors:
        first = shaped(answers, scores, first.columns[0].shape[1])
    _require_rows(first, table)
    python: dict[str, Any] = {
        "takes": table.takes,
        "dtype": table.dtype,
        "dtypes": {one.name: one.dtype for one in table.columns if one.dtype},
    }
    bundle: dict[str, Any] = {"framework": framework, "task": task, "classes": classes, "python": python}
    bundle["signature"] = {
        "layout": table.layout,
        "inputs": input_columns(table, train, frozenset()),
        "outputs": output_columns(first.columns, output_names),
    }
    native = NativeModel(model, bundle)
    _require_same(native, table, first, classes)
    may_miss = _taken_missing(native, table)
    bundle["signature"]["inputs"] = input_columns(table, train, may_miss)
    asked = Asked(model, framework, table, train, task, classes, bundle, [("example", table.named, first)])
    unseen = frozenset(column.name for column in table.columns if column.type == "string" and column.categories is None)
    if not _answers(native, unseen_row(table, unseen)):
        unseen = frozenset()
    for name, values in _more_rows(table, train, may_miss, unseen):
        try:
            asked.rows.append((name, values, native.answer(values)))
        except Exception:  # such rows are none for this model: what it cannot answer proves nothing of an export
            continue
    return asked


def _answer_of_example(model: Any, framework: str, task: str, table: Table) -> tuple[Any, Any]:
    try:
        return asker(model, framework, task)(table.original)
    except Exception as error:
        raise CannotPromote(
            f"the model does not answer the example: {type(error).__name__}: {_short(error)}; give rows as it was fitted on, like X[:5]"
        ) from error


def _require_rows(answer: Answer, table: Table) -> None:
    for values in answer.columns:
        if len(values) != table.count:
            raise CannotPromote(
                f"the model gives {len(values)} answers for {table.count} rows of the example; an endpoint needs one for each"
            )


def _require_same(native: NativeModel, table: Table, first: Answer, classes: list[Any] | None) -> None:
    try:
        again = native.answer(table.named)
        found = compare(again, first, classes, _SAME)
    except Exception as error:
        raise CannotPromote(
            f"the model does not take the example's values as rows of a request: {type(error).__name__}: {_short(error)}; "
            "give the example as a DataFrame of numbers, texts and dates, or wrap the model in a class whose predict takes one"
        ) from error
    is_of_floats = table.is_of_tensors or native.bundle["framework"] in ("torch", "keras")
    if not found.is_within(1e-6 if is_of_floats else _SAME):
        raise CannotPromote(f"the model answers otherwise when asked the same rows again ({_told(found)}): it is not deterministic")


def _answers(native: NativeModel, values: dict[str, Any]) -> bool:
    try:
        native.answer(values)
    except Exception:  # whatever it raises: it does not take them
        return False
    return True


def _taken_missing(native: NativeModel, table: Table) -> frozenset[str]:
    """Columns of which the model takes what is missing: asked for numbers and for texts together, then one by one."""
    if table.is_of_tensors:
        return frozenset()
    found: set[str] = set()
    kinds = (("integer", "float", "double", "boolean"), ("string", "datetime"))
    for kind in kinds:
        names = frozenset(column.name for column in table.columns if column.type in kind)
        if not names:
            continue
        if _answers(native, first_row_missing(table, names)):
            found |= names
        elif len(names) <= 50:
            found |= {name for name in names if _answers(native, first_row_missing(table, frozenset([name])))}
    return frozenset(found)


def _more_rows(table: Table, train: Table | None, may_miss: frozenset[str], unseen: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    if train is not None and train.count > 0:
        step = max(1, train.count // _KNOWN_ROWS)
        yield "known", {column.name: column.values[::step][:_KNOWN_ROWS] for column in train.columns}
    yield "random", random_rows(table, train, _RANDOM_ROWS, frozenset(), frozenset())
    if may_miss or unseen:
        yield "random with gaps", random_rows(table, train, _RANDOM_ROWS, may_miss, unseen)


def export(asked: Asked, runtime: str, tolerance: float, progress: Callable[[str], None] = lambda _text: None) -> Exported:
    """The first way that answers like the model.

    Parameters
    ----------
    runtime
        ``auto``, ``onnx`` or ``python``.
    tolerance
        Of numbers, relative to ``max(1, |value|)``.
    progress
        Told what is tried; what it raises ends the export.

    Raises
    ------
    CannotPromote
        ``onnx`` was asked for, and no way answers like the model.
    """
    begun = time.monotonic()
    tried: list[dict[str, Any]] = []
    rows = {"example": asked.table.count, "random": sum(len(_first(values)) for _, values, _ in asked.rows[1:])}
    for way in tries_of(asked) if runtime != "python" else ():
        progress(f"trying {way.name}")
        try:
            graph = way.make()
            found = _proven(graph, asked, tolerance)
        except (NotExported, ExportDiffers) as error:
            tried.append({"runtime": "onnx", "ok": False, "reason": f"{way.name}: {error}"[:4_000]})
        except Exception as error:  # a converter fails in many ways; the next way, or Python, is taken
            tried.append({"runtime": "onnx", "ok": False, "reason": f"{way.name}: {type(error).__name__}: {_short(error)}"})
        else:
            tried.append({"runtime": "onnx", "ok": True, "reason": way.name})
            return Exported(graph, _report(tried, rows, found, tolerance, begun), way.name)
    if runtime == "onnx":
        reasons = "; ".join(one["reason"] for one in tried) or "there is no export of such a model to ONNX"
        raise CannotPromote(f"the model has no ONNX form that answers like it: {reasons}; leave runtime away for a Python worker")
    tried.append(
        {"runtime": "python", "ok": True, "reason": "" if tried else "asked for" if runtime == "python" else "no converter knows it"}
    )
    return Exported(None, _report(tried, {**rows, "random": 0}, None, tolerance, begun))


def tries_of(asked: Asked) -> Iterator[Try]:
    """Ways to ONNX for a model of this framework."""
    model, framework = asked.model, asked.framework
    if framework in ("sklearn", "xgboost", "lightgbm"):
        from . import onnx_boosters, onnx_sklearn

        ways = onnx_sklearn if framework == "sklearn" else onnx_boosters
        yield from ways.tries(model, asked.table, asked.classes)
    elif framework == "torch":
        from . import onnx_torch

        yield from onnx_torch.tries(model, asked.table)
    elif framework == "keras":
        from . import onnx_keras

        yield from onnx_keras.tries(model, asked.table)
    elif framework == "statsmodels":
        from . import onnx_statsmodels

        yield from onnx_statsmodels.tries(model, asked.table)


def _proven(graph: Graph, asked: Asked, tolerance: float) -> Comparison:
    """The greatest difference of all rows.

    Raises
    ------
    ExportDiffers
        It is more than the tolerance, or labels differ.
    """
    from ..serving.onnx_session import OnnxModel

    bundle = {**asked.bundle, "onnx": {"feeds": graph.feeds, "label": graph.label, "scores": graph.scores}}
    session = OnnxModel(graph.content, bundle)
    all_rows = Comparison()
    for name, values, answer in asked.rows:
        given = Answer(answer.columns, None) if graph.scores is None else answer
        found = compare(session.answer(values), given, asked.classes, tolerance)
        if not found.is_within(tolerance):
            raise ExportDiffers(f"{_told(found)} of the {name} rows")
        all_rows.greatest = max((x for x in (all_rows.greatest, found.greatest) if x is not None), default=None)
    return all_rows


def _told(found: Comparison) -> str:
    if found.labels:
        return f"{found.labels} labels differ, first in row {found.label_row}"
    return f"the greatest difference is {found.greatest:.3g}, in row {found.row}"


def _first(values: dict[str, Any]) -> Any:
    return next(iter(values.values()))


def _report(tried: list[dict[str, Any]], rows: dict[str, int], found: Comparison | None, tolerance: float, begun: float) -> dict[str, Any]:
    greatest = found.greatest if found is not None else None
    return {
        "tried": tried[:20],
        "rows": rows,
        "maxDifference": greatest if greatest is None or math.isfinite(greatest) else "Infinity",
        "labelsDiffer": 0,
        "tolerance": tolerance,
        "seconds": round(time.monotonic() - begun, 3),
    }


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if len(text) <= _TEXT_LIMIT else f"{text[: _TEXT_LIMIT - 1]}…"
