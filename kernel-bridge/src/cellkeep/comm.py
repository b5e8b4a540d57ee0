"""The channel to the notebook's front end: comm target ``cellkeep``.

The front end opens it and says ``hello``; it gets the state back, and again whenever the state changes, at most five times a second, also
while a cell runs (from the journal's thread). Its requests are handled when the kernel is free.
"""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from . import active, hidden_state
from .marks import Marks
from .opening import open_run
from .promoting.by_page import promote_for_page
from .promoting.finding import ModelsTeller
from .state import Status
from .tracker import logger, tracker

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

TARGET = "cellkeep"


class Channels:
    """The open comms of this kernel: one for each browser tab that shows the notebook."""

    def __init__(self) -> None:
        self._open: list[Any] = []
        self._last = ""
        self._mutex = threading.Lock()
        self._marks = Marks(self.send)
        self._models = ModelsTeller(self.send)

    def opened(self, comm: Any, message: dict[str, Any]) -> None:
        """A front end has opened a comm; its opening may already say ``hello``."""
        comm.on_msg(lambda received: self._received(comm, received))
        comm.on_close(lambda _: self._closed(comm))
        with self._mutex:
            self._open.append(comm)
        owner = tracker()
        if self.push not in owner.listeners:
            owner.listeners.append(self.push)
            owner.snapshots.editor.send = self.send
            owner.snapshots.editor.changed = self._document_changed
        self._received(comm, message)

    def close(self) -> None:
        """Close them all."""
        with self._mutex:
            channels, self._open = self._open, []
        for comm in channels:
            comm.close()

    def _closed(self, comm: Any) -> None:
        with self._mutex:
            if comm in self._open:
                self._open.remove(comm)
        tracker().snapshots.editor.gone(comm.comm_id)

    def send(self, message: dict[str, Any]) -> int:
        """Send a message to every front end and return to how many."""
        with self._mutex:
            channels = list(self._open)
        for comm in channels:
            comm.send(message)
        return len(channels)

    def _document_changed(self) -> None:
        """A cell has ended, or the page has told an edit: marks may have to move, and there may be other models."""
        self._models.due()
        if tracker().snapshots.editor.document is not None:
            self._marks.due()
        tracker().changed()

    def push(self) -> None:
        """Send the state, the marks and the models where they have changed."""
        self._push_state()
        self._marks.push()
        self._models.push()

    def _push_state(self) -> None:
        state = Status(tracker()).message()
        told = json.dumps(state, sort_keys=True)
        with self._mutex:
            if told == self._last:
                return
            self._last = told
            channels = list(self._open)
        for comm in channels:
            comm.send(state)

    def _received(self, comm: Any, message: dict[str, Any]) -> None:
        data = message.get("content", {}).get("data")
        if not isinstance(data, dict) or "type" not in data:
            return
        try:
            self._handle(comm, data)
        except Exception as error:  # whatever a front end sends, the kernel goes on
            logger.debug("a message could not be handled: %s", type(error).__name__)
            comm.send({"type": "error", "message": f"{type(error).__name__}: {error}"})

    def _handle(self, comm: Any, data: dict[str, Any]) -> None:
        kind = data["type"]
        if kind in ("hello", "moved"):
            path = data.get("notebookPath")
            if isinstance(path, str):
                tracker().move_notebook(path)
            if kind == "hello":
                tracker().connect()
                comm.send(Status(tracker()).message())
                for message in (self._marks.message, self._models.message):
                    if message is not None:
                        comm.send(message)
                self._models.due()
                tracker().changed()
                return
        elif kind == "run.start":
            name = data.get("name")
            open_run(name if isinstance(name, str) and name.strip() else None)
        elif kind == "snapshot.take":
            label = data.get("label")
            tracker().snapshots.take("manual", label if isinstance(label, str) else "")
            return
        elif kind == "snapshot.done":
            tracker().snapshots.answered(str(data.get("id")), data.get("ok") is True)
            return
        elif kind == "document":
            tracker().snapshots.editor.told(comm.comm_id, data)
            return
        elif kind == "promote":
            promote_for_page(data, self.send)
        elif kind == "run.stop":
            _run_of(data).end()
        elif kind == "run.rename":
            _run_of(data).rename(data.get("name", ""))
        else:
            raise ValueError(f"message type {kind!r} is not known to this version")
        self.push()


def _run_of(data: dict[str, Any]) -> Any:
    wanted = data.get("runId")
    for run in [*active.open_runs(), *tracker().recent]:
        if run.id == wanted:
            return run
    raise ValueError("this kernel has no such run")


def _cells_in_editor() -> list[tuple[str, str, str]] | None:
    owner = tracker()
    return owner.snapshots.cells if owner.snapshots.editor.document is not None else None


def register(shell: InteractiveShell) -> Channels | None:
    """Offer the target in this kernel; None where the shell is no kernel."""
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if manager is None:
        return None
    channels = Channels()
    manager.register_target(TARGET, channels.opened)
    hidden_state.document = _cells_in_editor
    return channels
