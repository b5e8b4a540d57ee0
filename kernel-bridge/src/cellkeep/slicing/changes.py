"""Which objects a cell has really changed, and which other names share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from .calling import Calls
from .findings import Findings, Keys, Suspect
from .looks import Budget, Look

if TYPE_CHECKING:
    from .observer import Observer


class Change(NamedTuple):
    """Of one name: which parts (None: all of it), and whether that is proven."""

    keys: Keys
    sure: bool
    why: str


@dataclass
class Changes:
    """Changed names, and the new looks of all names that were looked at."""

    found: dict[str, Change] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)


def part_name(key: object, kind: str) -> str:
    """How a part is written behind the name.

    Examples
    --------
    >>> part_name("price", "frame"), part_name("alpha", "instance")
    ("['price']", '.alpha')
    """
    return f".{key}" if kind in ("instance", "class", "module") else f"[{key!r}]"


def find_changes(
    observer: Observer,
    found: Findings,
    calls: Calls,
    bound: set[str],
    fresh: Mapping[str, Look],
    budget: Budget,
) -> Changes:
    """Compare what a cell has mentioned, directly or through what it called, with the looks from before."""
    changes = Changes()
    suspects = _by_name(found, observer, fresh)
    mentioned = (set(found.reads) | set(suspects) | set(calls.reads) | set(found.called) | found.binds) & observer.looks.keys()
    mentioned |= {kind for name in mentioned for kind in observer.looks[name].classes if kind in observer.looks}
    names = sorted(name for name in mentioned if name in observer.namespace)
    for name in names:
        if name in bound:
            continue
        _compare(observer, name, suspects.get(name, []), calls, changes, budget)
    todo = list(changes.found)
    # `d["k"] = …` changes the dict itself, nothing of what it holds.
    own_only = {
        name for name, change in changes.found.items() if change.keys and all((name, key) in found.part_stores for key in change.keys)
    }
    for name in sorted(mentioned & bound):
        # What the name stood for may have been changed before it was bound anew, or by an augmented assignment.
        if observer.looks[name].kind != "atom" and (name in suspects or calls.may_change):
            todo.append(name)
    while todo:
        name = todo.pop()
        for other in _sharing(observer, name, changes, fresh, own_only):
            judged = other in changes.found or (other in changes.looks and changes.looks[other].complete)
            if judged or other in bound or other not in observer.namespace:
                continue
            if _compare(observer, other, [Suspect(other, f"shares an object with `{name}`", False, None)], None, changes, budget):
                todo.append(other)
    return changes


def _by_name(found: Findings, observer: Observer, fresh: Mapping[str, Look]) -> dict[str, list[Suspect]]:
    """Suspects for each name; what happens to a name that the cell has bound happens to where its object came from."""
    suspects: dict[str, list[Suspect]] = {}
    for suspect in found.suspects:
        todo, seen = [(suspect.name, suspect.keys)], set()
        while todo:
            name, keys = todo.pop()
            if name in seen:
                continue
            seen.add(name)
            suspects.setdefault(name, []).append(suspect._replace(keys=keys))
            if suspect.own and name == suspect.name and name not in found.binds:
                continue  # what has been put into it is not changed by that
            mine = fresh.get(name)
            for source in found.flow.get(name, ()):
                theirs = observer.looks.get(source)
                apart = mine is not None and theirs is not None and _are_apart(mine, theirs)
                if name not in found.binds or not apart:
                    todo.append((source, None))
    return suspects


def _compare(observer: Observer, name: str, suspects: list[Suspect], calls: Calls | None, changes: Changes, budget: Budget) -> bool:
    old = observer.looks[name]
    if old.kind == "atom" or (old.kind == "module" and old.parts is None):
        return False
    new = observer.look_at(name, budget)
    changes.looks[name] = new
    if old.own != new.own and old.own and new.own:
        return False  # bound anew by something else; told as such
    if old.complete and new.complete:
        if old.digest == new.digest:
            return False
        changes.found[name] = Change(_changed_keys(old, new), True, "")
        return True
    if calls is not None and not calls.may_change:
        # What was passed to the user's own functions, none of which stores into anything.
        suspects = [s for s in suspects if not (s.callee and _is_users(observer, s.callee))]
    if not suspects:
        return False
    keys: Keys = frozenset()
    for suspect in suspects:
        keys = None if keys is None or suspect.keys is None else keys | suspect.keys
    changes.found[name] = Change(keys, any(suspect.sure for suspect in suspects), suspects[0].why)
    return True


def _is_users(observer: Observer, callee: str) -> bool:
    found = observer.looks.get(callee)
    return found is not None and bool(found.codes)


def _changed_keys(old: Look, new: Look) -> Keys:
    """Parts that differ; None where something else does, or their order."""
    if old.parts is None or new.parts is None or old.rest != new.rest:
        return None
    if [key for key in old.parts if key in new.parts] != [key for key in new.parts if key in old.parts]:
        return None
    return frozenset(key for key in {*old.parts, *new.parts} if old.parts.get(key) != new.parts.get(key))


def _sharing(observer: Observer, name: str, changes: Changes, fresh: Mapping[str, Look], own_only: set[str]) -> set[str]:
    """Names that hold an object which this name holds or held."""
    looks = [seen for seen in (observer.looks.get(name), changes.looks.get(name), fresh.get(name)) if seen is not None]
    ids: set[int] = set()
    for seen in looks:
        ids |= {seen.own} if name in own_only else seen.ids
    found = {other for held in ids for other in observer.holders.get(held, ())}
    mine = observer.tokens.get(name, frozenset())
    closed = all(is_closed(seen) for seen in looks)
    if name in own_only:  # of others only those that may hold the object itself
        mine, closed = observer.above.get(name, frozenset()), True
    if mine:
        found |= {
            other for other, theirs in observer.tokens.items() if mine & theirs and not (closed and is_closed(observer.looks.get(other)))
        }
    return {other for other in found if other != name and other in observer.looks}


def keep_tokens(observer: Observer, found: Findings, bound: set[str]) -> None:
    """Names whose objects may come of the same place share a token: asked where looks could not see all that a value holds.

    ``above`` has the tokens of what a name's object was taken from.
    """
    tokens, above = observer.tokens, observer.above
    old = dict(tokens)
    for name in bound | (found.flow.keys() & observer.looks.keys()):
        seen = observer.looks.get(name)
        if seen is None or seen.kind == "atom":
            tokens.pop(name, None)
            above.pop(name, None)
            continue
        sources = found.sources(found.flow.get(name, set())) | ({name} if name in found.reads or name not in bound else set())
        own = frozenset() if name in old and name not in bound else frozenset([observer.new_token()])
        tokens[name] = own.union(*(old.get(source, frozenset()) for source in sources))
        if name in bound:
            above[name] = (tokens[name] - own) if name in found.takes or name not in found.binds else frozenset()
    for name in bound & tokens.keys():  # of names that this cell has bound as well
        sources = found.sources(found.flow.get(name, set())) & bound & tokens.keys()
        taken = frozenset().union(*(tokens[source] for source in sources))
        tokens[name] |= taken
        if name in found.takes:
            above[name] = above.get(name, frozenset()) | taken


def is_closed(found: Look | None) -> bool:
    """Whether all mutable objects in a value are known, be its content as large as it may."""
    return found is None or found.complete or found.kind in ("frame", "series", "array", "random", "figure")


def _are_apart(one: Look, other: Look) -> bool:
    """Whether two values share no object for sure."""
    return "atom" in (one.kind, other.kind) or (is_closed(one) and is_closed(other) and not one.ids & other.ids)
