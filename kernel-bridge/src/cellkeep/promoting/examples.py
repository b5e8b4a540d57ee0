"""The example that comes with a promotion, read as its model is asked with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import CannotPromote
from .rows import Table, read_rows


def read_example(model: Any, framework: str, example: Any) -> Table:
    """The example as the model is asked with it; an array's columns have the model's own names where it has some."""
    if framework in ("torch", "keras"):
        return _read_tensors(model, framework, example)
    names = getattr(model, "feature_names_in_", None) if framework in ("sklearn", "xgboost", "lightgbm") else None
    return read_rows(example, "example", None if names is None else list(names))


def _read_tensors(model: Any, framework: str, example: Any) -> Table:
    """One tensor; several, named as the model names them and in its order; or a frame, whose columns keep their names and are cast."""
    from . import onnx_keras, onnx_torch

    if hasattr(example, "columns") and hasattr(example, "to_numpy"):
        array = example.to_numpy(dtype="float32")
        return read_rows(array, "example", [str(name) for name in example.columns])
    names = (onnx_torch if framework == "torch" else onnx_keras).input_names(model)
    count = len(example) if isinstance(example, Mapping | tuple | list) else 0
    names = names[:count] if names is not None and count else None
    if isinstance(example, Mapping) and names is not None:
        if set(example) != set(names):
            raise CannotPromote(f"the model takes {', '.join(names)}; the example has {', '.join(map(str, example))}")
        example = {name: example[name] for name in names}
    return read_rows(example, "example", names, True)
