"""When snapshots are taken, and how one is put together: in a thread of its own, so that a cell waits for an append to a list.

Runs that start (or end) in one execution share a snapshot while the document does not change. That of a run's end waits for the end of its
cell, two seconds at most, so that it holds all of the cell. The editor is asked for the document; where there is none, or none answers
in five seconds, the notebook is read from disk, and the server takes the editor's when both arrive.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..outbox import PendingArtifact
from ..session import now_ms
from ..settings import page_url, takes_snapshots
from ..values import cut
from ..wire import NAME_LIMIT, RUNS_PER_REQUEST_LIMIT, IngestRecord, NotebookDocument, SnapshotInput
from .editor import Editor
from .kernel_half import KernelHalf

if TYPE_CHECKING:
    from ..tracker import Tracker

Reason = Literal["start", "end", "manual", "promote", "checkpoint", "verify"]
_WAIT_FOR_CELL = 2.0  # seconds
_WAIT_FOR_EDITOR = 5.0
_BETWEEN = 0.25  # seconds between two rounds: at most four snapshots a second of the same kind
_IDLE = 30.0  # seconds after which the thread ends


class Snapshot:
    """A snapshot that was asked for; it is being taken while the program goes on.

    Attributes
    ----------
    id : str
        Its id on the server.
    reason : str
        ``start``, ``end``, ``manual``, ``promote``, ``checkpoint`` or ``verify``.
    label : str
        What the person has called it.
    taken_at : int
        Milliseconds since the epoch.
    """

    _last = 0

    def __init__(self, reason: Reason, label: str) -> None:
        self.id = str(uuid.uuid4())
        self.reason: Reason = reason
        self.label = label
        # Two of one process are never of the same millisecond: a list of them by time has the start before the end.
        self.taken_at = Snapshot._last = max(now_ms(), Snapshot._last + 1)

    @property
    def url(self) -> str | None:
        """Address of its page in the server's UI; None while no server is configured."""
        return page_url(f"snapshots/{self.id}")

    def __repr__(self) -> str:
        return f"<cellkeep snapshot {self.label or self.reason!r} {self.id}>"

    def _repr_html_(self) -> str:
        from html import escape

        name = escape(self.label or self.id[:8])
        return f'Snapshot <a href="{escape(self.url)}" target="_blank">{name}</a>' if self.url else f"Snapshot {name}"


@dataclass
class _Request:
    snapshot: Snapshot
    order: int | None
    execution: str | None
    version: int
    due: float
    runs: list[str] = field(default_factory=list)
    """Runs that have not been told yet."""
    is_told: bool = False
    needs_document: bool = False
    ask_until: float | None = None
    """Until when the editor's answer is waited for; None: it is not."""

    def is_for(self, order: int | None, execution: str | None, version: int) -> bool:
        return (self.order, self.execution, self.version) == (order, execution, version)


