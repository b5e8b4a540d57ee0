"""How looks see objects of the user: classes, functions and what they hold, generators, open files, instances."""

from __future__ import annotations

import collections
import functools
import gc
import io
import itertools
import sys
import types
from collections.abc import Mapping
from typing import Any

from . import look_arrays
from .looks import is_a, number_of

_SKIPPED = {"__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__abstractmethods__", "_abc_impl", "__annotations__"}
_SKIPPED |= {"__firstlineno__", "__static_attributes__", "__annotate_func__", "__annotations_cache__", "__classdictcell__"}
HEAP_TYPE = 1 << 9
#: Modules whose classes call no methods of those that derive from them, special ones apart.
_PLAIN = {"builtins", "abc", "typing", "enum", "collections", "collections.abc", "_collections_abc", "types", "dataclasses"}


class Objects:
    """The lower half of a walk through a value."""

    def __init__(self, namespace: Mapping[str, object], nodes: int, data: int) -> None:
        self.namespace = namespace
        self.nodes = nodes
        self.data = data
        self.pieces: list[object] = []
        self.ids: set[int] = set()
        self.codes: dict[int, types.CodeType] = {}
        self.methods: dict[str, list[types.CodeType]] = {}
        self.classes: set[str] = set()
        self.paths: set[str] = set()
        self.complete = True
        self.hooked = False
        self._classes_seen: set[int] = set()
        self._done: dict[int, int] = {}

    def bytes_of(self, data: Any, size: int) -> None:
        """Add a buffer, where the budget has room for it."""
        if size > self.data:
            self.complete = False
            return
        self.data -= size
        self.nodes -= size // 20_000
        self.pieces.append(look_arrays.checksum(data))

    def visit(self, value: Any, depth: int) -> None:
        """Add a value to the digest; the upper half knows how."""
        raise NotImplementedError

    def _parts(self, items: Any) -> dict[object, int] | None:
        """Digest of each item under its key; the upper half knows how."""
        raise NotImplementedError

    def _is_users(self, value: type) -> bool:
        return type.__getattribute__(value, "__module__") == "__main__" and bool(value.__flags__ & HEAP_TYPE)

    def _reference(self, value: type) -> None:
        self.pieces.append(id(value))
        if self._is_users(value):
            self.note_class(value)

    def note_class(self, value: type) -> None:
        """A class of the user: what its methods and its construction may run, those of its metaclass with them."""
        kind: type = type(value)
        for part in value.__mro__ + kind.__mro__:
            if not self._is_users(part):
                self.hooked = self.hooked or type.__getattribute__(part, "__module__") not in _PLAIN
                continue
            if id(part) in self._classes_seen:
                continue
            self._classes_seen.add(id(part))
            self.classes.add(part.__name__)
            for name, member in type.__getattribute__(part, "__dict__").items():
                for code in self._codes_of(member):
                    self.methods.setdefault(name, []).append(code)
                    self.nodes -= 1

    def _codes_of(self, member: Any) -> list[types.CodeType]:
        found: list[types.CodeType] = []
        if is_a(member, staticmethod | classmethod):
            member = member.__func__
        if is_a(member, property):
            functions: list[Any] = [member.fget, member.fset, member.fdel]
        elif is_a(member, functools.cached_property):
            functions = [member.func]
        elif is_a(member, functools._lru_cache_wrapper):
            functions = [getattr(member, "__wrapped__", None)]
        else:
            functions = [member]
        for function in functions:
            if is_a(function, types.FunctionType):
                found.append(function.__code__)
                for cell in function.__closure__ or ():
                    with_function = content_of(cell)
                    if type(with_function) is types.FunctionType and with_function.__code__ not in found:
                        found.append(with_function.__code__)
        return found

    def _class(self, value: type) -> dict[object, int] | None:
        self.ids.add(id(value))
        self.pieces.append(tuple(map(id, type.__getattribute__(value, "__bases__"))))
        self.note_class(value)
        for name in ("__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__"):
            for code in self.methods.get(name, ()):
                self.codes[id(code)] = code
        constructing = dict(self.codes)
        members = type.__getattribute__(value, "__dict__")
        parts = self._parts([(name, _member(member)) for name, member in members.items() if name not in _SKIPPED])
        self.codes = constructing  # methods run by their names, not because the class is called
        return parts

    def _annotations(self, value: types.FunctionType, depth: int) -> None:
        """From Python 3.14 on they are code that makes them, which is not run."""
        made_by: Any = getattr(value, "__annotate__", None)
        if is_a(made_by, types.FunctionType):
            self.pieces.append(number_of(made_by.__code__))
        elif sys.version_info < (3, 14) and value.__annotations__:
            self.visit(value.__annotations__, depth + 1)

    def _module(self, value: types.ModuleType) -> dict[object, int] | None:
        """A module's own state matters only where it is a file of the user; libraries are told by what cells do to them."""
        self.ids.add(id(value))
        self.pieces.append(id(value))
        members = types.ModuleType.__getattribute__(value, "__dict__")
        if not look_arrays.is_local_file(members.get("__file__")):
            return None
        kept = [
            (name, _member(member)) for name, member in members.items() if not name.startswith("__") and not is_a(member, types.ModuleType)
        ]
        return self._parts(kept)

    def _function(self, value: types.FunctionType, depth: int) -> None:
        module = sys.modules.get(value.__module__) if type(value.__module__) is str else None
        of_module = types.ModuleType.__getattribute__(module, "__dict__") if is_a(module, types.ModuleType) else None
        known = value.__globals__ is self.namespace or value.__globals__ is of_module
        # One that is defined again as it was has equal code; names of a namespace of its own may be others.
        self.pieces.append(number_of(value.__code__) if known else id(value.__code__))
        self._annotations(value, depth)
        if value.__globals__ is self.namespace or value.__module__ == "__main__":
            self.codes[id(value.__code__)] = value.__code__
        elif not value.__closure__ and not look_arrays.is_local_file(value.__code__.co_filename):
            return
        for part in (value.__defaults__, value.__kwdefaults__, value.__dict__ or None):
            if part is not None:
                self.visit(part, depth + 1)
        for cell in value.__closure__ or ():
            self._cell(cell, depth)

    def _cell(self, cell: types.CellType, depth: int) -> None:
        self.ids.add(id(cell))
        content = content_of(cell)
        self.pieces.append("cell")
        if content is not cell:
            self.visit(content, depth + 1)

    def _generator(self, value: Any, depth: int) -> None:
        generator = is_a(value, types.GeneratorType)
        frame = value.gi_frame if generator else value.cr_frame
        code = value.gi_code if generator else value.cr_code
        if code.co_filename.startswith(("<ipython", "<string>")) or "ipykernel" in code.co_filename:
            self.codes[id(code)] = code
        if frame is None:
            self.pieces.append("ended")
            return
        self.pieces.append((id(code), frame.f_lasti))
        for name, local in frame.f_locals.items():
            self.pieces.append(name)
            self.visit(local, depth + 1)
        if generator and value.gi_yieldfrom is not None:
            self.visit(value.gi_yieldfrom, depth + 1)

    def _file(self, value: Any) -> None:
        if type(value) in (io.StringIO, io.BytesIO):
            if value.closed:
                self.pieces.append("closed")
                return
            content = value.getvalue() if type(value) is io.StringIO else value.getbuffer()
            size = len(content)
            self.pieces.append((value.tell(), size))
            self.bytes_of(content.encode("utf-8", "surrogatepass") if is_a(content, str) else content, size)
            return
        if value.closed:
            self.pieces.append("closed")
            return
        self.complete = False
        name = getattr(value, "name", None)
        if isinstance(name, str):
            self.paths.add(name)

    def _object(self, value: object, kind: type, depth: int) -> None:
        members = dict_of(value)
        if members is None and not (kind.__flags__ & HEAP_TYPE):
            self._opaque(value, depth)
            return
        parts = self._instance(value, depth)
        self.pieces.append(tuple(parts.items()) if parts is not None else None)

    def _instance(self, value: object, depth: int = 0) -> dict[object, int] | None:
        self.ids.add(id(value))
        kind = type(value)
        if self._is_users(kind):
            self.note_class(kind)
        slots = [
            (name, _slot(value, kind, name)) for part in kind.__mro__ for name in _slots(part) if name not in ("__dict__", "__weakref__")
        ]
        self._inner(value, kind, len(slots), depth)
        members = dict_of(value)
        return self._parts([*(members.items() if members is not None else ()), *slots])

    def _inner(self, value: Any, kind: type, slots: int, depth: int) -> None:
        """What a builtin base holds; a base in C of unknown inside leaves the look incomplete."""
        solid = next((part for part in kind.__mro__ if not part.__flags__ & HEAP_TYPE), object)
        if solid is object or solid is BaseException or issubclass(kind, BaseException):
            # A class in Python is no larger than its head, dict, weak references and slots; what is, has a state of its own in C.
            if solid is object and kind.__basicsize__ > object.__basicsize__ + 8 * (slots + 2):
                self._opaque(value, depth)
        elif solid in (list, tuple, set, frozenset, collections.deque):
            self.pieces.append((solid.__name__, solid.__len__(value)))
            for element in itertools.islice(solid.__iter__(value), max(self.nodes, 0)):
                self.visit(element, depth + 1)
        elif issubclass(solid, dict):
            for key, element in itertools.islice(dict.items(value), max(self.nodes, 0)):
                self.visit(key, depth + 1)
                self.visit(element, depth + 1)
        elif solid in (int, float, complex, bool):
            self.pieces.append(solid.__repr__(value))
        elif solid in (str, bytes):
            self.pieces.append(solid.__hash__(value))
        else:
            self._opaque(value, depth)

    def _opaque(self, value: object, depth: int) -> None:
        self.complete = False
        self.pieces.append(id(value))
        if depth < 4:
            for part in itertools.islice(gc.get_referents(value), 20):
                if not is_a(part, type | types.ModuleType | types.FrameType):
                    self.visit(part, depth + 1)


def _member(member: Any) -> object:
    """A method counts by its code: a decorated or wrapped one by what it wraps."""
    while is_a(member, staticmethod | classmethod):
        member = member.__func__
    if is_a(member, property):
        return tuple(f.__code__ for f in (member.fget, member.fset, member.fdel) if is_a(f, types.FunctionType))
    return member.__code__ if is_a(member, types.FunctionType) and not member.__closure__ and not member.__defaults__ else member


def content_of(cell: types.CellType) -> object:
    """Content of a closure's cell; the cell itself while it is empty."""
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return cell


def dict_of(value: object) -> dict[str, object] | None:
    """Attributes of an object, past anything that the user has put in their way."""
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return None
    return found if type(found) is dict else None


def _slots(kind: type) -> tuple[str, ...]:
    found = type.__getattribute__(kind, "__dict__").get("__slots__", ())
    return (found,) if is_a(found, str) else tuple(name for name in found if is_a(name, str))


def _slot(value: object, kind: type, name: str) -> object:
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None
