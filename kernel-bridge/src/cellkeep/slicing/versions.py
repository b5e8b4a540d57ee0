"""Who made what a name stands for: the execution that bound it, those that changed it since, and who stored each of its parts.

A touch is ``{"name", "how", "sure"}``. Its name is a global name (``df``), a part of one (``df['price']``, ``model.alpha``), or other state
with a colon in it: ``random:numpy``, ``file:/data/a.csv``, ``module:pandas``, ``env:HOME``, ``cwd:``, ``out:12``, ``magic:sql``.
``same:x`` beside ``x`` says that the binding made the same value as before, so that either will do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypedDict

How = Literal["bound", "changed", "deleted"]
_PART = re.compile(r"(module:[^.\[]+|[^\W\d]\w*)([.\[].*)\Z", re.DOTALL)


class Touch(TypedDict):
    """A name that an execution has bound, changed or deleted."""

    name: str
    how: How
    sure: bool


class Need(TypedDict):
    """An earlier execution that an execution depends on, by which names and why."""

    order: int
    names: list[str]
    why: str
    sure: bool


class Flow(TypedDict):
    """What an execution needed and touched."""

    needs: list[Need]
    touches: list[Touch]


class Maker(NamedTuple):
    """An execution that made a part of a value."""

    order: int
    how: How
    sure: bool


@dataclass
class Version:
    """Makers of what a name stands for now. ``added`` has the parts that were new, in the order in which they came."""

    base: list[Maker] = field(default_factory=list)
    changes: list[Maker] = field(default_factory=list)
    parts: dict[str, list[Maker]] = field(default_factory=dict)
    added: list[str] = field(default_factory=list)

    def makers(self, parts: Iterable[str] | None = None) -> list[Maker]:
        """Makers of all of it, or of some parts of it."""
        found = [*self.base, *self.changes]
        for part in self.parts if parts is None else parts:
            found += self.parts.get(part, [])
        return found


def split(name: str) -> tuple[str, str]:
    """A touch's name as root and part; the part is empty where it is all of it.

    Examples
    --------
    >>> split("df['price']"), split("x"), split("file:/a/b.csv"), split("module:math.pi")
    (('df', "['price']"), ('x', ''), ('file:/a/b.csv', ''), ('module:math', '.pi'))
    """
    found = _PART.match(name)
    return (found[1], found[2]) if found else (name, "")


class Versions:
    """The version of every name after some executions."""

    def __init__(self) -> None:
        self.of: dict[str, Version] = {}

    def makers(self, name: str, parts: Iterable[str] | None = None) -> list[Maker]:
        """Who made what stands under this name."""
        version = self.of.get(name)
        return version.makers(parts) if version is not None else []

    def apply(self, order: int, touches: Iterable[Touch], absorbed: Iterable[str] = ()) -> None:
        """An execution has touched these names.

        Parameters
        ----------
        order
            Of the execution.
        touches
            What it did.
        absorbed
            Names of which it needs all that came before, so that it stands for it from now on.
        """
        kept = set(absorbed)
        for touch in touches:
            name, part = split(touch["name"])
            if name.startswith("same:"):
                continue
            maker = Maker(order, touch["how"], touch["sure"])
            if part:
                self._apply_part(name, part, maker)
            elif touch["how"] == "deleted":
                self.of.pop(name, None)
            elif touch["how"] == "bound" and touch["sure"]:
                self.of[name] = Version([maker])
            elif name in kept:
                self.of[name] = Version([maker])
            else:
                self.of.setdefault(name, Version()).changes.append(maker)

    def _apply_part(self, name: str, part: str, maker: Maker) -> None:
        version = self.of.setdefault(name, Version())
        if maker.how == "deleted":
            version.parts.pop(part, None)
        elif maker.how == "bound":
            version.parts[part] = [maker]
        else:
            version.parts.setdefault(part, []).append(maker)