class Snapshots:
    """The snapshots of one process. ``half`` is its own half of them, ``editor`` the other one's door."""

    def __init__(self, owner: Tracker) -> None:
        self.half = KernelHalf(owner)
        self.editor = Editor()
        self._owner = owner
        self._mutex = threading.Lock()
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._requests: list[_Request] = []
        self._shared: dict[str, _Request] = {}
        self._thread: threading.Thread | None = None
        self._read: _Read | None = None
        self._read_in_round = False

    def of_run(self, reason: Literal["start", "end"], run_id: str | None) -> None:
        """A run starts or ends; costs a few microseconds. None: one that another client has opened in this session, MLflow's."""
        if self._owner.is_child or not takes_snapshots():
            return  # of a forked worker's runs the parent's cell tells more
        executing, order = self._owner.executing, self._owner.last_order
        execution, version = executing.id if executing else None, self.editor.version
        with self._mutex:
            request = self._shared.get(reason)
            if request is None or not request.is_for(order, execution, version):
                wait = _WAIT_FOR_CELL if reason == "end" and execution is not None else 0.0
                request = _Request(Snapshot(reason, ""), order, execution, version, time.monotonic() + wait)
                self._shared[reason] = request
            if run_id is not None:
                request.runs.append(run_id)
            if request not in self._requests:
                self._requests.append(request)
            self._start()

    def take(self, reason: Reason = "manual", label: str = "", run_ids: tuple[str, ...] = ()) -> Snapshot:
        """Take one now, whatever was taken before."""
        executing = self._owner.executing
        snapshot = Snapshot(reason, cut(label.strip(), NAME_LIMIT))
        request = _Request(snapshot, self._owner.last_order, executing.id if executing else None, self.editor.version, time.monotonic())
        request.runs.extend(run_ids)
        with self._mutex:
            self._requests.append(request)
            self._start()
        return snapshot

    def cell_ended(self) -> None:
        """What waits for the end of a cell is due."""
        with self._mutex:
            waiting = [request for request in self._requests if not request.is_told]
            for request in waiting:
                request.due = 0.0
        if waiting:
            self._wake.set()
        self.editor.changed()

    def answered(self, snapshot: str, ok: bool) -> None:
        """The editor's half has arrived at the server, or will not."""
        self.editor.answered(snapshot, ok)
        self._wake.set()

    @property
    def cells(self) -> list[tuple[str, str, str]] | None:
        """(id, type, source) of the notebook's cells: as the editor has told, else as they were read from disk last; None: not known."""
        told = self.editor.document
        if told is not None:
            return [(cell["id"], cell["type"], cell["source"]) for cell in told]
        return self._read.cells if self._read is not None else None

    @property
    def cells_version(self) -> object:
        """Another one whenever ``cells`` may be others."""
        return self.editor.version, self._read.stamp if self._read is not None else None

    def _start(self) -> None:
        self._wake.set()
        if self._thread is None and not self._stop.is_set():
            self._thread = threading.Thread(target=self._run, name="cellkeep-snapshot", daemon=True)
            self._thread.start()

    def close(self, timeout: float) -> None:
        """Take what is still to be taken, without waiting for anybody, and end the thread."""
        self._stop.set()
        self.cell_ended()
        self._wake.set()
        thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _run(self) -> None:
        while True:
            woken = self._wake.wait(self._until_due())
            self._wake.clear()
            stopping = self._stop.is_set()
            due = self._due(stopping)
            self._read_in_round = False
            # The kernel's halves first: to read a large notebook may take seconds, and serves all of the round.
            for step in (self._take_kernel_half, self._take_document):
                for request in due:
                    try:
                        step(request, stopping)
                    except Exception as error:  # whatever is wrong with one, the next is taken
                        self._owner.report(f"a snapshot could not be taken: {type(error).__name__}: {error}")
                        request.needs_document, request.ask_until = False, None
            for request in due:
                self._done(request)
            with self._mutex:
                if not self._requests and (stopping or not woken):
                    self._thread = None
                    return
            self._stop.wait(_BETWEEN)

    def _until_due(self) -> float:
        with self._mutex:
            dues = [request.due if request.ask_until is None else request.ask_until for request in self._requests]
        return max(0.0, min(dues) - time.monotonic()) if dues else _IDLE

    def _due(self, stopping: bool) -> list[_Request]:
        now = time.monotonic()
        with self._mutex:
            return [request for request in self._requests if stopping or request.due <= now or request.is_told]

    def _done(self, request: _Request) -> None:
        if request.ask_until is not None:
            return
        self.editor.forget(request.snapshot.id)
        with self._mutex:
            if not request.runs and request in self._requests:
                self._requests.remove(request)

    def _take_kernel_half(self, request: _Request, stopping: bool) -> None:
        with self._mutex:
            runs, request.runs = request.runs[:RUNS_PER_REQUEST_LIMIT], request.runs[RUNS_PER_REQUEST_LIMIT:]
        if not request.is_told:
            request.is_told = request.needs_document = True
            self._tell_kernel_half(request, runs)
            message = {"type": "snapshot", "id": request.snapshot.id, "reason": request.snapshot.reason, "runIds": runs}
            if self.editor.ask({**message, "takenAt": request.snapshot.taken_at}) and not stopping:
                request.ask_until = time.monotonic() + _WAIT_FOR_EDITOR
        elif runs:
            self._record([], request, runs)

    def _take_document(self, request: _Request, stopping: bool) -> None:
        if request.ask_until is not None:
            answer = self.editor.has_answered(request.snapshot.id, 0.0)
            if answer is None and time.monotonic() < request.ask_until and not stopping:
                return
            request.ask_until = None
            request.needs_document = not answer
        if request.needs_document:
            request.needs_document = False
            document = self._document()
            if document is not None:
                self._record([], request, [], {"document": document})

    def _tell_kernel_half(self, request: _Request, runs: list[str]) -> None:
        record, before = self.half.read(request.order)
        self._record(before, request, runs, {"kernel": record})

    def _record(
        self, before: list[IngestRecord | PendingArtifact], request: _Request, runs: list[str], half: dict[str, Any] | None = None
    ) -> None:
        owner, snapshot = self._owner, request.snapshot
        given: SnapshotInput = {
            "id": snapshot.id,
            "reason": snapshot.reason,
            "label": snapshot.label,
            "takenAt": snapshot.taken_at,
            "notebookPath": owner.session.notebook_path,
            "runIds": runs,
            **(half or {}),  # type: ignore[typeddict-item]
        }

        def records() -> list[IngestRecord | PendingArtifact]:
            return [*owner.announce(), *before, {"type": "snapshot", "snapshot": given}]

        owner.record(records)

    def _document(self) -> NotebookDocument | None:
        """The notebook or script on disk; None where this process has neither. A file that was read before is not read again."""
        from .document import UnreadableNotebook, locate, script_document
        from .read_apart import read_apart

        session = self._owner.session
        is_script = session.notebook_path is None
        path = Path(session.script) if session.script else None
        if session.notebook_path is not None:
            path = locate(session.notebook_path)
            is_script = path is not None and path.suffix != ".ipynb"
        if path is None or (is_script and ("site-packages" in path.parts or not path.is_file())):
            return None
        try:
            seen = path.stat()
            stamp = (str(path), seen.st_mtime_ns, seen.st_size)
            if self._read is None or (self._read.stamp != stamp and not self._read_in_round):
                cells: list[tuple[str, str, str]] = []
                put, known = _Sending(self._owner).put, self._owner.parts.known
                document = script_document(path, put) if is_script else read_apart(path, put, known(), cells)
                self._read = _Read(stamp, document, cells)
            self._read_in_round = True
            return self._read.document
        except (UnreadableNotebook, OSError) as error:
            self._owner.report(f"a snapshot has no document: {error}")
            return None


@dataclass
class _Read:
    """A notebook as it was read from disk, and the state of its file then."""

    stamp: tuple[str, int, int]
    document: NotebookDocument
    cells: list[tuple[str, str, str]]


class _Sending:
    """Parts on their way to the journal, which writes them before whatever names them."""

    def __init__(self, owner: Tracker) -> None:
        self._owner = owner

    def put(self, kind: Literal["cell", "output"], text: str) -> str:
        digest, record = self._owner.parts.new(kind, text)
        if record is not None:
            found = record
            self._owner.record(lambda: (found,))
        return digest
