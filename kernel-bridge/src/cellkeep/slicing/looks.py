"""A bounded look at a live value: what it is, a digest of its content, and which mutable objects it holds.

Two looks of the same object with equal, complete digests prove that nothing changed between them. A look that met its budget or an
object of unknown inside is incomplete and proves nothing. Looks copy no data, keep no object alive (code objects apart) and call no
code of the user: types are compared exactly, and attributes are read past ``__getattribute__``.
"""

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
from dataclasses import dataclass, field
from typing import Any, cast

from . import look_arrays

#: Nodes of one value and bytes of array data that one look may visit; about a microsecond a node, 0.4 ms a MB.
NODES = 300
BYTES = 1_000_000
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
_SKIPPED = {"__module__", "__dict__", "__weakref__", "__doc__", "__qualname__", "__abstractmethods__", "_abc_impl", "__annotations__"}
_SKIPPED |= {"__firstlineno__", "__static_attributes__", "__annotate_func__", "__annotations_cache__", "__classdictcell__"}
_HEAP_TYPE = 1 << 9


@dataclass(frozen=True)
class Look:
    """What was seen of one value.

    Attributes
    ----------
    kind : str
        ``atom`` (cannot change), ``dict``, ``list``, ``frame``, ``instance``, ``class``, ``module``, ``function``, ``iterator``, …
    package : str
        Top package of its type (of itself, where it is a module, class or function).
    digest : int
        Of all that was visited.
    complete : bool
        Whether that is all there is.
    parts : mapping of key to int, or None
        Digest of each key, column or attribute, in order, where the value has such.
    ids : frozenset of int
        ``id`` of each mutable object in it, itself included.
    codes, methods
        What calling it, or a method of it, may run: code of the user.
    classes : frozenset of str
        Names of the user's classes of objects in it.
    value : object
        The value itself where it is a number, a short text or None.
    size : int or None
        ``len`` where that is cheap.
    rest : int
        Digest of what is not among the parts.
    own : int
        ``id`` of the value; 0 for plain numbers and texts.
    paths
        Files that it holds open.
    """

    kind: str
    package: str = ""
    digest: int = 0
    complete: bool = True
    parts: Mapping[object, int] | None = None
    ids: frozenset[int] = frozenset()
    codes: tuple[types.CodeType, ...] = ()
    methods: Mapping[str, tuple[types.CodeType, ...]] = field(default_factory=dict)
    classes: frozenset[str] = frozenset()
    value: object = None
    size: int | None = None
    rest: int = 0
    own: int = 0
    paths: tuple[str, ...] = ()
    type_name: str = ""


class Budget:
    """What the looks after one cell may cost together."""

    def __init__(self, nodes: int = 800, data: int = BYTES) -> None:
        self.nodes = nodes
        self.data = data


def look(value: object, namespace: Mapping[str, object], budget: Budget | None = None) -> Look:
    """Look at a value of this namespace.

    Examples
    --------
    >>> look([1, 2], {}).digest == look([1, 2], {}).digest, look([1, 2], {}).digest == look([2, 1], {}).digest
    (True, False)
    """
    kind = type(value)
    if kind in _NUMBERS or (kind in _TEXTS and len(value) <= _TEXT):  # type: ignore[arg-type]
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


def package_of(value: object) -> str:
    """Top package of a module, class, function or of the type of anything else."""
    if isinstance(value, types.ModuleType):
        name: object = types.ModuleType.__getattribute__(value, "__dict__").get("__name__")
    elif isinstance(value, type):
        name = type.__getattribute__(value, "__module__")
    elif isinstance(value, types.FunctionType | types.BuiltinFunctionType):
        name = value.__module__
        if name is None:
            name = type(getattr(value, "__self__", None)).__module__
    else:
        name = type.__getattribute__(type(value), "__module__")
    return name.partition(".")[0] if isinstance(name, str) else ""


