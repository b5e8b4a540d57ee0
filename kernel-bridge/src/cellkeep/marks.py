"""Hidden state, told to the pages that show the notebook: after each cell and after each edit, where it has changed."""

from __future__ import annotations

from typing import Any

from .teller import Teller
from .tracker import tracker
from .values import cut
from .wire import NAME_LIMIT, Finding

_TRIES = 3
_TEXT_LIMIT = 1_000
_LIST_LIMIT = 1_000


_last: tuple[object, list[Finding]] = (None, [])


def findings() -> list[Finding]:
    """What is hidden in this kernel's state now; empty where no cells are recorded. Not in the thread in which cells run."""
    global _last
    state = _state()
    if state is None or _last[0] != state:
        found = _look()
        _last = state, found
    return list(_last[1])


def _state() -> object:
    """What the findings depend on: equal as long as nothing has run and nobody has edited."""
    from .kernel import recorder

    found, snapshots = recorder(), tracker().snapshots
    return None if found is None else (len(found.observer.executions), snapshots.cells_version)


def _look() -> list[Finding]:
    from .hidden_state import check_observed
    from .kernel import recorder

    recording = recorder()
    if recording is None:
        return []
    cells = tracker().snapshots.cells
    found: Any = []
    for attempt in range(_TRIES):
        try:
            found = check_observed(recording.observer, cells)
            break
        except RuntimeError:  # a cell has bound a name while the names were looked through
            if attempt == _TRIES - 1:
                return []
    return [
        {
            "cellId": cut(finding.cell_id, NAME_LIMIT) if finding.cell_id else None,
            "kind": finding.kind,
            "reason": cut(finding.reason, _TEXT_LIMIT),
            "orders": list(finding.executions)[:_LIST_LIMIT],
            "names": [cut(name, _TEXT_LIMIT) for name in finding.names][:_LIST_LIMIT],
        }
        for finding in found
    ]


class Marks(Teller):
    """The marks of the notebook's cells: what was told last, and whether it may have changed since."""

    what = "hidden state"

    def look(self) -> dict[str, Any]:
        """Look anew."""
        return {"type": "marks", "findings": findings()}
