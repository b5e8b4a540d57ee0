"""Which run is meant when none is named.

A task or thread that has opened a run means that one (a context variable, so that concurrent tasks keep theirs apart). Worker threads
without one mean the run that the main thread has opened last, else the last that is open; in the main thread a run of
``start_run`` is meant, also in later cells.
"""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .runs import Run

_innermost: contextvars.ContextVar[Run | None] = contextvars.ContextVar("cellkeep_run", default=None)
_mutex = threading.Lock()
_open: list[tuple[Run, bool]] = []  # with: was it opened in the main thread?


def opened(run: Run, meant: bool = True) -> None:
    """Note an open run; unless ``meant`` is false, it is the one meant from now on in this context."""
    in_main = meant and _in_main_thread()
    with _mutex:
        _open.append((run, in_main))
    if meant:
        _innermost.set(run)


def closed(run: Run) -> None:
    """The run has ended."""
    with _mutex:
        _open[:] = [entry for entry in _open if entry[0] is not run]
    if _innermost.get() is run:
        _innermost.set(run.outer)


def swap(run: Run | None) -> Run | None:
    """Mean ``run`` in this context and return what was meant before (for generators, whose body runs piecewise)."""
    before = _innermost.get()
    _innermost.set(run)
    return before


def current() -> Run | None:
    """The run that ``log`` writes to."""
    found = enclosing()
    if found is None and _open and not _in_main_thread():
        with _mutex:
            return _open[-1][0] if _open else None
    return found


def enclosing() -> Run | None:
    """The run of which a new one becomes a child: never that of another task or of another worker thread."""
    found = _of_context()
    if found is not None or not _open:
        return found
    anywhere = not _in_main_thread()
    with _mutex:
        # A run of a `with` block belongs to the task that is in the block; one of start_run to the whole process.
        from_main = [run for run, main in _open if main and (anywhere or not run.scoped)]
    return from_main[-1] if from_main else None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _of_context() -> Run | None:
    run = _innermost.get()
    while run is not None and run.ended:
        run = run.outer
    return run


def open_runs() -> list[Run]:
    """Every open run of this process, oldest first."""
    with _mutex:
        return [run for run, _ in _open]


def forget_after_fork() -> list[Run]:
    """In a forked child: the parent's open runs, which stay current but are the parent's to end."""
    global _mutex
    _mutex = threading.Lock()
    return [run for run, _ in _open]
