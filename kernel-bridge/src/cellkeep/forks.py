"""Forks and worker threads: a fork must not happen in the midst of a worker's first import.

A forked child has only the thread that forked. A module that another thread was just importing stays half made in the child for good, so
a fork waits for such an import to end (up to 0.2 s, once a process).
"""

from __future__ import annotations

import os
import threading

importing = threading.Lock()
"""Held by worker threads while they import something heavy."""
has_forked = threading.Event()
"""Set once this process has made a child by fork: it may leave a spool behind."""


def _in_parent() -> None:
    importing.release()
    has_forked.set()


def _in_child() -> None:
    importing.release()
    has_forked.clear()


os.register_at_fork(before=importing.acquire, after_in_parent=_in_parent, after_in_child=_in_child)
