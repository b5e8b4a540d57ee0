"""What the walk through one cell's syntax finds; filled by ``expressions.py`` and ``statements.py``, read by ``observer.py``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from .looks import Look
from .syntax import Magic

Key = object
Keys = frozenset[Key] | None
"""Keys, columns or attributes of a value; None is all of it, the empty set only that it is there."""
NOTHING: frozenset[str] = frozenset()


class Suspect(NamedTuple):
    """A place that may change an object in place; ``own``: nothing of what that object holds."""

    name: str
    why: str
    sure: bool
    keys: Keys
    callee: str = ""
    own: bool = False


class Effect(NamedTuple):
    """Something done to a library's state: to one attribute, or ``*``."""

    package: str
    key: str


@dataclass
class Before:
    """What was known when the cell began; the walk asks nothing else."""

    look: Callable[[str], Look | None]
    exists: Callable[[str], bool]


@dataclass
class Findings:
    """Of the part of a cell that ran.

    ``reads`` has names that may be taken from before the cell; ``flow`` says of names bound in the cell from which names their objects
    may come; ``takes`` are those of them that are bound to anything but a new object, which nothing else holds; ``refits`` are estimators
    that are fitted anew, ``overwrites`` names whose whole content is replaced; ``called`` are names whose code may run, each with the names
    that were certainly bound before that. ``handed`` are objects that code of a library has got, which may call any of their methods.
    ``patterns`` are those of files that the cell lists; None is one that only the running code knows.
    """

    reads: dict[str, Keys] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    binds: set[str] = field(default_factory=set)
    takes: set[str] = field(default_factory=set)
    certain: set[str] = field(default_factory=set)
    unbinds: set[str] = field(default_factory=set)
    suspects: list[Suspect] = field(default_factory=list)
    part_stores: dict[tuple[str, Key], bool] = field(default_factory=dict)
    part_deletes: set[tuple[str, Key]] = field(default_factory=set)
    refits: set[str] = field(default_factory=set)
    overwrites: set[str] = field(default_factory=set)
    called: dict[str, frozenset[str]] = field(default_factory=dict)
    handed: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    flow: dict[str, set[str]] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)
    seeds: dict[str, bool] = field(default_factory=dict)
    magics: list[Magic] = field(default_factory=list)
    outputs: set[int] = field(default_factory=set)
    inputs: set[int] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    stars: set[str] = field(default_factory=set)
    wildcards: set[str] = field(default_factory=set)
    environment: set[str] = field(default_factory=set)
    environment_whole: bool = False
    reads_last_output: int = 0
    patterns: list[str | None] = field(default_factory=list)
    everything: str = ""
    stringifies: bool = False
    functions: dict[str, list[ast.AST]] = field(default_factory=dict)

    def read(self, name: str, keys: Keys, why: str = "") -> None:
        """Note that a name is read; all of it, or more of its keys."""
        if name in self.reads:
            known = self.reads[name]
            self.reads[name] = None if known is None or keys is None else known | keys
        else:
            self.reads[name] = keys
        if why:
            self.reasons.setdefault(name, why)

    def sources(self, names: frozenset[str] | set[str]) -> set[str]:
        """The names with all from which their objects may come."""
        found: set[str] = set()
        todo = list(names)
        while todo:
            name = todo.pop()
            if name not in found:
                found.add(name)
                todo += self.flow.get(name, ())
        return found
