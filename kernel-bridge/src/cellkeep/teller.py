"""Tells pages something about the kernel that is looked for after a cell, where it has changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any, ClassVar

from .tracker import logger


class Teller:
    """What was told last, and whether it may have changed since.

    Parameters
    ----------
    send
        Sends a message to every page.
    told
        What pages take for granted: the first message is sent only where it is another one.
    """

    #: For the log, where it cannot be looked for.
    what: ClassVar[str] = ""

    def __init__(self, send: Callable[[dict[str, Any]], object], told: dict[str, Any] | None = None) -> None:
        self._send = send
        self._due = threading.Event()
        self._told = json.dumps(told)
        self.message: dict[str, Any] | None = None

    def due(self) -> None:
        """A cell has ended, or was edited."""
        self._due.set()

    def look(self) -> dict[str, Any] | None:
        """The message as it is now; None: it cannot be said before the next cell has ended."""
        raise NotImplementedError

    def push(self) -> None:
        """Look anew, if that is due, and tell what has changed. In the journal's thread."""
        if not self._due.is_set():
            return
        self._due.clear()
        try:
            message = self.look()
        except Exception as error:  # the notebook is as good as ever without it
            logger.debug("%s could not be looked for: %s: %s", self.what, type(error).__name__, error)
            return
        told = json.dumps(message)
        if message is not None and told != self._told:
            self._told, self.message = told, message
            self._send(message)