class Walk:
    """One value being visited."""

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
        self._classes_seen: set[int] = set()
        self._done: dict[int, int] = {}

    def outermost(self, value: object) -> Look:
        """The look of the value that was asked for."""
        kind = self._kind(value)
        parts: dict[object, int] | None = None
        if kind == "dict":
            self.ids.add(id(value))
            if len(value) > 2 * self.nodes:  # type: ignore[arg-type]
                self.complete = False
                self._some(dict.values(value), 0)  # type: ignore[arg-type]
                parts = {}
            else:
                parts = self._parts(dict.items(value))  # type: ignore[arg-type]
            self._rest_of_dict(value)
        elif kind == "list":
            self.ids.add(id(value))
            elements: list[object] = value  # type: ignore[assignment]
            parts = self._parts(enumerate(list.__iter__(elements))) if len(elements) <= _PARTS else None
            if parts is None:
                self._sequence(elements)
        elif kind == "frame":
            self.ids.add(id(value))
            parts = look_arrays.frame(self, value)
        elif kind == "class":
            parts = self._class(value)  # type: ignore[arg-type]
        elif kind == "module":
            parts = self._module(value)  # type: ignore[arg-type]
        elif kind == "instance":
            parts = self._instance(value)
        elif kind == "code":
            self.codes[id(value)] = value  # type: ignore[assignment]
            self.pieces.append(id(value))
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
        )

    def _kind(self, value: object) -> str:
        if isinstance(value, dict):
            return "dict" if type(value) in _DICTS else "instance"
        if type(value) is list:
            return "list"
        if isinstance(value, types.ModuleType):
            return "module"
        if isinstance(value, type):
            return "class" if self._is_users(value) else "atom"
        if isinstance(value, types.FunctionType | types.MethodType | functools.partial):
            return "function"
        if type(value) in _ITERATORS or isinstance(value, types.GeneratorType | io.IOBase) or type(value).__module__ == "itertools":
            return "iterator"
        named = look_arrays.kind_of(value)
        if named:
            return named
        if isinstance(value, types.CodeType):
            return "code"
        if type(value) in _NUMBERS or type(value) in _TEXTS or isinstance(value, _FIXED):
            return "atom"
        held = _dict_of(value) is not None or type(value).__module__ == "__main__"
        return "instance" if held else type(value).__name__.lower()

    def _is_users(self, value: type) -> bool:
        return type.__getattribute__(value, "__module__") == "__main__" and bool(value.__flags__ & _HEAP_TYPE)

    def _parts(self, items: Any) -> dict[object, int] | None:
        """Digest of each item under its key."""
        parts: dict[object, int] = {}
        outer, self.pieces = self.pieces, []
        for key, element in items:
            if type(key) not in (str, int, bool, float, tuple, type(None)) or len(parts) >= 4 * _PARTS:
                self.visit(key, 1)
                self.visit(element, 1)
                outer += self.pieces
            else:
                self.visit(element, 1)
                parts[key if type(key) is not tuple else str(key)] = hash(tuple(self.pieces))
            self.pieces = []
            if self.nodes <= 0:
                self.complete = False
                break
        self.pieces = outer
        return parts

    def visit(self, value: object, depth: int) -> None:
        """Add a value to the digest."""
        self.nodes -= 1
        kind = type(value)
        if kind in _NUMBERS:
            self.pieces.append(marshal.dumps(cast("Any", value), 2))
            return
        if kind in _TEXTS:
            self.nodes -= len(value) // 5_000  # type: ignore[arg-type]
            self.pieces.append((kind.__name__, value if len(value) < 200 else hash(value)))  # type: ignore[arg-type]
            return
        if self.nodes <= 0 or depth > 40:
            self.complete = False
            return
        if isinstance(value, _FIXED):
            self._fixed(value)
            return
        if kind in (tuple, frozenset):
            self.pieces.append((kind.__name__, len(value)))  # type: ignore[arg-type]
            self._elements(value, depth)
            return
        if isinstance(value, types.ModuleType):
            self.pieces.append(id(value))
            return
        if isinstance(value, type):
            self._reference(value)
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

    def _mutable(self, value: Any, kind: type, depth: int) -> None:
        if kind in (list, set, collections.deque, bytearray):
            self.pieces.append((kind.__name__, len(value), getattr(value, "maxlen", None) if kind is collections.deque else None))
            if kind is bytearray:
                self._bytes(value)
            else:
                self._elements(value, depth)
        elif isinstance(value, dict) and kind in _DICTS:
            self.pieces.append((kind.__name__, len(value)))
            if len(value) > self.nodes:
                self.complete = False
            for key, element in itertools.islice(dict.items(value), max(self.nodes, 0)):
                self.visit(key, depth + 1)
                self.visit(element, depth + 1)
            self._rest_of_dict(value)
        elif look_arrays.visit(self, value, depth):
            return
        elif isinstance(value, types.FunctionType):
            self._function(value, depth)
        elif isinstance(value, types.MethodType):
            self.visit(value.__func__, depth + 1)
            self.visit(value.__self__, depth + 1)
        elif isinstance(value, functools.partial):
            for part in (value.func, value.args, value.keywords):
                self.visit(part, depth + 1)
        elif isinstance(value, types.GeneratorType | types.CoroutineType):
            self._generator(value, depth)
        elif kind in _ITERATORS:
            self.pieces.append(kind.__name__)
            for part in value.__reduce__()[1:]:
                self.visit(part, depth + 1)
        elif isinstance(value, random.Random):
            self.pieces.append(hash(random.Random.getstate(value)))
        elif isinstance(value, io.IOBase):
            self._file(value)
        elif isinstance(value, types.CellType):
            self._cell(value, depth)
        elif isinstance(value, types.MappingProxyType | functools._lru_cache_wrapper):
            for part in gc.get_referents(value):
                if (isinstance(part, types.FunctionType | dict) and part is not _dict_of(value)) or isinstance(part, types.FunctionType):
                    self.visit(part, depth + 1)
        else:
            self._object(value, kind, depth)

    def _fixed(self, value: Any) -> None:
        if isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta | datetime.tzinfo | re.Match):
            self.pieces.append((type(value).__name__, hash(value) if not isinstance(value, re.Match) else id(value)))
        elif isinstance(value, decimal.Decimal | fractions.Fraction | range | slice | pathlib.PurePath | uuid.UUID):
            self.pieces.append((type(value).__name__, str(value)))
        else:
            self.pieces.append(id(value))

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
        for element in itertools.islice(iter(value), max(min(self.nodes, 30), 0)):
            self.visit(element, depth + 1)

    def _rest_of_dict(self, value: Any) -> None:
        if type(value) is collections.defaultdict:
            self.visit(value.default_factory, 1)

    def bytes_of(self, data: Any, size: int) -> None:
        """Add a buffer, where the budget has room for it."""
        if size > self.data:
            self.complete = False
            return
        self.data -= size
        self.nodes -= size // 20_000
        self.pieces.append(look_arrays.checksum(data))

    def _bytes(self, value: bytearray) -> None:
        self.bytes_of(value, len(value))

    def _reference(self, value: type) -> None:
        self.pieces.append(id(value))
        if self._is_users(value):
            self.note_class(value)

    def note_class(self, value: type) -> None:
        """A class of the user: what its methods and its construction may run."""
        for part in value.__mro__:
            if id(part) in self._classes_seen or not self._is_users(part):
                continue
            self._classes_seen.add(id(part))
            self.classes.add(part.__name__)
            for name, member in type.__getattribute__(part, "__dict__").items():
                for code in self._codes_of(member):
                    self.methods.setdefault(name, []).append(code)
                    self.nodes -= 1

    def _codes_of(self, member: Any) -> list[types.CodeType]:
        found: list[types.CodeType] = []
        if isinstance(member, staticmethod | classmethod):
            member = member.__func__
        if isinstance(member, property):
            functions: list[Any] = [member.fget, member.fset, member.fdel]
        elif isinstance(member, functools.cached_property):
            functions = [member.func]
        elif isinstance(member, functools._lru_cache_wrapper):
            functions = [getattr(member, "__wrapped__", None)]
        else:
            functions = [member]
        for function in functions:
            if isinstance(function, types.FunctionType):
                found.append(function.__code__)
                for cell in function.__closure__ or ():
                    with_function = _content(cell)
                    if isinstance(with_function, types.FunctionType) and with_function.__code__ not in found:
                        found.append(with_function.__code__)
        return found

    def _class(self, value: type) -> dict[object, int] | None:
        self.ids.add(id(value))
        self.note_class(value)
        for name in ("__init__", "__new__", "__post_init__", "__call__", "__init_subclass__", "__set_name__"):
            for code in self.methods.get(name, ()):
                self.codes[id(code)] = code
        constructing = dict(self.codes)
        members = type.__getattribute__(value, "__dict__")
        parts = self._parts([(name, _member(member)) for name, member in members.items() if name not in _SKIPPED])
        self.codes = constructing  # methods run by their names, not because the class is called
        return parts

    def _module(self, value: types.ModuleType) -> dict[object, int] | None:
        """A module's own state matters only where it is a file of the user; libraries are told by what cells do to them."""
        self.ids.add(id(value))
        self.pieces.append(id(value))
        members = types.ModuleType.__getattribute__(value, "__dict__")
        if not look_arrays.is_local_file(members.get("__file__")):
            return None
        kept = [
            (name, member)
            for name, member in members.items()
            if not name.startswith("__") and not isinstance(member, types.ModuleType | types.FunctionType | type)
        ]
        return self._parts(kept)

    def _function(self, value: types.FunctionType, depth: int) -> None:
        self.pieces.append(id(value.__code__))
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
        content = _content(cell)
        self.pieces.append("cell")
        if content is not cell:
            self.visit(content, depth + 1)

    def _generator(self, value: Any, depth: int) -> None:
        generator = isinstance(value, types.GeneratorType)
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
            self.bytes_of(content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content, size)
            return
        if value.closed:
            self.pieces.append("closed")
            return
        self.complete = False
        name = getattr(value, "name", None)
        if isinstance(name, str):
            self.paths.add(name)

    def _object(self, value: object, kind: type, depth: int) -> None:
        members = _dict_of(value)
        if members is None and not (kind.__flags__ & _HEAP_TYPE):
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
        members = _dict_of(value)
        return self._parts([*(members.items() if members is not None else ()), *slots])

    def _inner(self, value: Any, kind: type, slots: int, depth: int) -> None:
        """What a builtin base holds; a base in C of unknown inside leaves the look incomplete."""
        solid = next((part for part in kind.__mro__ if not part.__flags__ & _HEAP_TYPE), object)
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
                if not isinstance(part, type | types.ModuleType | types.FrameType):
                    self.visit(part, depth + 1)


