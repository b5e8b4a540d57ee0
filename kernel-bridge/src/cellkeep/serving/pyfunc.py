"""MLflow's ``loader_module`` of a promoted model: ``mlflow.pyfunc.load_model("models:/late-flights/1")`` gives what the notebook gave."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .native import Answer, NativeModel, load_native, read_bundle
from .onnx_session import OnnxModel


class Promoted:
    """What MLflow asks: takes a DataFrame, an array, a dict or a list of rows, and answers like the model's own ``predict``."""

    def __init__(self, model: NativeModel | OnnxModel) -> None:
        self._model = model

    def predict(self, model_input: Any, params: Mapping[str, Any] | None = None) -> Any:
        """Answer rows.

        Parameters
        ----------
        model_input
            With the signature's columns.
        params
            ``{"scores": True}``: the probabilities of the classes instead.
        """
        columns = self._columns(model_input)
        answer: Answer = self._model.answer(columns)
        if params and params.get("scores"):
            return answer.scores
        outputs = self._model.bundle["signature"]["outputs"]
        if len(outputs) == 1:
            return answer.columns[0]
        import numpy as np

        return np.stack(answer.columns, axis=1)

    def _columns(self, given: Any) -> dict[str, Any]:
        from ..promoting.rows import read_rows

        signature = self._model.bundle["signature"]
        names = [one["name"] for one in signature["inputs"]]
        table = read_rows(given, "model_input", names, any(one.get("shape") is not None for one in signature["inputs"]))
        if len(names) == 1 and len(table.columns) == 1:
            return {names[0]: table.columns[0].values}
        return {name: table.named[name] for name in names if name in table.named}


def _load_pyfunc(path: str) -> Promoted:
    """What MLflow calls."""
    folder = Path(path)
    bundle = read_bundle(folder)
    if bundle["runtime"] == "onnx":
        return Promoted(OnnxModel(str(folder / bundle["onnx"]["file"]), bundle))
    return Promoted(load_native(folder, bundle))
