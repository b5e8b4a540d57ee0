"""From what became of names and values to the touches of an execution: bound, changed, deleted, whole names or parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..tracker import existing_tracker
from .calling import Calls
from .calls import is_fitted
from .changes import Changes, part_name
from .findings import Findings, Keys
from .identities import Difference
from .looks import Look
from .versions import Touch

if TYPE_CHECKING:
    from .observer import Observer


@dataclass
class Bound:
    """Names that a cell has bound or deleted.

    Attributes
    ----------
    anew
        They stand for something else than before.
    again
        The cell binds them for sure, to what they stood for.
    gone
        Deleted.
    fresh
        Looks of those that are bound.
    since
        What the names of the whole namespace were.
    """

    anew: set[str]
    again: set[str]
    gone: set[str]
    fresh: Mapping[str, Look]
    since: Difference

    @property
    def names(self) -> set[str]:
        """All that are bound now."""
        return self.anew | self.again


def touches_of_names(observer: Observer, found: Findings, changes: Changes, bound: Bound) -> list[Touch]:
    """Touches of global names and of parts of their values."""
    touches: list[Touch] = []
    for name in sorted(bound.names):
        old, new = observer.looks.get(name), bound.fresh[name]
        if name in bound.again and name not in found.certain:
            continue
        same = old is not None and bound.since.was_there(name) and is_same(old, new)
        if same and name in found.reads:
            continue  # `n = max(n, 3)` that left n as it was: without it n is the same
        touches.append({"name": name, "how": "bound", "sure": True})
        if same:
            touches.append({"name": f"same:{name}", "how": "bound", "sure": True})
        elif old is not None and old.complete and new.complete and old.kind == new.kind and old.digest == new.digest:
            touches.append({"name": f"equal:{name}", "how": "bound", "sure": True})
    for name in sorted(bound.gone):
        touches.append({"name": name, "how": "deleted", "sure": True})
    for name, change in sorted(changes.found.items()):
        if name in found.overwrites and name in found.reads and found.reads[name] == frozenset():
            touches.append({"name": name, "how": "bound", "sure": True})
            continue
        seen = changes.looks.get(name)
        if name in found.refits and seen is not None and seen.parts is not None:
            fitted = [key for key in seen.parts if is_fitted(key)] if found.reads.get(name) is not None else []
            touches += [{"name": f"{name}.{key}", "how": "bound", "sure": True} for key in fitted]
            if fitted:
                continue
        if change.keys is None:
            touches.append({"name": name, "how": "changed", "sure": change.sure})
            continue
        touches += _touches_of_parts(observer, name, change.keys, change.sure, found)
    return touches


def _touches_of_parts(observer: Observer, name: str, keys: Keys, sure: bool, found: Findings) -> list[Touch]:
    """Parts of a value: one that is stored anew replaces what was there, unless that would change the order of the parts."""
    touches: list[Touch] = []
    old = observer.looks.get(name)
    kind = old.kind if old is not None else ""
    had = old.parts if old is not None and old.parts is not None else {}
    version = observer.versions.of.get(name)
    for key in sorted(keys or (), key=repr):
        part = part_name(key, kind)
        whole = f"{name}{part}"
        added = version.added if version is not None else []
        if (name, key) in found.part_deletes and part in added:
            touches.append({"name": whole, "how": "deleted", "sure": True})
            added.remove(part)
            continue
        replaces = found.part_stores.get((name, key), False)
        ordered = kind in ("dict", "frame")
        if ordered and replaces and part in added and added[-1] != part:
            replaces = False
        touches.append({"name": whole, "how": "bound" if replaces else "changed", "sure": sure})
        if key not in had and version is not None and part not in added:
            version.added.append(part)
    return touches


def touches_of_runs(observer: Observer, found: Findings, calls: Calls) -> list[Touch]:
    """Runs that were open in a cell which logs something."""
    owner = existing_tracker()
    if owner is None or not owner.recent:
        return []
    begun = {run.id for run in owner.recent if f"run:{run.id}" not in observer.versions.of}
    open_before, observer.open_runs = observer.open_runs, {run.id for run in owner.recent if not run.ended}
    names = {*found.reads, *calls.reads, *found.binds}
    logs = any(seen is not None and seen.package in ("cellkeep", "mlflow") for seen in (observer.looks.get(name) for name in names))
    touched = begun | (open_before if logs or found.attributes & {"log", "fit", "log_metric"} else set())
    return [{"name": f"run:{run}", "how": "changed", "sure": True} for run in sorted(touched)]


def is_same(old: Look, new: Look) -> bool:
    """Whether a name was bound to what it stood for already, in a way that nobody can tell: numbers, texts, modules, equal functions."""
    if old.kind != new.kind or not (old.complete and new.complete):
        return False
    if old.kind == "atom":
        return old.digest == new.digest and old.own == new.own if old.type_name else old.digest == new.digest
    if old.kind == "module":
        return old.own == new.own and old.parts is None
    return old.kind == "tuple" and old.digest == new.digest and not old.ids - {old.own} and not new.ids - {new.own}
