"""A native model, asked with columns: what a worker of an endpoint, MLflow's pyfunc and the check of an export have in common.

Rows travel as columns: a mapping of names to sequences or arrays of equal length, in the signature's types; missing is None or NaN. What a
model is asked with is made of them as the bundle says (``python.takes``), and what it answers is brought into one form (``Answer``).
Nothing heavy is imported before a model needs it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Columns = Mapping[str, Any]
"""Values by name: for a scalar ``(n_rows,)``, for a tensor ``(n_rows, *shape)``."""

_DTYPES = {"boolean": "bool", "integer": "int64", "float": "float32", "double": "float64"}


class Answer(NamedTuple):
    """What a model has answered.

    ``columns`` has an array for each output of the signature, ``(n_rows,)`` or ``(n_rows, *shape)``: for a classifier the label.
    ``scores`` are probabilities in the order of the bundle's classes, ``(n_rows, n_classes) float64``; None where it has none.
    """

    columns: list[Any]
    scores: Any


class NativeModel:
    """A model with its bundle; not safe to ask from several threads at once where the model is not.

    Parameters
    ----------
    model
        The object itself.
    bundle
        As in ``cellkeep.json``.
    """

    def __init__(self, model: Any, bundle: Mapping[str, Any]) -> None:
        self.model = model
        self.bundle = bundle
        self._ask = asker(model, bundle["framework"], bundle["task"])

    def answer(self, columns: Columns) -> Answer:
        """Ask it all rows at once.

        Raises
        ------
        Exception
            Whatever the model raises.
        """
        return shaped(*self._ask(question(columns, self.bundle)), len(self.bundle["signature"]["outputs"]))


def load_native(folder: Path, bundle: Mapping[str, Any]) -> NativeModel:
    """Load the native model of a bundle's folder. This runs the code of whoever made it.

    Raises
    ------
    LookupError
        The bundle has none.
    """
    told = bundle.get("python")
    if not told:
        raise LookupError("this model has no Python form; its bundle names none")
    if told.get("modules"):
        # Modules that lay beside the notebook were stored with their paths relative to it.
        sys.path.insert(0, str(folder / "modules"))
    if told["file"] is None:
        pyfunc = importlib.import_module("mlflow.pyfunc")
        return NativeModel(pyfunc.load_model(str(folder)), bundle)
    path = folder / told["file"]
    if told["format"] == "native" and bundle["framework"] == "keras":
        return NativeModel(_load_keras(path, told.get("backend") or ""), bundle)
    if told["format"] == "native":
        raise LookupError(f"a native file of {bundle['framework']} is not known to this version of cellkeep")
    import pickle

    with path.open("rb") as file:
        return NativeModel(pickle.load(file), bundle)


def _load_keras(path: Path, backend: str) -> Any:
    """A file of Keras; what the notebook defined for it lies beside, and what it was trained by is not asked for."""
    import pickle

    if backend:
        os.environ.setdefault("KERAS_BACKEND", backend)
    keras = importlib.import_module("tf_keras" if path.stem == "tf_keras" else "keras")
    beside = path.with_suffix(".pkl")
    objects = pickle.loads(beside.read_bytes()) if beside.exists() else {}
    return keras.saving.load_model(str(path), custom_objects=objects, compile=False, safe_mode=False)


def read_bundle(folder: Path) -> dict[str, Any]:
    """``cellkeep.json`` of a folder."""
    found: dict[str, Any] = json.loads((folder / "cellkeep.json").read_text(encoding="utf-8"))
    return found


# What a model is asked with.


def question(columns: Columns, bundle: Mapping[str, Any]) -> Any:
    """The rows in the form that the native model takes."""
    signature, told = bundle["signature"], bundle.get("python") or {}
    takes = told.get("takes", "frame")
    if takes == "array":
        return array_of(columns, signature, told.get("dtype") or "float64")
    if takes == "rows":
        return rows_of(columns, signature)
    if takes == "list":
        return _plain(columns.get(signature["inputs"][0]["name"]), _count(columns))
    if takes == "tensors":
        return tensors_of(columns, signature, told.get("dtypes") or {})
    return frame_of(columns, signature, told.get("dtypes") or {})


def frame_of(columns: Columns, signature: Mapping[str, Any], dtypes: Mapping[str, str]) -> Any:
    """A pandas DataFrame with the signature's columns, in its order."""
    import pandas as pd

    return pd.DataFrame({one["name"]: _series(columns.get(one["name"]), one, dtypes, _count(columns)) for one in signature["inputs"]})


