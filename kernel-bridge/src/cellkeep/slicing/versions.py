"""Who made what a name stands for: the execution that bound it, those that changed it since, and who stored each of its parts.

A touch is ``{"name", "how", "sure"}``. Its name is a global name (``df``), a part of one (``df['price']``, ``model.alpha``), or other state
with a colon in it: ``random:numpy``, ``file:/data/a.csv``, ``module:pandas``, ``env:HOME``, ``cwd:``, ``figure:``, ``out:12``,
``magic:sql``.
``same:x`` beside ``x`` says that the binding made the same value as before, so that either will do; ``equal:x`` that it made an equal
one, in another object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, KeysView
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypedDict

from ..values import cut

_NEEDS_LIMIT = 2_000
_TOUCHES_LIMIT = 10_000
_TEXT_LIMIT = 1_000
How = Literal["bound", "changed", "deleted"]
#: More makers of one value than this are replaced by the last, where that needs the others.
_COMPACT = 50
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
    """Makers of what a name stands for now.

    ``binders`` made the object, whatever it holds; ``added`` has the parts that were new, in the order in which they came.
    """

    base: list[Maker] = field(default_factory=list)
    binders: list[Maker] = field(default_factory=list)
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
        self._states: dict[str, dict[str, None]] = {}

    def states(self, kind: str) -> KeysView[str]:
        """Touched state of one kind that is no name, in the order in which it came: ``file``, ``module``, ``env``.

        Asked in every cell, and global names may be thousands.

        Examples
        --------
        >>> found = Versions()
        >>> found.apply(0, [{"name": "file:/a.csv", "how": "bound", "sure": True}, {"name": "x", "how": "bound", "sure": True}])
        >>> list(found.states("file")), list(found.states("env"))
        (['file:/a.csv'], [])
        """
        return self._states.get(kind, {}).keys()

    def makers(self, name: str, parts: Iterable[str] | None = None) -> list[Maker]:
        """Who made what stands under this name."""
        version = self.of.get(name)
        return version.makers(parts) if version is not None else []

    def apply(self, order: int, touches: Iterable[Touch], absorbed: Iterable[str] = (), overwritten: Iterable[str] = ()) -> None:
        """An execution has touched these names.

        Parameters
        ----------
        order
            Of the execution.
        touches
            What it did.
        absorbed
            Names of which it needs all that came before, so that it stands for it from now on.
        overwritten
            Names whose content it has replaced, in the same object.
        """
        kept = set(absorbed)
        replaced = set(overwritten)
        for touch in touches:
            name, part = split(touch["name"])
            if name.startswith(("same:", "equal:")):
                continue
            maker = Maker(order, touch["how"], touch["sure"])
            if part:
                self._apply_part(name, part, maker)
            elif touch["how"] == "deleted":
                self.forget(name)
            elif (touch["how"] == "bound" and touch["sure"]) or name in kept:
                anew = touch["how"] == "bound" and name not in replaced
                self._put(name, Version([maker], [maker] if anew else self._binders(name)))
            else:
                self._version(name).changes.append(maker)

        for name in kept:
            version = self.of.get(name)
            if (
                version is not None
                and len(version.parts) + len(version.changes) > _COMPACT
                and any(maker.order == order for maker in version.makers())
            ):
                # A loop of a thousand `xs.append(…)` needs the last one, which needs the one before it.
                self.of[name] = Version([Maker(order, "changed", True)], self._binders(name))

    def forget(self, name: str) -> None:
        """Nothing is known of a name: it is gone, or was bound by what was not recorded."""
        self.of.pop(name, None)
        kind, colon, _ = name.partition(":")
        if colon:
            self._states.get(kind, {}).pop(name, None)

    def _put(self, name: str, version: Version) -> Version:
        self.of[name] = version
        kind, colon, _ = name.partition(":")
        if colon:
            self._states.setdefault(kind, {})[name] = None
        return version

    def _version(self, name: str) -> Version:
        found = self.of.get(name)
        return self._put(name, Version()) if found is None else found

    def _binders(self, name: str) -> list[Maker]:
        version = self.of.get(name)
        return version.binders if version is not None else []

    def _apply_part(self, name: str, part: str, maker: Maker) -> None:
        version = self._version(name)
        if maker.how == "deleted":
            version.parts.pop(part, None)
        elif maker.how == "bound":
            version.parts[part] = [maker]
        else:
            version.parts.setdefault(part, []).append(maker)


def within_limits(flow: Flow) -> Flow:
    """A record as the contract takes it: at most 2,000 needs and 10,000 touches, texts of at most 1,000 UTF-16 units.

    What is left out are the oldest needs and the last touches; no cell that a person writes comes near.
    """
    return {
        "needs": [
            {**need, "names": [cut(name, _TEXT_LIMIT) for name in need["names"]], "why": cut(need["why"], _TEXT_LIMIT)}
            for need in flow["needs"][-_NEEDS_LIMIT:]
        ],
        "touches": [{**touch, "name": cut(touch["name"], _TEXT_LIMIT)} for touch in flow["touches"][:_TOUCHES_LIMIT]],
    }
