"""torch.nn.Module to ONNX, by torch's own exporter, with any number of rows."""

from __future__ import annotations

import copy
import importlib
import inspect
import io
from collections.abc import Iterator
from typing import Any

from .onnx_graphs import OPSET, Graph, NotExported, Try, quiet, tensor_feeds, with_flat_inputs
from .rows import Table

_TYPES = frozenset(["float32", "float64", "int32", "int64", "bool"])


def on_processor(model: Any) -> Any:
    """The model itself, or a copy where it lies on an accelerator: an endpoint has none, and a pickle of it would load on none."""
    places = {one.device.type for one in (*model.parameters(), *model.buffers())}
    return model if places <= {"cpu"} else copy.deepcopy(model).cpu()


def input_names(model: Any) -> list[str] | None:
    """Of what its ``forward`` takes by place; None where that has no names of its own."""
    try:
        told = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in told):
        return None
    return [one.name for one in told if one.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)]


def tries(model: Any, table: Table) -> Iterator[Try]:
    """Ways to export it: by torch.export where that works, then by tracing."""
    yield Try("torch.onnx by torch.export", lambda: _exported(model, table, True), ["onnx", "torch"])
    yield Try("torch.onnx by tracing", lambda: _exported(model, table, False), ["onnx", "torch"])


def _exported(model: Any, table: Table, dynamo: bool) -> Graph:
    from .onnx_as_is import described

    torch = importlib.import_module("torch")
    rows = [torch.from_numpy(values) for values in _tensors(table)]
    if len(rows[0]) < 2:
        rows = [torch.cat([one, one]) for one in rows]  # with one row the number of rows would be taken for fixed
    names = [f"input_{at}" for at in range(len(rows))]
    file = io.BytesIO()
    modes = [(one, one.training) for one in model.modules()]
    model.eval()
    words: dict[str, Any] = {"input_names": names, "output_names": ["output"]}
    try:
        with torch.no_grad(), quiet("torch.onnx"):
            if dynamo:
                count = torch.export.Dim("rows")
                program = torch.onnx.export(
                    model, tuple(rows), dynamo=True, dynamic_shapes=tuple({0: count} for _ in rows), verbose=False, **words
                )
                program.save(file)
            else:
                axes = {name: {0: "rows"} for name in [*names, "output"]}
                torch.onnx.export(model, tuple(rows), file, dynamo=False, opset_version=min(OPSET, 17), dynamic_axes=axes, **words)
    finally:
        for one, mode in modes:
            one.training = mode
    outputs = described(file.getvalue())[1]
    if len(outputs) != 1:
        raise NotExported(f"it has {len(outputs)} outputs, and a graph that is served has one")
    types = [str(one.dtype).removeprefix("torch.") for one in rows]
    if table.takes == "tensors":
        feeds = tensor_feeds(table, [(name, kind, []) for name, kind in zip(names, types, strict=True)])
    else:
        feeds = [{"input": names[0], "type": types[0], "columns": table.names}]
    content, feeds = with_flat_inputs(file.getvalue(), feeds, table)
    return Graph(content, feeds, "output", None, dtype=types[0])


def _tensors(table: Table) -> list[Any]:
    """The example as the graph takes it: several tensors, one, or named columns beside each other."""
    import numpy as np

    if table.takes not in ("tensors", "array"):
        raise NotExported("it was given what is no tensor")
    found = [one.values for one in table.columns] if table.is_of_tensors else [np.asarray(table.original)]
    for values in found:
        if values.dtype.name not in _TYPES:
            raise NotExported(f"a tensor of {values.dtype} is none that an endpoint takes")
    return [np.ascontiguousarray(values) for values in found]