def tensors_of(columns: Columns, signature: Mapping[str, Any], dtypes: Mapping[str, str]) -> dict[str, Any]:
    """A numpy array for each column: ``(n_rows,)`` or ``(n_rows, *shape)``."""
    import numpy as np

    count = _count(columns)
    found = {}
    for one in signature["inputs"]:
        values = np.asarray(columns[one["name"]], dtype=dtypes.get(one["name"]) or _DTYPES[one["type"]])
        found[one["name"]] = values.reshape([count, *(one.get("shape") or [])])
    return found


def array_of(columns: Columns, signature: Mapping[str, Any], dtype: str) -> Any:
    """A numpy array: of a tensor's shape, else ``(n_rows, n_columns)``."""
    import numpy as np

    inputs = signature["inputs"]
    if signature["layout"] == "tensor":
        one = inputs[0]
        shape = [size if size >= 0 else -1 for size in one.get("shape") or []]
        values = np.asarray(columns[one["name"]], dtype=dtype)
        return values.reshape([_count(columns), *shape]) if shape.count(-1) <= 1 else values
    kept: list[Any] = [columns.get(one["name"]) for one in inputs]
    if dtype in ("object", "str"):
        found: Any = np.empty((_count(columns), len(inputs)), dtype=object)
        for at, values in enumerate(kept):
            found[:, at] = values if values is not None else None
        return found
    numbers: Any = np.empty((_count(columns), len(inputs)), dtype=dtype)
    for at, values in enumerate(kept):
        numbers[:, at] = np.nan if values is None else _numbers(values)
    return numbers


