"""What an export to ONNX is, and the graphs that are made of nodes here rather than by a converter."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .rows import Table
from .trees import Forest

OPSET = 21
IR_VERSION = 10


class NotExported(Exception):
    """There is no export to ONNX; the text says why."""


@dataclass
class Graph:
    """A graph with what a bundle says of it (``bundle.onnx`` without the file).

    ``forest`` are the trees that it ends with, as far as they are known, with what comes before them: for explanations.
    """

    content: bytes
    feeds: list[dict[str, Any]]
    label: str | None
    scores: str | None
    forest: Forest | None = None
    before: Any = None
    dtype: str = "float64"


@dataclass
class Try:
    """One way to export a model; made only when its turn comes."""

    name: str
    make: Callable[[], Graph]
    packages: list[str] = field(default_factory=list)


_FEED_TYPES = {"boolean": "float64", "integer": "float64", "float": "float64", "double": "float64"}


@contextlib.contextmanager
def quiet(logger: str) -> Iterator[None]:
    """What an exporter warns of is not for the notebook: the graph is compared with its model, and a failure is told as the reason."""
    told = logging.getLogger(logger)
    before = told.level
    told.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        told.setLevel(before)


def tensor_feeds(table: Table, inputs: list[tuple[str, str, list[int]]]) -> list[dict[str, Any]]:
    """A feed for each input of a graph of tensors: by its name where a column has it, else by its place.

    Raises
    ------
    NotExported
        There are not as many.
    """
    if len(inputs) != len(table.columns):
        raise NotExported(f"the graph has {len(inputs)} inputs for {len(table.columns)} of the example")
    is_named = {name for name, *_ in inputs} == set(table.names)
    return [
        {"input": name, "type": kind, "columns": [name if is_named else column.name]}
        for (name, kind, _), column in zip(inputs, table.columns, strict=True)
    ]


def with_flat_inputs(content: bytes, feeds: list[dict[str, Any]], table: Table) -> tuple[bytes, list[dict[str, Any]]]:
    """A column of scalars comes as ``(n_rows, 1)``; a graph that takes ``(n_rows,)`` is given a node that makes one of the other."""
    flat = {column.name for column in table.columns if column.shape is None} if table.takes == "tensors" else set()
    if not flat:
        return content, feeds
    import numpy as np
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load_from_string(content)
    graph, nodes, told = model.graph, [], []
    graph.initializer.append(numpy_helper.from_array(np.array([-1]), "cellkeep_flat"))
    for feed in feeds:
        given = next(one for one in graph.input if one.name == feed["input"])
        if feed["columns"][0] not in flat or len(given.type.tensor_type.shape.dim) != 1:
            told.append(feed)
            continue
        name = f"cellkeep_{feed['input']}"
        nodes.append(helper.make_node("Reshape", [name, "cellkeep_flat"], [feed["input"]]))
        at = list(graph.input).index(given)
        graph.input[at].CopyFrom(helper.make_tensor_value_info(name, given.type.tensor_type.elem_type, [None, 1]))
        told.append({**feed, "input": name})
    kept = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *kept])
    changed: bytes = model.SerializeToString()
    return changed, told


def matrix_feed(table: Table, name: str = "rows", kind: str = "float64") -> dict[str, Any]:
    """All columns beside each other.

    Raises
    ------
    NotExported
        They are not all numbers.
    """
    other = next((column for column in table.columns if column.type not in _FEED_TYPES or column.categories is not None), None)
    if other is not None:
        raise NotExported(f"column {other.name!r} is no number, and nothing in the model makes one of it")
    return {"input": name, "type": kind, "columns": table.names}


def made_graph(
    nodes: list[Any], constants: list[Any], inputs: list[tuple[str, str, int]], outputs: list[tuple[str, int]], ml_opset: int = 5
) -> Any:
    """A model of nodes.

    Parameters
    ----------
    inputs
        (name, type of a feed, columns).
    outputs
        (name, columns), of float64.
    """
    from onnx import TensorProto, helper

    types = {"float64": TensorProto.DOUBLE, "float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "string": TensorProto.STRING}
    graph = helper.make_graph(
        nodes,
        "cellkeep",
        [helper.make_tensor_value_info(name, types[kind], [None, width]) for name, kind, width in inputs],
        [helper.make_tensor_value_info(name, TensorProto.DOUBLE, [None, width]) for name, width in outputs],
        constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ml_opset)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="cellkeep")


def with_grouped_inputs(model: Any, inputs: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Let columns of one type come as one matrix, which the graph cuts: twelve inputs cost a request more than its arithmetic.

    Parameters
    ----------
    model
        A graph with an input of ``(n_rows, 1)`` for each column; changed in place.
    inputs
        (input, type of the feed, column), in order.

    Returns
    -------
    list of dict
        The feeds.
    """
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    if len({name for name, *_ in inputs}) == 1:
        return [{"input": inputs[0][0], "type": inputs[0][1], "columns": [column for *_, column in inputs]}]
    types = {"float64": TensorProto.DOUBLE, "float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "string": TensorProto.STRING}
    feeds: list[dict[str, Any]] = []
    kept = {one.name: one for one in model.graph.input}
    del model.graph.input[:]
    cuts = []
    for kind in dict.fromkeys(kind for _, kind, _ in inputs):
        members = [(name, column) for name, given, column in inputs if given == kind and name in kept]
        if len(members) == 1:
            model.graph.input.append(kept[members[0][0]])
            feeds.append({"input": members[0][0], "type": kind, "columns": [members[0][1]]})
        elif members:
            name = f"cellkeep_{kind}"
            model.graph.input.append(helper.make_tensor_value_info(name, types[kind], [None, len(members)]))
            # Gather is the same in every opset; skl2onnx writes the least that a graph needs, and Split is another one in many.
            for at, (member, _) in enumerate(members):
                model.graph.initializer.append(numpy_helper.from_array(np.array([at]), f"{name}_{at}"))
                cuts.append(helper.make_node("Gather", [name, f"{name}_{at}"], [member], axis=1))
            feeds.append({"input": name, "type": kind, "columns": [column for _, column in members]})
    nodes = [*cuts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return feeds
