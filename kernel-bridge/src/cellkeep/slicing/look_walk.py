"""The walk through one value, within a budget; ``looks.py`` says what comes of it."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
import gc
import io
import itertools
import marshal
import pathlib
import random
import re
import types
import uuid
from collections.abc import Mapping
from typing import Any, cast

from . import look_arrays
from .look_objects import Objects, dict_of
from .looks import BYTES, NODES, Budget, Look, is_a, number_of, package_of

_PARTS = 256
_TEXT = 2_000
_NUMBERS = {int, float, bool, complex, type(None)}
_TEXTS = {str, bytes}
_FIXED: tuple[type, ...] = (
    *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta, decimal.Decimal, fractions.Fraction, range, slice, uuid.UUID),
    *(re.Pattern, pathlib.PurePath, types.BuiltinFunctionType, types.CodeType, types.MethodDescriptorType, types.WrapperDescriptorType),
    *(type(Ellipsis), type(NotImplemented), types.GenericAlias, datetime.tzinfo, re.Match, types.GetSetDescriptorType),
)
_ITERATORS: tuple[type, ...] = (
    *(type(iter([])), type(iter(())), type(iter(range(0))), type(iter({})), type(iter({}.values())), type(iter({}.items()))),
    *(type(iter(set())), type(iter("")), type(reversed([])), enumerate, zip, map, filter, reversed),
)
_HOLDERS = {list, dict, set}
_DICTS = {dict, collections.defaultdict, collections.OrderedDict, collections.Counter}


def look(value: Any, namespace: Mapping[str, object], budget: Budget | None = None) -> Look:
    """Look at a value of this namespace.

    Examples
    --------
    >>> look([1, 2], {}).digest == look([1, 2], {}).digest, look([1, 2], {}).digest == look([2, 1], {}).digest
    (True, False)
    """
    kind = type(value)
    if kind in _NUMBERS or (kind in _TEXTS and len(value) <= _TEXT):
        size = len(value) if isinstance(value, str | bytes) else None
        return Look("atom", "builtins", hash((kind.__name__, marshal.dumps(cast("Any", value), 2))), value=value, size=size)
    shared = budget if budget is not None else Budget()
    walk = Walk(namespace, min(NODES, shared.nodes), min(BYTES, shared.data))
    before_nodes, before_data = walk.nodes, walk.data
    try:
        found = walk.outermost(value)
    except Exception:  # a foreign type may raise anything at any attribute; nothing is known of it then
        found = Look("opaque", package_of(value), 0, False, ids=frozenset([id(value)]))
    shared.nodes -= before_nodes - walk.nodes
    shared.data -= before_data - walk.data
    return found


class Walk(Objects):
    """One value being visited."""

    def outermost(self, value: Any) -> Look:
        """The look of the value that was asked for."""
        kind = self._kind(value)
        parts: dict[object, int] | None = None
        if kind == "dict":
            self.ids.add(id(value))
            if len(value) > 2 * self.nodes:
                self.complete = False
                self._some(dict.values(value), 0)
                parts = {}
            else:
                parts = self._parts(dict.items(value))
            self._rest_of_dict(value)
        elif kind == "list":
            self.ids.add(id(value))
            elements: list[object] = value
            parts = self._parts(enumerate(list.__iter__(elements))) if len(elements) <= _PARTS else None
            if parts is None:
                self._sequence(elements)
        elif kind == "frame":
            self.ids.add(id(value))
            parts = look_arrays.frame(self, value)
        elif kind == "class":
            parts = self._class(value)
        elif kind == "module":
            parts = self._module(value)
        elif kind == "instance":
            parts = self._instance(value)
        elif kind == "code":
            self.codes[id(value)] = value
            self.pieces.append(number_of(value))
        else:
            self.visit(value, 0)
        return Look(
            kind,
            package_of(value),
            hash((tuple(self.pieces), tuple(parts.items()) if parts is not None else None)),
            self.complete,
            parts,
            frozenset(self.ids),
            tuple(self.codes.values()),
            {name: tuple(codes) for name, codes in self.methods.items()},
            frozenset(self.classes),
            None,
            _size(value),
            hash(tuple(self.pieces)),
            id(value),
            tuple(self.paths),
            type(value).__name__,
            method_name(value) if kind in ("method", "function") else "",
            self.hooked,
        )

    def _kind(self, value: Any) -> str:
        if is_a(value, dict):
            return "dict" if type(value) in _DICTS else "instance"
        if type(value) is list:
            return "list"
        if is_a(value, types.ModuleType):
            return "module"
        if is_a(value, type):
            return "class" if self._is_users(value) else "atom"
        if is_a(value, types.FunctionType | types.MethodType | functools.partial):
            return "function"
        if type(value) in _ITERATORS or is_a(value, types.GeneratorType | io.IOBase) or type(value).__module__ == "itertools":
            return "iterator"
        named = look_arrays.kind_of(value)
        if named:
            return named
        if is_a(value, types.CodeType):
            return "code"
        if receiver_of(value) is not None:
            return "method"
        if type(value) in _NUMBERS or type(value) in _TEXTS or is_a(value, _FIXED):
            return "atom"
        held = dict_of(value) is not None or type(value).__module__ == "__main__"
        return "instance" if held else type(value).__name__.lower()

    def _parts(self, items: Any) -> dict[object, int] | None:
        """Digest of each item under its key."""
        parts: dict[object, int] = {}
        outer, self.pieces = self.pieces, []
        for key, element in items:
            if type(key) not in (str, int, bool, float, tuple, type(None)) or len(parts) >= 4 * _PARTS:
                self.visit(key, 1)
                self.visit(element, 1)
                outer += self.pieces
            elif type(element) in _NUMBERS and type(key) is not tuple:  # most lists are of such
                self.nodes -= 1
                parts[key] = hash((marshal.dumps(element, 2),))
            else:
                self.visit(element, 1)
                parts[key if type(key) is not tuple else str(key)] = hash(tuple(self.pieces))
            self.pieces = []
            if self.nodes <= 0:
                self.complete = False
                break
        self.pieces = outer
        return parts

    def visit(self, value: Any, depth: int) -> None:
        """Add a value to the digest."""
        self.nodes -= 1
        kind = type(value)
        if kind in _NUMBERS:
            self.pieces.append(marshal.dumps(value, 2))
            return
        if kind in _TEXTS:
            self.nodes -= len(value) // 5_000
            self.pieces.append((kind.__name__, value if len(value) < 200 else hash(value)))
            return
        if self.nodes <= 0 or depth > 40:
            self.complete = False
            return
        if kind not in _HOLDERS and self._is_fixed(value, kind, depth):
            return
        if id(value) in self.ids:
            self.pieces.append(("again", id(value), self._done.get(id(value))))
            return
        self.ids.add(id(value))
        if depth:
            self.pieces.append(("at", id(value)))  # another object with equal content is not the same: it may be changed elsewhere
        start = len(self.pieces)
        self._mutable(value, kind, depth)
        self._done[id(value)] = hash(tuple(self.pieces[start:]))

    def _is_fixed(self, value: Any, kind: type, depth: int) -> bool:
        """Add a value that cannot change; False where it is another."""
        if kind is tuple or kind is frozenset:
            self.pieces.append((kind.__name__, len(value)))
            self._elements(value, depth)
        elif kind.__module__ == "numpy" and look_arrays.is_scalar(value):
            self.pieces.append((kind.__name__, value.tobytes()))
        elif is_a(value, _FIXED) and receiver_of(value) is None:
            self._fixed(value)
        elif kind.__name__ == "cython_function_or_method" or is_a(value, types.ModuleType):
            self.pieces.append(id(value))
        elif is_a(value, type):
            self._reference(value)
        else:
            return False
        return True

    def _mutable(self, value: Any, kind: type, depth: int) -> None:
        if kind in (list, set, collections.deque, bytearray):
            self.pieces.append((kind.__name__, len(value), getattr(value, "maxlen", None) if kind is collections.deque else None))
            if kind is bytearray:
                self._bytes(value)
            else:
                self._elements(value, depth)
        elif kind in _DICTS:
            self.pieces.append((kind.__name__, len(value)))
            if len(value) > self.nodes:
                self.complete = False
            for key, element in itertools.islice(dict.items(value), max(self.nodes, 0)):
                self.visit(key, depth + 1)
                self.visit(element, depth + 1)
            self._rest_of_dict(value)
        elif look_arrays.visit(self, value, depth):
            return
        elif is_a(value, types.FunctionType):
            self._function(value, depth)
        elif is_a(value, types.MethodType):
            self.visit(value.__func__, depth + 1)
            if not look_arrays.is_global_stream(value.__self__):  # which is told by itself
                self.visit(value.__self__, depth + 1)
        elif receiver_of(value) is not None:
            self.pieces.append(value.__name__)
            self.visit(value.__self__, depth + 1)
        elif is_a(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self.visit(part, depth + 1)
        elif is_a(value, types.GeneratorType | types.CoroutineType):
            self._generator(value, depth)
        elif kind in _ITERATORS:
            self.pieces.append(kind.__name__)
            for part in value.__reduce__()[1:]:
                self.visit(part, depth + 1)
        elif is_a(value, random.Random):
            self.pieces.append(hash(random.Random.getstate(value)))
        elif is_a(value, io.IOBase):
            self._file(value)
        elif is_a(value, types.CellType):
            self._cell(value, depth)
        elif is_a(value, types.MappingProxyType | functools._lru_cache_wrapper):
            for part in gc.get_referents(value):
                if (is_a(part, types.FunctionType | dict) and part is not dict_of(value)) or is_a(part, types.FunctionType):
                    self.visit(part, depth + 1)
        else:
            self._object(value, kind, depth)

    def _fixed(self, value: Any) -> None:
        if is_a(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta | datetime.tzinfo | re.Match):
            self.pieces.append((type(value).__name__, hash(value) if not is_a(value, re.Match) else id(value)))
        elif is_a(value, decimal.Decimal | fractions.Fraction | range | slice | pathlib.PurePath | uuid.UUID):
            self.pieces.append((type(value).__name__, str(value)))
        else:
            self.pieces.append(number_of(value) if is_a(value, types.CodeType) else id(value))

    def _elements(self, value: Any, depth: int) -> None:
        """Elements of a builtin sequence or set; numbers and texts all at once."""
        if len(value) > 20 * self.nodes:
            self.complete = False
            self._some(value, depth)
            return
        kinds = set(map(type, value))
        if type(value) in (list, tuple) and kinds <= _NUMBERS:
            self.nodes -= len(value) // 20
            self.pieces.append(hash(marshal.dumps(list(value) if type(value) is tuple else value, 2)))
            return
        if kinds <= _TEXTS or (type(value) in (set, frozenset) and kinds <= _NUMBERS | _TEXTS):
            self.nodes -= len(value) // 10
            self.pieces.append(hash(value) if type(value) is frozenset else hash(frozenset(value) if type(value) is set else tuple(value)))
            if type(value) is set or type(value) is frozenset:
                self.pieces.append(tuple(sorted(k.__name__ for k in kinds)))
                self.pieces.append(-1 in value and (-2 not in value))  # hash(-1) == hash(-2)
            return
        if len(value) > self.nodes:
            self.complete = False
            self._some(value, depth)
            return
        for element in value:
            self.visit(element, depth + 1)

    def _sequence(self, value: list[object]) -> None:
        self.pieces.append(("list", len(value)))
        self._elements(value, 0)

    def _some(self, value: Any, depth: int) -> None:
        """The first elements, for the objects that they are."""
        for element in itertools.islice(iter(value), max(min(self.nodes, 10), 0)):
            self.visit(element, depth + 1)

    def _rest_of_dict(self, value: Any) -> None:
        if type(value) is collections.defaultdict:
            self.visit(value.default_factory, 1)

    def _bytes(self, value: bytearray) -> None:
        self.bytes_of(value, len(value))


def receiver_of(value: Any) -> Any:
    """The object that a method in C belongs to, where that may change; None for functions, methods of texts, of the global streams, …"""
    if not is_a(value, types.BuiltinFunctionType | types.MethodWrapperType):
        return None
    found = value.__self__
    kind = type(found)
    if kind in _NUMBERS or kind in _TEXTS or kind is tuple or kind is frozenset or is_a(found, (*_FIXED, type, types.ModuleType)):
        return None
    if look_arrays.kind_of(found) == "atom" or look_arrays.is_global_stream(found):
        return None
    return found


def method_name(value: Any) -> str:
    """Name of a method that comes with its object."""
    name = getattr(value, "__name__", "") if is_a(value, types.MethodType) or receiver_of(value) is not None else ""
    return name if isinstance(name, str) else ""


def _size(value: Any) -> int | None:
    if type(value) in (list, tuple, set, frozenset, dict, str, range, collections.deque) or type(value) in _DICTS:
        return len(value)
    return look_arrays.size_of(value)
