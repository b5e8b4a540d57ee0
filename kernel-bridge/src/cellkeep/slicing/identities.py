"""What stands behind each name of a namespace at one moment, to tell afterwards which names a cell has bound or deleted.

Only addresses are kept, so that nothing lives longer than it would. A namespace is read twice a cell, whatever the cell does, and has
names of all cells before. Of 2,000 names a dictionary of ``id`` takes 0.3 ms and its comparison as much; their addresses as one block of
bytes take 0.05 ms, and as much to be compared.
"""

from __future__ import annotations

import ctypes
import sys
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import compress
from operator import ne
from typing import Any

_ADDRESS = array("Q").itemsize
_BLOCK = 64  # addresses compared at once; those of a block that differs one by one
_TRIES = 5


@dataclass(frozen=True)
class Difference:
    """What became of the names between two moments: those that are new, those that stand for something else, and those that are gone."""

    new: set[str]
    bound: set[str]
    gone: set[str]
    namespace: Mapping[str, Any]

    def was_there(self, name: str) -> bool:
        """Whether the name was there before; asked for a few names only, and a set of all of them would cost more than all else."""
        return name in self.gone if name not in self.namespace else name not in self.new


def unchanged(namespace: Mapping[str, Any]) -> Difference:
    """Where nothing has run: all names are as they were."""
    return Difference(set(), set(), set(), namespace)


class Identities:
    """The names of a namespace, in order, and the address of what each stands for."""

    __slots__ = ("_addresses", "_namespace", "names")

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self.names, values = _at_one_moment(namespace)
        self._addresses = _addresses_of(values)

    def is_same(self, other: Identities) -> bool:
        """Whether all names stand for what they stand for there."""
        return self._addresses == other._addresses and self.names == other.names

    def since(self, before: Identities) -> Difference:
        """What has become of the names since then. ``bound`` has the new ones too."""
        known = len(before.names)
        if self.names[:known] != before.names:  # some are gone, or came back: the others stand at other places
            old, now = dict(before._pairs()), dict(self._pairs())
            bound = {name for name, address in now.items() if old.get(name) != address}
            return Difference(now.keys() - old.keys(), bound, old.keys() - now.keys(), self._namespace)
        new = set(self.names[known:])
        return Difference(new, self._rebound(before, known) | new, set(), self._namespace)

    def _rebound(self, before: Identities, known: int) -> set[str]:
        """Of the first names, which are the same at both moments, those that stand for something else."""
        found: set[str] = set()
        mine, theirs, end = self._addresses, before._addresses, known * _ADDRESS
        for start in range(0, end, _BLOCK * _ADDRESS):
            stop = min(start + _BLOCK * _ADDRESS, end)
            now, then = mine[start:stop], theirs[start:stop]
            if now != then:
                at = start // _ADDRESS
                found.update(compress(self.names[at : at + _BLOCK], map(ne, array("Q", now), array("Q", then))))
        return found

    def _pairs(self) -> Iterator[tuple[str, int]]:
        return zip(self.names, array("Q", self._addresses), strict=True)


def _at_one_moment(namespace: Mapping[str, Any]) -> tuple[list[str], tuple[Any, ...]]:
    """Names and values that belong together, though other threads may bind names meanwhile.

    Raises
    ------
    RuntimeError
        They bind new names without end.
    """
    all_values = namespace.values()
    for _ in range(_TRIES):
        names, values = [*namespace], (*all_values,)  # no call stands between the two, so that no other thread comes in between
        if len(names) == len(values):
            return names, values
    raise RuntimeError("names come and go while they are read")


def _read_addresses(values: tuple[Any, ...]) -> bytes:
    """The block of addresses that a tuple is in CPython; what it would cost to ask each is 6 times as much."""
    return ctypes.string_at(id(values) + tuple.__basicsize__, _ADDRESS * len(values))


def _ask_addresses(values: tuple[Any, ...]) -> bytes:
    return array("Q", map(id, values)).tobytes()


def _is_readable() -> bool:
    """Whether this interpreter's tuples are as we take them to be."""
    sample: tuple[Any, ...] = (None, "text", 1.5, [], sys)
    is_known = sys.implementation.name == "cpython" and ctypes.sizeof(ctypes.c_void_p) == _ADDRESS
    return is_known and _read_addresses(sample) == _ask_addresses(sample)


_addresses_of = _read_addresses if _is_readable() else _ask_addresses
