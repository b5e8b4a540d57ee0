"""``%cellkeep``: the state of this kernel; ``%cellkeep runs``, ``%cellkeep check``, ``%cellkeep flush``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .state import Status
from .tracker import tracker

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_FLUSH_TIMEOUT = 30.0  # seconds
_CONNECT_TIMEOUT = 2.0


def cellkeep_magic(line: str) -> Status | str | None:
    """Show the state of the bridge.

    ``%cellkeep`` or ``%cellkeep status``: connection, what waits, runs. ``%cellkeep runs``: the runs alone, as text.
    ``%cellkeep check``: where the kernel holds what the notebook does not say.
    ``%cellkeep flush``: wait, at most 30 s, until the server has everything.
    """
    word = line.strip()
    if word in ("", "status"):
        tracker().connect(wait=_CONNECT_TIMEOUT)
        return Status(tracker())
    if word == "runs":
        found = Status(tracker()).runs
        print("\n".join(f"{run['status']:9} {run['name']}  {run['id']}" for run in found) or "no runs yet")
        return None
    if word == "check":
        from .hidden_state import check_kernel

        print(repr(check_kernel()))
        return None
    if word == "flush":
        done = tracker().flush(_FLUSH_TIMEOUT, give_up_offline=True)
        status = Status(tracker())
        print("the server has everything" if done else f"{status.waiting} records wait: {status.problem or 'no answer in time'}")
        return None
    print(f"%cellkeep {word}: unknown; write %cellkeep, %cellkeep runs, %cellkeep check or %cellkeep flush")
    return None


def register(shell: InteractiveShell) -> None:
    """Offer the magic in this shell."""
    shell.register_magic_function(cellkeep_magic, "line", "cellkeep")
