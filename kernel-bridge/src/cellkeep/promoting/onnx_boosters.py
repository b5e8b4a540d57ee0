"""XGBoost and LightGBM to ONNX: as trees in one form; where that has no word for something, by onnxmltools where it is installed."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from .onnx_graphs import OPSET, Graph, NotExported, Try, matrix_feed
from .onnx_sklearn import tries as tries_of_trees
from .rows import Table


def tries(model: Any, table: Table, classes: list[Any] | None) -> Iterator[Try]:
    """Ways to export it, the best first."""
    for way in tries_of_trees(model, table, classes):
        if not way.name.startswith("skl2onnx"):
            yield way
    yield Try("onnxmltools in float32", lambda: _converted(model, table, classes), ["onnx", "onnxmltools"])


def _converted(model: Any, table: Table, classes: list[Any] | None) -> Graph:
    feed = matrix_feed(table, kind="float32")
    name = type(model).__module__.partition(".")[0]
    try:
        convert = getattr(importlib.import_module("onnxmltools"), f"convert_{name}")
        types = importlib.import_module("onnxmltools.convert.common.data_types")
    except ImportError as error:
        raise NotExported("onnxmltools is not installed here") from error
    words = {"zipmap": False} if name == "lightgbm" and classes is not None else {}
    made = convert(model, initial_types=[("rows", types.FloatTensorType([None, len(table.columns)]))], target_opset=min(OPSET, 15), **words)
    names = [one.name for one in made.graph.output]
    scores = names[1] if classes is not None and len(names) > 1 else None
    return Graph(made.SerializeToString(), [feed], names[0], scores, dtype="float32")
