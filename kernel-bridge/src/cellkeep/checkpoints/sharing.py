"""Which variables share objects. Those that do are stored together, so that a change through one is seen through the other again.

Found by pickling each on its own and looking at what the pickler has met: the objects that it remembers, less those that only it holds
(they were made by an object's own reduction) and less those that nobody can tell apart from a copy. All of them are held until every
variable has been looked at: the id of an object that is gone would be given to another one.
"""

from __future__ import annotations

import gc
import io
import pickle
import sys
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .pickles import Marker, Pickler

_WALK_LIMIT = 200_000
#: No one can change these, so that a copy does as well. Functions and classes of the notebook are told apart, but shared seldom.
_UNCHANGING: tuple[type, ...] = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    type(None),
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
)
_UNCHANGING += (types.CodeType, range, slice, frozenset, tuple, types.MappingProxyType, types.MethodType, Marker)


@dataclass
class Seen:
    """One variable. ``objects`` is what it holds, by id; ``problem`` says why it cannot be stored, empty where it can."""

    name: str
    objects: dict[int, Any] = field(default_factory=dict)
    roots: dict[int, Any] = field(default_factory=dict)
    problem: str = ""


@dataclass
class Group:
    """Variables that share objects, sorted by name."""

    names: list[str]
    roots: frozenset[int]
    problem: str = ""


def groups(variables: Mapping[str, Any], namespace: Mapping[str, Any]) -> list[Group]:
    """Sort variables into groups of those that belong together.

    A group with a member that cannot be stored has a ``problem``: loaded beside a re-executed one, the others would no longer share.
    """
    seen = [look(name, value, namespace) for name, value in variables.items()]
    leader = list(range(len(seen)))

    def find(at: int) -> int:
        while leader[at] != at:
            leader[at] = leader[leader[at]]
            at = leader[at]
        return at

    owner: dict[int, int] = {}
    for at, one in enumerate(seen):
        for known in one.objects.keys() | one.roots.keys():
            first = owner.setdefault(known, at)
            leader[find(at)] = find(first)
    members: dict[int, list[Seen]] = {}
    for at, one in enumerate(seen):
        members.setdefault(find(at), []).append(one)
    return [_group(sorted(found, key=lambda one: one.name)) for found in members.values()]


def _group(members: list[Seen]) -> Group:
    counts: dict[int, int] = {}
    for one in members:
        for root in one.roots:
            counts[root] = counts.get(root, 0) + 1
    # An array's memory that two variables see stays one; a view alone is stored without the rest of it.
    roots = frozenset(root for root, count in counts.items() if count > 1)
    problems = [f"`{one.name}` {one.problem}" for one in members if one.problem]
    return Group([one.name for one in members], roots, "; ".join(problems[:3]))


def look(name: str, value: Any, namespace: Mapping[str, Any]) -> Seen:
    """What this variable holds, and whether it can be pickled."""
    found = Seen(name)
    buffers: list[pickle.PickleBuffer] = []
    pickler = Pickler(io.BytesIO(), namespace, None, buffers)
    try:
        pickler.dump(value)
    except Exception as error:
        found.problem = f"cannot be stored ({type(error).__name__}: {str(error)[:200]})"
        found.objects = reachable(value)
        return found
    remembered = {key: held for key, (_, held) in pickler.memo.copy().items()}
    found.roots = _alive(pickler.seen_roots)
    del pickler, buffers
    found.objects = _alive(remembered)
    return found


def _alive(objects: dict[int, Any]) -> dict[int, Any]:
    """Without what nobody can change, and without most of what the pickling itself has made (only the dict holds it)."""
    numpy = sys.modules.get("numpy")
    ignored = (*_UNCHANGING, numpy.dtype) if numpy is not None else _UNCHANGING
    for key in list(objects):
        held = objects[key]
        # Three references: the dict's, this name's and the call's own.
        if sys.getrefcount(held) <= 3 or isinstance(held, ignored) or _is_global(held):
            del objects[key]
    return objects


def _is_global(held: Any) -> bool:
    """A function of an extension module, say: pickled by its name."""
    return callable(held) and isinstance(getattr(held, "__qualname__", None), str)


def reachable(value: Any) -> dict[int, Any]:
    """Objects that what cannot be pickled (a generator, a connection) may change or see change; at most 200,000 of them are looked at."""
    found: dict[int, Any] = {}
    front: list[Any] = [value]
    while front and len(found) < _WALK_LIMIT:
        one = front.pop()
        if id(one) in found or isinstance(one, _opaque()):
            continue
        found[id(one)] = one
        front.extend(_held_by(one))
    return found


def _held_by(one: Any) -> Iterable[Any]:
    frame = getattr(one, "gi_frame", None) or getattr(one, "cr_frame", None) or getattr(one, "ag_frame", None)
    if isinstance(frame, types.FrameType):
        return list(frame.f_locals.values())
    if isinstance(one, types.FrameType):
        return ()
    return gc.get_referents(one)


def _opaque() -> tuple[type, ...]:
    return (str, bytes, int, float, complex, type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.CodeType)
