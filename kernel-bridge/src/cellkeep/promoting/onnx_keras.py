"""Keras to ONNX: by Keras' own exporter (3.9 on), else by tf2onnx."""

from __future__ import annotations

import importlib
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .onnx_graphs import OPSET, Graph, NotExported, Try
from .rows import Table


def tries(model: Any, table: Table) -> Iterator[Try]:
    """Ways to export it."""
    yield Try("Keras' own exporter", lambda: _by_keras(model, table), ["onnx", "keras"])
    yield Try("tf2onnx", lambda: _by_tf2onnx(model, table), ["onnx", "tf2onnx"])


def _by_keras(model: Any, table: Table) -> Graph:
    if not callable(getattr(model, "export", None)):
        raise NotExported("this version of Keras has no exporter of its own")
    with tempfile.TemporaryDirectory(prefix="cellkeep-keras-") as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "model.onnx"
        model.export(str(path), format="onnx", verbose=False)
        return _graph(path.read_bytes(), table)


def _by_tf2onnx(model: Any, table: Table) -> Graph:
    try:
        tf2onnx, tensorflow = importlib.import_module("tf2onnx"), importlib.import_module("tensorflow")
    except ImportError as error:
        raise NotExported("tf2onnx is not installed here") from error
    values = table.columns[0].values
    spec = (tensorflow.TensorSpec((None, *values.shape[1:]), table.dtype, name="input"),)
    made, _ = tf2onnx.convert.from_keras(model, input_signature=spec, opset=min(OPSET, 15))
    return _graph(made.SerializeToString(), table)


def _graph(content: bytes, table: Table) -> Graph:
    from .onnx_as_is import described

    inputs, outputs = described(content)
    if table.layout != "tensor" or len(inputs) != 1 or len(outputs) != 1:
        raise NotExported("it has several inputs or outputs")
    return Graph(content, [{"input": inputs[0][0], "type": inputs[0][1], "columns": [table.columns[0].name]}], outputs[0][0], None)
