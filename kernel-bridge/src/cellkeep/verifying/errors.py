"""Why a run cannot be verified, and why a verification failed."""

from __future__ import annotations


class CannotVerify(Exception):
    """Nothing can be said of this run; the text has the reason and what to do."""


class Failed(Exception):
    """The run could not be made again.

    ``order`` and ``cell_id`` name the execution where it stopped; None where none had begun.
    """

    def __init__(self, name: str, message: str, traceback: str = "", order: int | None = None, cell_id: str | None = None) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
        self.traceback = traceback
        self.order = order
        self.cell_id = cell_id


class Cancelled(Exception):
    """Somebody has stopped it."""