_DICTS = {dict, collections.defaultdict, collections.OrderedDict, collections.Counter}


def _member(member: object) -> object:
    """A method counts by its code: a decorated or wrapped one by what it wraps."""
    while isinstance(member, staticmethod | classmethod):
        member = member.__func__
    if isinstance(member, property):
        return tuple(f.__code__ for f in (member.fget, member.fset, member.fdel) if isinstance(f, types.FunctionType))
    return member.__code__ if isinstance(member, types.FunctionType) and not member.__closure__ and not member.__defaults__ else member


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # still empty
        return cell


def _dict_of(value: object) -> dict[str, object] | None:
    try:
        found = object.__getattribute__(value, "__dict__")
    except Exception:
        return None
    return found if type(found) is dict else None


def _slots(kind: type) -> tuple[str, ...]:
    found = type.__getattribute__(kind, "__dict__").get("__slots__", ())
    return (found,) if isinstance(found, str) else tuple(name for name in found if isinstance(name, str))


def _slot(value: object, kind: type, name: str) -> object:
    try:
        return object.__getattribute__(value, name)
    except AttributeError:
        return None


def _size(value: Any) -> int | None:
    if type(value) in (list, tuple, set, frozenset, dict, str, range, collections.deque) or type(value) in _DICTS:
        return len(value)
    return look_arrays.size_of(value)


#: Digest of a part that is False.
FALSE = hash((marshal.dumps(False, 2),))
