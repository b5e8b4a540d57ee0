"""``cellkeep.slice``: what was asked for, in the kernel that asks."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from .calling import expand
from .findings import Findings
from .identities import unchanged
from .selection import slice_of
from .slices import Slice, make_slice

if TYPE_CHECKING:
    from .observer import Observer


def slice_in_kernel(target: Any) -> Slice:
    """The slice of a name, a run, a run's id or an object; see ``cellkeep.slice``."""
    from ..kernel import recorder
    from ..runs import Run

    found = recorder()
    if found is None:
        raise RuntimeError(
            "no cells are recorded here: slices are made in an IPython kernel that has loaded the extension (`%load_ext cellkeep`)"
        )
    observer = found.observer
    if isinstance(target, Run):
        return slice_of_run(observer, target.id)
    if isinstance(target, str):
        if f"run:{target}" in observer.versions.of and not target.isidentifier():
            return slice_of_run(observer, target)
        return slice_of_name(observer, target)
    names = [name for name, value in list(observer.namespace.items()) if value is target and not observer.is_hidden(name)]
    if not names:
        raise ValueError(f"no variable holds this {type(target).__name__} object; give it a name, or ask for a variable's name")
    return slice_of_name(observer, names[0])


def slice_of_name(observer: Observer, name: str) -> Slice:
    """The slice of a global name.

    Raises
    ------
    KeyError
        There is no such variable; the message names close ones.
    LookupError
        It was there before cells were recorded.
    """
    if name not in observer.namespace or observer.is_hidden(name):
        known = [other for other in observer.namespace if not observer.is_hidden(other)]
        if f"run:{name}" in observer.versions.of:
            return slice_of_run(observer, name)
        close = difflib.get_close_matches(name, known, 3)
        hint = f"; did you mean {' or '.join(f'`{other}`' for other in close)}?" if close else ""
        raise NoSuchVariable(f"there is no variable `{name}` in this kernel{hint}")
    if not observer.versions.makers(name):
        raise LookupError(f"`{name}` was bound by no cell that was recorded here; load the extension before the first cell")
    reasons = slice_of(observer.executions, name, late_names(observer, name))
    return make_slice(name, observer.executions, reasons, observer.folder)


def slice_of_run(observer: Observer, run_id: str) -> Slice:
    """The slice of a run: the executions in which it was open and something was logged, with all that they need."""
    makers = observer.versions.makers(f"run:{run_id}")
    if not makers:
        raise LookupError(f"no cell of this kernel has made the run {run_id}")
    reasons = slice_of(observer.executions, [maker.order for maker in makers])
    return make_slice(f"run {run_id}", observer.executions, reasons, observer.folder)


class NoSuchVariable(KeyError):
    """No variable has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


def late_names(observer: Observer, name: str) -> list[str]:
    """Names that a function, a class or functions in a value read when they are called: without them it could be made, but not used."""
    seen = observer.looks.get(name)
    if seen is None or not (seen.codes or seen.kind == "class"):
        return []
    found = Findings(called={name: frozenset()}, reads={name: None})
    found.attributes |= set(seen.methods) if seen.kind in ("function", "class") else set()
    calls = expand(observer, found, {}, unchanged(observer.namespace))
    return [other for other in calls.reads if observer.versions.makers(other)]
