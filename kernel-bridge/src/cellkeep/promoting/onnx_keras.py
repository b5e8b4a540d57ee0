"""Keras to ONNX: by Keras' own exporter (3.9 on), else by tf2onnx."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .onnx_graphs import OPSET, Graph, NotExported, Try, quiet, tensor_feeds, with_flat_inputs
from .rows import Table


def input_names(model: Any) -> list[str] | None:
    """Of its inputs, in order; None where they have no names of their own, as in a class that was never built."""
    told = getattr(model, "inputs", None)
    names = [str(getattr(one, "name", "")).partition(":")[0] for one in told] if isinstance(told, list) else []
    return names if names and all(names) and len(set(names)) == len(names) else None


def tries(model: Any, table: Table) -> Iterator[Try]:
    """Ways to export it."""
    yield Try("Keras' own exporter", lambda: _by_keras(model, table), ["onnx", "keras"])
    yield Try("tf2onnx", lambda: _by_tf2onnx(model, table), ["onnx", "tf2onnx"])


def _by_keras(model: Any, table: Table) -> Graph:
    if not callable(getattr(model, "export", None)) or type(model).__module__.startswith("tf_keras"):
        raise NotExported("this version of Keras has no exporter of its own")
    with tempfile.TemporaryDirectory(prefix="cellkeep-keras-") as folder, quiet("tf2onnx"), quiet("torch.onnx"):
        path = Path(folder) / "model.onnx"
        model.export(str(path), format="onnx", verbose=False)
        return _graph(path.read_bytes(), table)


def _by_tf2onnx(model: Any, table: Table) -> Graph:
    try:
        tf2onnx, tensorflow = importlib.import_module("tf2onnx"), importlib.import_module("tensorflow")
    except ImportError as error:
        raise NotExported("tf2onnx is not installed here") from error
    spec = tuple(
        tensorflow.TensorSpec((None, *one.values.shape[1:]), one.values.dtype.name, name=f"input_{at}")
        for at, one in enumerate(table.columns)
    )
    with quiet("tf2onnx"):
        made, _ = tf2onnx.convert.from_keras(model, input_signature=spec, opset=min(OPSET, 15))
        return _graph(made.SerializeToString(), table)


def _graph(content: bytes, table: Table) -> Graph:
    from .onnx_as_is import described

    inputs, outputs = described(content)
    if len(outputs) != 1:
        raise NotExported(f"it has {len(outputs)} outputs, and a graph that is served has one")
    if table.takes not in ("tensors", "array"):
        raise NotExported("it was given what is no tensor")
    if table.is_of_tensors:
        feeds = tensor_feeds(table, inputs)
    elif len(inputs) == 1:
        feeds = [{"input": inputs[0][0], "type": inputs[0][1], "columns": table.names}]
    else:
        raise NotExported(f"it has {len(inputs)} inputs, and the example is one table")
    content, feeds = with_flat_inputs(content, feeds, table)
    return Graph(content, feeds, outputs[0][0], None)
