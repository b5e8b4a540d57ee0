"""An ONNX graph, asked with columns as the bundle says; the same as ``server/src/deployment/host/onnxRuntime.ts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .native import Answer, Columns, shaped

_NUMBERS = {"float32": "float32", "float64": "float64", "int32": "int32", "int64": "int64", "bool": "bool"}


class OnnxModel:
    """A graph with its bundle.

    Parameters
    ----------
    graph
        Path of the file, or its bytes.
    bundle
        As in ``cellkeep.json``.

    Raises
    ------
    ImportError
        onnxruntime is not installed.
    """

    def __init__(self, graph: str | bytes, bundle: Mapping[str, Any]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what goes wrong is raised; a notebook would show it a second time
        options.intra_op_num_threads = 1
        self.bundle = bundle
        self._session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    def answer(self, columns: Columns) -> Answer:
        """Ask it all rows at once.

        Raises
        ------
        Exception
            Whatever onnxruntime raises.
        """
        bundle, told = self.bundle, self.bundle["onnx"]
        feeds = {feed["input"]: fed(columns, feed, bundle["signature"]) for feed in told["feeds"]}
        wanted = [name for name in (told["label"], told["scores"]) if name is not None]
        outputs = dict(zip(wanted, self._session.run(wanted, feeds), strict=True))
        scores: Any = outputs.get(told["scores"])
        classes = bundle.get("classes")
        if told["label"] is None:
            return Answer([likeliest(scores, classes)], scores.astype("float64"))
        return shaped(outputs[told["label"]], scores, len(bundle["signature"]["outputs"]))


def fed(columns: Columns, feed: Mapping[str, Any], signature: Mapping[str, Any]) -> Any:
    """The columns of one input of the graph, beside each other."""
    import numpy as np

    kinds = {one["name"]: one for one in signature["inputs"]}
    values = [columns.get(name) for name in feed["columns"]]
    count = len(next(iter(columns.values())))
    if feed["type"] == "string":
        texts = np.empty((count, len(values)), dtype=object)
        for at, one in enumerate(values):
            texts[:, at] = "" if one is None else ["" if value is None else str(value) for value in one]
        return texts
    dtype = _NUMBERS[feed["type"]]
    shape = kinds[feed["columns"][0]].get("shape")
    if shape is not None:
        return np.asarray(values[0], dtype=dtype)
    numbers = np.empty((count, len(values)), dtype=dtype)
    for at, one in enumerate(values):
        numbers[:, at] = _as_numbers(one, count, dtype)
    return numbers


def _as_numbers(values: Any, count: int, dtype: str) -> Any:
    import numpy as np

    if values is None:
        values = [None] * count
    if not isinstance(values, np.ndarray) or values.dtype == object:
        values = np.array([np.nan if value is None else value for value in values], dtype="float64")
    if dtype.startswith("int") and values.dtype.kind == "f":
        values = np.where(np.isfinite(values), values, 0)  # what is missing has no word among integers
    return values


def likeliest(scores: Any, classes: Any) -> Any:
    """The class of the greatest score, the first of equal ones."""
    import numpy as np

    kind = object if any(isinstance(one, str) for one in classes) else None
    return np.asarray(classes, dtype=kind)[np.argmax(scores, axis=1)]
