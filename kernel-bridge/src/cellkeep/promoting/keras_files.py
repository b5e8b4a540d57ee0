"""A Keras model as Keras' own file, with what the notebook has defined for it beside: the file names classes, and does not hold them."""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_OF_KERAS = ("keras", "tf_keras", "tensorflow", "builtins")


def write_keras(model: Any, path: Path) -> bytes:
    """Write it; returns the pickle of what lies beside, empty where there is nothing.

    Raises
    ------
    CannotPromote
        Keras cannot write it, or something of the notebook cannot be pickled.
    """
    from .errors import CannotPromote
    from .travelling import pickled

    try:
        model.save(str(path))
    except Exception as error:  # of a layer's own get_config
        raise CannotPromote(f"Keras cannot store this model: {type(error).__name__}: {' '.join(str(error).split())[:800]}") from error
    objects = dict(_own_objects(model))
    if not objects:
        return b""
    content = pickled(objects)
    path.with_suffix(".pkl").write_bytes(content)
    return content


def _own_objects(model: Any) -> Iterator[tuple[str, Any]]:
    """Classes of the model and its layers, and functions that these hold, that are none of Keras; by the names that the file has."""
    for layer in (model, *_layers(model)):
        if not _is_of_keras(type(layer)):
            yield _name_of(type(layer)), type(layer)
        for value in list(vars(layer).values()):
            if isinstance(value, types.FunctionType) and not _is_of_keras(value) and value.__name__ != "<lambda>":
                yield value.__name__, value


def _layers(model: Any) -> list[Any]:
    flatten = getattr(model, "_flatten_layers", None)
    return list(flatten(include_self=False)) if callable(flatten) else list(getattr(model, "layers", []))


def _is_of_keras(value: Any) -> bool:
    return str(getattr(value, "__module__", "")).partition(".")[0] in _OF_KERAS


def _name_of(cls: type) -> str:
    """As it was registered by ``keras.saving.register_keras_serializable``, else its own."""
    import sys

    keras = sys.modules.get("keras")
    named = getattr(getattr(keras, "saving", None), "get_registered_name", None)
    return str(named(cls)) if callable(named) else cls.__name__
