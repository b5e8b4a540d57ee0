"""Graphs of ONNX that somebody else has made (a ModelProto, an InferenceSession): served as they are, but for how rows come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..serving.native import shaped
from ..serving.onnx_session import OnnxModel
from .errors import CannotPromote
from .exporting import Asked
from .onnx_graphs import Graph, with_flat_inputs
from .rows import Column, Table
from .signature import input_columns, output_columns

_TYPES = {1: "float32", 11: "float64", 6: "int32", 7: "int64", 9: "bool", 8: "string"}
_COLUMN_TYPES = {"float32": "float", "float64": "double", "int32": "integer", "int64": "integer", "bool": "boolean", "string": "string"}

Described = list[tuple[str, str, list[int]]]
"""(name, type of a feed, sizes; -1 where one is free) of inputs or outputs."""


def content_of(model: Any) -> bytes:
    """The graph's bytes.

    Raises
    ------
    CannotPromote
        An InferenceSession does not say where its graph came from.
    """
    if hasattr(model, "SerializeToString"):
        content: bytes = model.SerializeToString()
        return content
    for name in ("_model_bytes", "_model_path"):
        found = getattr(model, name, None)
        if isinstance(found, bytes):
            return found
        if isinstance(found, str):
            return Path(found).read_bytes()
    raise CannotPromote("this InferenceSession does not keep its graph; deploy the model itself: onnx.load(path)")


def described(content: bytes) -> tuple[Described, Described]:
    """Inputs and outputs of a graph.

    Raises
    ------
    CannotPromote
        One of them is no tensor of a type that can be sent.
    """
    import onnx

    graph = onnx.load_from_string(content).graph
    constants = {one.name for one in graph.initializer}
    return [_described(one) for one in graph.input if one.name not in constants], [_described(one) for one in graph.output]


def _described(one: Any) -> tuple[str, str, list[int]]:
    if not one.type.HasField("tensor_type"):
        raise CannotPromote(f"{one.name!r} of the graph is no tensor; export it without ZipMap (zipmap=False)")
    tensor = one.type.tensor_type
    if tensor.elem_type not in _TYPES:
        raise CannotPromote(f"{one.name!r} of the graph has a type that cannot be sent as JSON")
    sizes = [size.dim_value if size.HasField("dim_value") else -1 for size in tensor.shape.dim]
    return one.name, _TYPES[tensor.elem_type], sizes


def ask_graph(content: bytes, table: Table) -> tuple[Asked, Graph]:
    """The graph with its signature, and what it answers to the example.

    Raises
    ------
    CannotPromote
        The example is not what its inputs take.
    """
    inputs, outputs = described(content)
    content, feeds = with_flat_inputs(content, _feeds(inputs, table), table)
    label, scores, classes = _meaning(outputs)
    task = "classification" if classes is not None else "other"
    bundle: dict[str, Any] = {"framework": "onnx", "task": task, "classes": classes, "python": None}
    bundle["signature"] = {"layout": table.layout, "inputs": input_columns(table, None, frozenset()), "outputs": [{}]}
    graph = Graph(content, feeds, label, scores)
    session = OnnxModel(content, {**bundle, "onnx": {"feeds": feeds, "label": label, "scores": scores}})
    try:
        answer = session.answer(table.named)
    except Exception as error:
        raise CannotPromote(f"the graph does not answer the example: {' '.join(str(error).split())[:500]}") from error
    if answer.columns[0].ndim == 2 and not table.is_of_tensors:
        answer = shaped(answer.columns[0], answer.scores, answer.columns[0].shape[1])
    bundle["signature"]["outputs"] = output_columns(answer.columns)
    return Asked(None, "onnx", table, None, task, classes, bundle, [("example", table.named, answer)]), graph


def _feeds(inputs: Described, table: Table) -> list[dict[str, Any]]:
    if len(inputs) == 1:
        return [{"input": inputs[0][0], "type": inputs[0][1], "columns": table.names}]
    missing = [name for name, *_ in inputs if name not in table.names]
    if missing:
        raise CannotPromote(f"the graph takes {', '.join(name for name, *_ in inputs)}; the example has no column {missing[0]!r}")
    return [{"input": name, "type": kind, "columns": [name]} for name, kind, _ in inputs]


def _meaning(outputs: Described) -> tuple[str, str | None, list[Any] | None]:
    """(label, scores, classes): two outputs of which the second has a number for each class are a classifier's."""
    if (
        len(outputs) == 2
        and outputs[0][1] == "int64"
        and outputs[1][1].startswith("float")
        and len(outputs[1][2]) == 2
        and outputs[1][2][1] > 1
    ):
        return outputs[0][0], outputs[1][0], list(range(outputs[1][2][1]))
    return outputs[0][0], None, None


def example_of(content: bytes) -> Table:
    """Rows of zeros, where nobody has given an example."""
    import numpy as np

    inputs, _ = described(content)
    columns = []
    for name, kind, sizes in inputs:
        if kind == "string":
            columns.append(Column(name, "string", [""]))
            continue
        shape = [size if size > 0 else 1 for size in sizes[1:]]
        of_type: Any = _COLUMN_TYPES[kind]
        columns.append(Column(name, of_type, np.zeros([1, *shape], dtype=kind), shape=shape))
    return Table(columns, 1, "array", None, "tensor" if len(columns) == 1 else "columns", inputs[0][1])
