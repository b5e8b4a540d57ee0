"""Linear models of statsmodels to ONNX: their parameters times the columns, through the inverse of the link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .onnx_graphs import Graph, NotExported, Try, made_graph, matrix_feed
from .rows import Table

#: Nodes that turn the linear predictor into the mean, by the name of the link.
_INVERSE = {"Identity": [], "identity": [], "Log": ["Exp"], "log": ["Exp"], "Logit": ["Sigmoid"], "logit": ["Sigmoid"]}
_BY_MODEL = {"OLS": "Identity", "WLS": "Identity", "GLS": "Identity", "GLSAR": "Identity", "Logit": "Logit", "Poisson": "Log"}


def tries(model: Any, table: Table) -> Iterator[Try]:
    """Ways to export it."""
    yield Try("parameters in float64", lambda: _linear(model, table), ["onnx"])


def link_of(model: Any) -> str | None:
    """Name of the link of a linear model; None where it is none that is known."""
    inner: Any = getattr(model, "model", None)
    name = type(inner).__name__
    if name == "GLM":
        return type(inner.family.link).__name__
    return _BY_MODEL.get(name)


def _linear(model: Any, table: Table) -> Graph:
    import numpy as np
    from onnx import helper, numpy_helper

    link = link_of(model)
    if link not in _INVERSE:
        raise NotExported(f"{type(getattr(model, 'model', model)).__name__} is no linear model that is known here")
    if getattr(model.model, "formula", None) is not None:
        raise NotExported("its formula is evaluated by Python")
    feed = matrix_feed(table)
    params = np.asarray(model.params, dtype="float64").reshape(-1, 1)
    if len(params) != len(table.columns):
        raise NotExported(f"it has {len(params)} parameters for {len(table.columns)} columns")
    nodes = [helper.make_node("MatMul", ["rows", "params"], ["linear"])]
    made = "linear"
    for operator in _INVERSE[link]:
        nodes.append(helper.make_node(operator, [made], ["mean"]))
        made = "mean"
    graph = made_graph(nodes, [numpy_helper.from_array(params, "params")], [("rows", "float64", len(params))], [(made, 1)])
    return Graph(graph.SerializeToString(), [feed], made, None)
