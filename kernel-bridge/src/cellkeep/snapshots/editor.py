"""The editor's side of the comm: it is asked for its half of a snapshot, and tells the notebook as it stands there, cell by cell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypedDict

from ..wire import CELLS_LIMIT


class EditorCell(TypedDict):
    """A cell as it stands in the editor."""

    id: str
    type: str
    source: str


class Editor:
    """The pages that show this kernel's notebook; any thread may ask.

    Attributes
    ----------
    send
        Sends a message to every page and returns to how many; set by the comm.
    changed
        Called, in the thread that handles the comm, when the document has changed.
    """

    def __init__(self) -> None:
        self.send: Callable[[dict[str, Any]], int] = lambda _message: 0
        self.changed: Callable[[], None] = lambda: None
        self._mutex = threading.Lock()
        self._cells: dict[str, dict[str, EditorCell]] = {}
        self._document: list[EditorCell] | None = None
        self._version = 0
        self._waiting: dict[str, threading.Event] = {}
        self._answers: dict[str, bool] = {}

    @property
    def document(self) -> list[EditorCell] | None:
        """The notebook's cells as they stand in the editor, in order; None where no editor has told."""
        return self._document

    @property
    def version(self) -> int:
        """Counts what the editor has told."""
        return self._version

    def told(self, connection: str, message: Mapping[str, Any]) -> None:
        """A ``document`` message: the order of all cells, and those that have changed since the connection's last message.

        Raises
        ------
        ValueError
            It names a cell that was never told.
        """
        order, given = message.get("order"), message.get("cells")
        if not isinstance(order, list) or not isinstance(given, dict) or len(order) > CELLS_LIMIT:
            raise ValueError("a document has `order`, a list of cell ids, and `cells`, an object")
        known = dict(self._cells.get(connection, {}))
        for cell_id, cell in given.items():
            if not isinstance(cell, dict) or not isinstance(cell.get("source"), str):
                raise ValueError(f"cell {cell_id!r} has no source")
            known[cell_id] = {"id": cell_id, "type": str(cell.get("type", "code")), "source": cell["source"]}
        missing = [cell_id for cell_id in order if cell_id not in known]
        if missing:
            raise ValueError(f"cell {missing[0]!r} was never told; send it with `cells`")
        with self._mutex:
            self._cells[connection] = {cell_id: known[cell_id] for cell_id in order}
            self._document = [known[cell_id] for cell_id in order]
            self._version += 1
        self.changed()

    def gone(self, connection: str) -> None:
        """A page was closed; what it told last stands until another one tells."""
        with self._mutex:
            self._cells.pop(connection, None)

    def ask(self, message: dict[str, Any]) -> bool:
        """Ask for the editor's half of a snapshot; False where there is no editor."""
        event = threading.Event()
        with self._mutex:
            self._waiting[message["id"]] = event
        try:
            asked = self.send(message)
        except Exception:  # the page's channel is broken: as good as no page
            asked = 0
        if not asked:
            with self._mutex:
                self._waiting.pop(message["id"], None)
        return asked > 0

    def answered(self, snapshot: str, ok: bool) -> None:
        """The editor has stored its half of a snapshot, or could not."""
        with self._mutex:
            event = self._waiting.get(snapshot)
            if event is None:
                return
            self._answers[snapshot] = self._answers.get(snapshot, False) or ok
        event.set()

    def has_answered(self, snapshot: str, timeout: float) -> bool | None:
        """Whether its half is stored; None where there was no answer within so many seconds."""
        with self._mutex:
            event = self._waiting.get(snapshot)
        if event is None or not event.wait(timeout):
            return None
        with self._mutex:
            return self._answers.get(snapshot)

    def forget(self, snapshot: str) -> None:
        """No answer is waited for any longer."""
        with self._mutex:
            self._waiting.pop(snapshot, None)
            self._answers.pop(snapshot, None)
