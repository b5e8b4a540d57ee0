"""Which library a model is of, and whether it was fitted: told by its classes and by what lies in it, so that no code of the user's runs
and nothing is imported. A property, a ``__getattr__`` or a metaclass of theirs may do anything, so none is asked.
"""

from __future__ import annotations

import os
import pathlib
import types
import weakref
from typing import Any, Literal, NamedTuple, cast

Framework = Literal["sklearn", "xgboost", "lightgbm", "torch", "keras", "onnx", "tfjs", "statsmodels", "pyfunc", "python"]

_NAME_LIMIT = 200
_STEPS_LIMIT = 20
_PATH_LIMIT = 400


class Kind(NamedTuple):
    """What a class says of its instances; ``framework`` None where they are no models."""

    framework: Framework | None
    can_predict: bool


#: By id, since hashing a class may be its metaclass's own code.
_kinds: dict[int, tuple[weakref.ref[type], Kind]] = {}
_KINDS_LIMIT = 5_000
_NONE = Kind(None, False)


def framework_of(value: Any) -> Framework | None:
    """The framework of a fitted model; None where it is no model, or was not fitted.

    Examples
    --------
    >>> framework_of(3), framework_of("text"), framework_of(len), framework_of(dict)
    (None, None, None, None)
    """
    if type(value) is str or issubclass(type(value), pathlib.PurePath):
        return "tfjs" if tfjs_folder(value) is not None else None
    kind = kind_of(type(value))
    return kind.framework if kind.framework is not None and is_fitted(value, kind) else None


def kind_of(cls: type) -> Kind:
    """What is known of a class, remembered as long as it lives."""
    known = _kinds.get(id(cls))
    if known is not None and known[0]() is cls:
        return known[1]
    if len(_kinds) > _KINDS_LIMIT:
        _kinds.clear()
    found = _classify(cls)
    _kinds[id(cls)] = (weakref.ref(cls), found)
    return found


def _own_of(cls: type) -> Any:
    found: Any = type.__dict__["__dict__"].__get__(cls)
    return found


def _name_of(cls: type) -> str:
    return str(type.__dict__["__name__"].__get__(cls))


def _classify(cls: type) -> Kind:
    bases = type.mro(cls) if cls is not type else [type]
    if issubclass(cls, type | types.ModuleType | types.FunctionType):
        return _NONE
    predicts = any("predict" in _own_of(base) for base in bases)
    for base in bases:
        module, name = _text(_own_of(base).get("__module__")), _name_of(base)
        root = module.partition(".")[0]
        if root == "xgboost" and name in ("Booster", "XGBModel"):
            return Kind("xgboost", True)
        if root == "lightgbm" and name in ("Booster", "LGBMModel"):
            return Kind("lightgbm", True)
        if module == "torch.nn.modules.module" and name == "Module":
            return _NONE if _text(_own_of(cls).get("__module__")).startswith("torch.nn.modules.loss") else Kind("torch", True)
        if root in ("keras", "tf_keras", "tensorflow") and name == "Model":
            return Kind("keras", True)
        if root == "onnx" and name == "ModelProto":
            return Kind("onnx", True)
        if root == "onnxruntime" and name == "InferenceSession":
            return Kind("onnx", True)
        if root == "statsmodels" and (name.endswith("Results") or name == "ResultsWrapper"):
            return Kind("statsmodels", True)
        if module == "mlflow.pyfunc" and name == "PyFuncModel":
            return Kind("pyfunc", True)
        if root == "sklearn" and name == "BaseEstimator":
            return Kind("sklearn", predicts) if predicts else _NONE
    if _text(_own_of(cls).get("__module__")).partition(".")[0] == "cellkeep":
        return _NONE  # what deploy() gives back has a `predict` too
    return Kind("python", True) if predicts else _NONE


def _text(value: object) -> str:
    return value if type(value) is str else ""


def inside(value: Any) -> dict[str, Any]:
    """What lies in an object itself, without asking any code of its class."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return cast("dict[str, Any]", found) if type(found) is dict else {}


def is_fitted(value: Any, kind: Kind | None = None) -> bool:
    """Whether it has learnt, as far as its framework shows it in what lies in the object."""
    framework = (kind or kind_of(type(value))).framework
    own = inside(value)
    if framework in ("xgboost", "lightgbm"):
        return _name_of(type(value)) == "Booster" or own.get("_Booster") is not None
    if framework != "sklearn":
        return framework is not None
    if isinstance(own.get("steps"), list):
        steps = own["steps"]
        last = steps[-1][1] if steps and isinstance(steps[-1], tuple) and len(steps[-1]) == 2 else None
        last_kind = kind_of(type(last))
        return last_kind.framework is not None and is_fitted(last, last_kind)
    return any(name.endswith("_") and not name.startswith("_") for name in own)


def tfjs_folder(value: Any) -> str | None:
    """The ``model.json`` of a TensorFlow.js model that a path names (the file, or its folder); None where it names none."""
    try:
        text = os.fspath(value)
    except TypeError:
        return None
    if type(text) is not str or not 0 < len(text) <= _PATH_LIMIT or "\n" in text or "\0" in text or "://" in text:
        return None
    path = text if text.endswith("model.json") else os.path.join(text, "model.json")
    try:
        if not os.path.isfile(path):
            return None
        with open(path, "rb") as file:
            head = file.read(4_096)
    except OSError:
        return None
    return path if b"modelTopology" in head or b"layers-model" in head or b"graph-model" in head else None


def class_name(value: Any) -> str:
    """As a person names it.

    Examples
    --------
    >>> class_name(3)
    'int'
    """
    if type(value) is str or issubclass(type(value), pathlib.PurePath):
        return "TensorFlow.js model"
    name = _name_of(type(value))
    own = inside(value)
    if kind_of(type(value)).framework == "sklearn":
        parts = own.get("steps") if isinstance(own.get("steps"), list) else None
        if parts:
            inner = [
                class_name(step[1]) for step in parts[:_STEPS_LIMIT] if isinstance(step, tuple) and step[1] not in ("passthrough", None)
            ]
            name = f"{name}({', '.join(inner)})"
        elif "best_estimator_" in own:
            name = f"{name}({class_name(own['best_estimator_'])})"
    if name == "function":
        name = str(getattr(value, "__name__", "function"))
    return name if len(name) <= _NAME_LIMIT else f"{name[: _NAME_LIMIT - 1]}…"
