"""torch.nn.Module to ONNX, by torch's own exporter, with any number of rows."""

from __future__ import annotations

import importlib
import io
import warnings
from collections.abc import Iterator
from typing import Any

from .onnx_graphs import OPSET, Graph, NotExported, Try
from .rows import Table

_TYPES = {"float32": "float32", "float64": "float64", "int32": "int32", "int64": "int64", "bool": "bool"}


def tries(model: Any, table: Table) -> Iterator[Try]:
    """Ways to export it: by torch.export where that works, then by tracing."""
    yield Try("torch.onnx by torch.export", lambda: _exported(model, table, True), ["onnx", "torch"])
    yield Try("torch.onnx by tracing", lambda: _exported(model, table, False), ["onnx", "torch"])


def _exported(model: Any, table: Table, dynamo: bool) -> Graph:
    torch = importlib.import_module("torch")
    if table.layout != "tensor" or table.dtype not in _TYPES:
        raise NotExported(f"a tensor of {table.dtype} is none that an endpoint takes")
    rows = torch.from_numpy(table.columns[0].values)
    if len(rows) < 2:
        rows = torch.cat([rows, rows])  # with one row the number of rows would be taken for fixed
    file = io.BytesIO()
    was_training = model.training
    model.eval()
    names: dict[str, Any] = {"input_names": ["input"], "output_names": ["output"]}
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if dynamo:
                shapes = ({0: torch.export.Dim("rows")},)
                program = torch.onnx.export(model, (rows,), dynamo=True, dynamic_shapes=shapes, verbose=False, **names)
                program.save(file)
            else:
                torch.onnx.export(
                    model,
                    (rows,),
                    file,
                    dynamo=False,
                    opset_version=min(OPSET, 17),
                    dynamic_axes={"input": {0: "rows"}, "output": {0: "rows"}},
                    **names,
                )
    finally:
        model.train(was_training)
    feed = {"input": "input", "type": _TYPES[table.dtype], "columns": [table.columns[0].name]}
    return Graph(file.getvalue(), [feed], "output", None, dtype=table.dtype)
