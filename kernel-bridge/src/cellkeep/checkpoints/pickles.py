"""Variables to bytes and back: cloudpickle with protocol 5, its large buffers beside the stream, cut into parts.

Three things differ from a plain pickle. Functions of the notebook read their globals from the namespace that they are restored into, as
they did before, not from a copy. Arrays that are views of one another stay views. And buffers are parts of their own, so that a table
that gained a column, or an array that changed in one place, is stored anew only there.
"""

from __future__ import annotations

import io
import json
import pickle
import sys
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import cloudpickle

PART_BYTES = 8 * 1024 * 1024
"""Length of a part. Smaller ones find more that is unchanged, and cost more requests."""


class Marker:
    """Stands in a pickle for the namespace into which it is loaded."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[()]]:
        return _namespace, ()


_MARKER = Marker()
_loading_into: list[dict[str, Any]] = []


def _namespace() -> dict[str, Any]:
    return _loading_into[-1] if _loading_into else vars(sys.modules["__main__"])


def _function(code: types.CodeType, namespace: dict[str, Any], name: str, free: int) -> types.FunctionType:
    return types.FunctionType(code, namespace, name, None, tuple(types.CellType() for _ in range(free)) or None)


def _fill_function(function: types.FunctionType, state: dict[str, Any]) -> None:
    for cell, content in zip(function.__closure__ or (), state.pop("closure"), strict=True):
        if content:  # a tuple of one; empty: the cell was
            cell.cell_contents = content[0]
    for name, value in state.pop("attributes").items():
        setattr(function, name, value)
    function.__dict__.update(state["dict"])


def _view(base: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: Any, writeable: bool) -> Any:
    import numpy as np

    found: Any = np.ndarray(shape, dtype, base.reshape(-1, order="A").view(np.uint8), offset, strides)
    if not writeable:
        found.flags.writeable = False
    return found


class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles what belongs to one namespace.

    Parameters
    ----------
    namespace
        Functions whose globals these are get the restoring namespace as globals.
    roots
        ``id`` of arrays whose views are to stay views; None: every view is stored as an array of its own.
    """

    def __init__(self, file: io.BytesIO, namespace: Mapping[str, Any], roots: frozenset[int] | None, buffers: list[pickle.PickleBuffer]):
        super().__init__(file, protocol=5, buffer_callback=buffers.append)
        self._globals = namespace
        self._roots = roots
        self.seen_roots: dict[int, Any] = {}

    def reducer_override(self, obj: Any) -> Any:
        """What pickle asks of every object that it has no words for."""
        if type(obj) is types.FunctionType and obj.__globals__ is self._globals:
            return _reduce_function(obj)
        numpy = sys.modules.get("numpy")
        if numpy is not None and type(obj) is numpy.ndarray:
            root = root_of(obj)
            self.seen_roots[id(root)] = root
            if self._roots is not None and root is not obj and id(root) in self._roots:
                offset = obj.__array_interface__["data"][0] - root.__array_interface__["data"][0]
                return _view, (root, offset, obj.shape, obj.strides, obj.dtype, bool(obj.flags.writeable))
            return NotImplemented
        return super().reducer_override(obj)


def root_of(array: Any) -> Any:
    """The array that owns the memory of this one, where it is a plain, contiguous one; else the array itself."""
    import numpy as np

    found = array
    while type(found.base) is np.ndarray:
        found = found.base
    if found is array or found.dtype.hasobject or not (found.flags.c_contiguous or found.flags.f_contiguous):
        return array
    return found


def _reduce_function(function: types.FunctionType) -> tuple[Any, ...]:
    closure = function.__closure__ or ()
    attributes = {
        name: getattr(function, name)
        for name in ("__defaults__", "__kwdefaults__", "__annotations__", "__qualname__", "__module__", "__doc__")
    }
    state = {"closure": [_content(cell) for cell in closure], "attributes": attributes, "dict": dict(function.__dict__)}
    arguments = (function.__code__, _MARKER, function.__name__, len(closure))
    return _function, arguments, state, None, None, _fill_function


def _content(cell: types.CellType) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def dump(variables: Mapping[str, Any], namespace: Mapping[str, Any], roots: frozenset[int]) -> list[memoryview]:
    """Bytes of variables that travel together, as parts in order; the first says how the others belong together.

    Returns
    -------
    list of memoryview
        Views of the variables' own memory, as long as they live: use them before anything changes.

    Raises
    ------
    Exception
        Whatever a variable's own pickling raises.
    """
    file = io.BytesIO()
    buffers: list[pickle.PickleBuffer] = []
    Pickler(file, namespace, roots, buffers).dump(dict(variables))
    pieces = [_cut(memoryview(file.getbuffer())), *(_cut(buffer.raw()) for buffer in buffers)]
    readonly = [buffer.raw().readonly for buffer in buffers]
    header = {"format": 1, "parts": [len(piece) for piece in pieces], "readonly": readonly}
    return [memoryview(json.dumps(header).encode()), *(part for piece in pieces for part in piece)]


def _cut(view: memoryview) -> list[memoryview]:
    return [view[at : at + PART_BYTES] for at in range(0, len(view), PART_BYTES)] or [view]


def load(parts: Sequence[bytes], namespace: dict[str, Any]) -> dict[str, Any]:
    """The variables of ``dump``. This runs the code of whoever made it.

    Raises
    ------
    ValueError
        The parts are not what ``dump`` makes.
    """
    try:
        header = json.loads(parts[0])
        counts, readonly = header["parts"], header["readonly"]
    except (IndexError, ValueError, KeyError, TypeError) as error:
        raise ValueError("this is no kept variable") from error
    if header.get("format") != 1 or len(parts) != 1 + sum(counts) or len(readonly) != len(counts) - 1:
        raise ValueError("this variable was kept by a newer version of Cellkeep, or is incomplete")
    rest = iter(parts[1:])
    pieces = [_joined([next(rest) for _ in range(count)]) for count in counts]
    buffers = [bytes(piece) if fixed else piece for piece, fixed in zip(pieces[1:], readonly, strict=True)]
    _loading_into.append(namespace)
    try:
        found = pickle.loads(bytes(pieces[0]), buffers=buffers)
    finally:
        _loading_into.pop()
    if not isinstance(found, dict):
        raise ValueError("this is no kept variable")
    return found


def _joined(parts: Iterable[bytes]) -> bytearray:
    """Writable: an array that was may be changed again."""
    return bytearray().join(parts)