def rows_of(columns: Columns, signature: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A list of dicts with plain Python values."""
    kept = {one["name"]: _plain(columns.get(one["name"]), _count(columns)) for one in signature["inputs"]}
    return [{name: values[at] for name, values in kept.items()} for at in range(_count(columns))]


def _count(columns: Columns) -> int:
    return len(next(iter(columns.values()))) if columns else 0


def _numbers(values: Any) -> Any:
    import numpy as np

    if isinstance(values, np.ndarray) and values.dtype != object:
        return values
    return np.array([np.nan if value is None else value for value in values], dtype="float64")


def _plain(values: Any, count: int) -> list[Any]:
    if values is None:
        return [None] * count
    listed: list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return listed


def _series(values: Any, column: Mapping[str, Any], dtypes: Mapping[str, str], count: int) -> Any:
    import numpy as np
    import pandas as pd

    kind, dtype = column["type"], dtypes.get(column["name"])
    if values is None:
        values = [None] * count
    if dtype == "category":
        return pd.Categorical(_restored(values, column["categories"]), categories=column["categories"])
    if column.get("shape"):
        return list(values)
    if kind == "datetime":
        return pd.to_datetime(pd.Series(list(values)), format="ISO8601") if not isinstance(values, np.ndarray) else values
    if kind in _DTYPES:
        numbers = _numbers(values)
        wanted = dtype or _DTYPES[kind]
        is_missing = numbers.dtype.kind == "f" and bool(np.isnan(numbers).any())
        if kind in ("boolean", "integer") and is_missing and not wanted[:1].isupper():
            return numbers if kind == "integer" else np.array([None if np.isnan(v) else bool(v) for v in numbers], dtype=object)
        if wanted[:1].isupper():  # pandas' own types that know what is missing: Int64, boolean is lower-case there
            extension: Any = pd.array
            return extension([None if np.isnan(v) else v for v in numbers.tolist()], dtype=wanted)
        return numbers.astype(wanted)
    listed = [None if isinstance(value, float) and np.isnan(value) else value for value in values]
    return pd.Series(listed, dtype=dtype) if dtype else pd.Series(listed)


def _restored(values: Any, categories: Sequence[Any]) -> list[Any]:
    """Categories that are integers come as floats from a host, which knows one kind of number."""
    known = {category: category for category in categories}
    return [known.get(value) for value in values]


# What it answers.

Asked = tuple[Any, Any]
"""Answers as the model gave them, and probabilities or None."""


def asker(model: Any, framework: str, task: str) -> Callable[[Any], Asked]:
    """How this model is asked: a function of what ``question`` gives."""
    if framework == "torch":
        return lambda given: (_ask_torch(model, given), None)
    if framework == "keras":
        return lambda given: (_ask_keras(model, given), None)
    name = type(model).__name__
    if framework == "xgboost" and name == "Booster":
        matrix = importlib.import_module("xgboost").DMatrix
        is_named = bool(getattr(model, "feature_names", None))
        return lambda given: (model.predict(matrix(given, enable_categorical=True) if is_named else matrix(_bare(given))), None)
    if not callable(getattr(model, "predict", None)):
        return lambda given: (model(given), None)
    proba = getattr(model, "predict_proba", None) if task == "classification" else None
    if callable(proba) and hasattr(model, "classes_"):
        ask = proba
        if _predicts_the_likeliest(model):
            return lambda given: _likeliest(model.classes_, ask(given))
        return lambda given: (model.predict(given), ask(given))
    return lambda given: (model.predict(given), None)


def _predicts_the_likeliest(model: Any) -> bool:
    """Whether ``predict`` does nothing but ask ``predict_proba``: a forest would go through all its trees twice."""
    last = model.steps[-1][1] if type(model).__name__ == "Pipeline" and type(model).__module__ == "sklearn.pipeline" else model
    is_forest = type(last).__name__ in ("RandomForestClassifier", "ExtraTreesClassifier")
    return is_forest and type(last).__module__ == "sklearn.ensemble._forest"


def _likeliest(classes: Any, scores: Any) -> Asked:
    return classes.take(scores.argmax(axis=1), axis=0), scores


def _bare(given: Any) -> Any:
    return given.to_numpy() if hasattr(given, "to_numpy") else given


def _ask_keras(model: Any, given: Any) -> Any:
    """Several inputs go in their order, where the model has one; what nobody named stands in the order in which it was given."""
    if isinstance(given, Mapping):
        inputs = getattr(model, "inputs", None)
        is_ordered = isinstance(inputs, list) and len(inputs) == len(given)
        given = list(given.values()) if is_ordered or "input_0" in given else dict(given)
    return model.predict(given, verbose=0)


def _ask_torch(model: Any, given: Any) -> Any:
    torch = importlib.import_module("torch")
    rows = list(given.values()) if isinstance(given, Mapping) else [given]
    modes = [(one, one.training) for one in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            found = model(*(one if isinstance(one, torch.Tensor) else torch.from_numpy(one) for one in rows))
    finally:
        for one, mode in modes:  # each as it was: a part that is frozen stays so
            one.training = mode
    if isinstance(found, Mapping):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return [one.detach().cpu().numpy() for one in found]
    return found.detach().cpu().numpy()


def shaped(answers: Any, scores: Any, outputs: int = 1) -> Answer:
    """One array for each output, whatever the model gave: a list, Series, frame, array or tuple of them.

    A matrix stands for several outputs where so many are expected, else for one whose rows have a shape.
    """
    import numpy as np

    if hasattr(answers, "to_dict") and hasattr(answers, "columns"):
        columns = [np.asarray(answers[name]) for name in answers.columns]
    elif isinstance(answers, Mapping):
        columns = [np.asarray(values) for values in answers.values()]
    elif isinstance(answers, list | tuple) and answers and all(isinstance(one, np.ndarray) for one in answers):
        columns = list(answers)
    elif isinstance(answers, list) and answers and isinstance(answers[0], Mapping):
        columns = [np.asarray([row[key] for row in answers]) for key in answers[0]]
    else:
        columns = [np.asarray(answers)]
    if outputs > 1 and len(columns) == 1 and columns[0].ndim == 2 and columns[0].shape[1] == outputs:
        columns = [columns[0][:, at] for at in range(outputs)]
    return Answer([_flat(one) for one in columns], None if scores is None else np.asarray(scores, dtype="float64"))


def _flat(values: Any) -> Any:
    """A column that stands alone is no matrix."""
    if values.ndim == 0:
        return values.reshape(1)
    return values.reshape(len(values)) if values.ndim == 2 and values.shape[1] == 1 else values
