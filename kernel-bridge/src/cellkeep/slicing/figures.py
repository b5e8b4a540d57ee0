"""The current figure of pyplot: cells draw on it, and ask for it, without a name for it.

The inline backend closes figures at the end of each cell, so that nothing of this matters there; other backends keep them. Seen is
what cells call of the module (``plt.title``), not functions imported from it by name.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .calling import Calls
from .findings import Findings, Suspect
from .versions import Touch

if TYPE_CHECKING:
    from .observer import Observer

STATE = "figure:"
CHOSEN = "figure:chosen"
_ASKING = frozenset("gca gcf savefig getp sci gci".split())
_NOT_DRAWING = frozenset("figure subplots rcParams style cm colormaps get_cmap rc rc_context ion ioff show close".split())


def open_figures() -> tuple[int, ...]:
    """``id`` of each figure that pyplot holds; the current one is the last."""
    helpers: Any = sys.modules.get("matplotlib._pylab_helpers")
    if helpers is None:
        return ()
    try:
        return tuple(id(manager.canvas.figure) for manager in helpers.Gcf.figs.values())
    except (AttributeError, RuntimeError):
        return ()


def suspect_current(observer: Observer, found: Findings, calls: Calls, before: tuple[int, ...]) -> None:
    """Names of the figure that was current, or of its axes, are changed where a cell draws by pyplot."""
    if before and _used(observer, found, calls) - _NOT_DRAWING:
        for name in observer.holders.get(before[-1], ()):
            found.suspects.append(Suspect(name, "draws on the current figure of pyplot", True, None))


def touch_current(observer: Observer, found: Findings, calls: Calls, before: tuple[int, ...]) -> tuple[list[Touch], set[str]]:
    """What became of the current figure; and what a cell needs of it: all where it asks for what is on it, and where it draws which it is.

    A cell that draws does not need those that drew before: what it computes beside that is the same without them.
    """
    now = open_figures()
    if not now or now[-1] not in before:
        observer.versions.forget(CHOSEN)
    if not now:
        observer.versions.forget(STATE)
        return [], set()
    if now[-1] not in before:
        return [{"name": STATE, "how": "bound", "sure": True}], set()
    used = _used(observer, found, calls)
    draws = bool(used - _NOT_DRAWING - _ASKING)
    needs = {CHOSEN} if draws else set()
    if before[-1] != now[-1]:
        touches: list[Touch] = [{"name": STATE, "how": "changed", "sure": True}, {"name": CHOSEN, "how": "bound", "sure": True}]
        return touches, {STATE}
    return [{"name": STATE, "how": "changed", "sure": True}] if draws else [], needs | ({STATE} if used & _ASKING else set())


def _used(observer: Observer, found: Findings, calls: Calls) -> set[str]:
    """Functions of pyplot that a cell names, itself or in what it called."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    used: set[str] = set()
    for name in {*found.reads, *calls.reads}:
        if observer.namespace.get(name) is pyplot and pyplot is not None:
            keys = found.reads.get(name)
            used |= {key for key in keys if isinstance(key, str)} if keys is not None else set()
            if keys is None or name in calls.reads:
                used |= {attribute for attribute in calls.attributes if attribute in vars(pyplot)}
    return used
