"""From what a kernel shows to the ``outputs`` of execution records, in the journal's thread.

An execution's last record is written once the kernel has said that its request is done: only then has all that it printed been sent. While
it runs, what it has shown so far is recorded now and then, so that a kernel that is killed leaves it behind; the longer it runs the more
seldom, since the text of a stream is sent whole each time. What is shown afterwards, by a thread or by an update from another cell, is
recorded as well.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..outbox import PendingArtifact
from ..settings import is_configured
from ..tracker import Tracker, logger, tracker
from ..wire import ExecutionInput, IngestRecord
from .iopub import Frames, IopubTap, Message, answers, tap
from .outputs import CellOutputs, Output
from .terminal import TerminalTap

if TYPE_CHECKING:
    from .parts import SentParts

_FIRST_FLUSH = 2.0  # seconds
_LAST_FLUSH = 60.0
_KEPT = 50
"""Executions whose late outputs are still recorded."""
_QUEUED_BYTES = 4_000_000
_DISPLAYS = 2_000


class Showing:
    """One execution and what it has shown. ``ended`` makes its last record, once it has one."""

    def __init__(self, record: ExecutionInput, request: str, outputs: CellOutputs | None) -> None:
        self.record = record
        self.request = request
        self.outputs = outputs
        self.ended: Callable[[], ExecutionInput] | None = None
        self.is_recorded = False
        self.started = time.monotonic()
        self.next_flush = self.started + _FIRST_FLUSH


class OutputLog:
    """What the cells of one kernel show."""

    def __init__(self, shell: Any) -> None:
        self._queue: deque[Frames | Message] = deque()
        self._queued = 0
        self._showing: OrderedDict[str, Showing] = OrderedDict()
        self._ending: list[Showing] = []
        self._displays: OrderedDict[str, list[tuple[Showing, Output]]] = OrderedDict()
        self._kernel = getattr(shell, "kernel", None)
        self._tap: IopubTap | None = None
        self._terminal = TerminalTap(shell, self._queue.append) if self._kernel is None else None
        self._leaving = False

    def open(self) -> None:
        """Begin to listen, or go on."""
        self._leaving = False
        if self._tap is None:
            self._tap = tap(self._kernel, self._shown, self._idle)

    def close_when_done(self) -> None:
        """Listen no more once the request that asks for it is done."""
        self._leaving = True

    def begin(self, record: ExecutionInput, request: str) -> Showing:
        """An execution begins; one that runs within another leaves its outputs to that one, as the page does."""
        owner = tracker()
        if self.record_soon not in owner.after_write:
            owner.after_write.append(self.record_soon)
        if self._terminal is not None:
            request = record["id"]
            self._terminal.begin(request)
        outer = self._showing.get(request)
        if outer is not None and outer.ended is None:
            return Showing(record, request, None)
        showing = Showing(record, request, CellOutputs())
        self._showing[request] = showing
        while len(self._showing) > _KEPT:
            self._showing.popitem(last=False)
        return showing

    def end(self, showing: Showing, finish: Callable[[], ExecutionInput]) -> None:
        """An execution has ended; ``finish`` makes its record, in the journal's thread."""
        showing.ended = finish
        if self._terminal is not None:
            self._terminal.end(showing.request)
        if self._tap is None or showing.outputs is None:
            self._release([showing])
        else:
            self._release(list(self._ending))  # whose kernel has not said that they are done
            self._ending.append(showing)

    def _shown(self, frames: Frames) -> None:
        self._queue.append(frames)
        self._queued += len(frames[-1])
        if self._queued > _QUEUED_BYTES:
            self._queued = 0
            tracker().journal.touch()

    def _idle(self, frames: Frames) -> None:
        if self._ending:
            self._release([showing for showing in self._ending if answers(frames, showing.request)])
        if self._leaving and self._tap is not None:
            self._tap.close()
            self._tap = None

    def _release(self, done: list[Showing]) -> None:
        for showing in done:
            if showing in self._ending:
                self._ending.remove(showing)
            tracker().record(lambda showing=showing: self._last(showing))  # type: ignore[misc]

    def record_soon(self) -> None:
        """In the journal's thread: what running cells have shown so far, and what ended ones show late."""
        self._collect()
        now = time.monotonic()
        for showing in list(self._showing.values()):
            if showing.outputs is None or not showing.outputs.changed:
                continue
            if showing.is_recorded or (showing.ended is None and now >= showing.next_flush):
                showing.next_flush = now + min(_LAST_FLUSH, max(_FIRST_FLUSH, (now - showing.started) / 2))
                showing.outputs.changed = False
                tracker().record(lambda showing=showing: self._so_far(showing))  # type: ignore[misc]

    def _collect(self) -> None:
        for _ in range(len(self._queue)):
            found = self._queue.popleft()
            try:
                if isinstance(found, Message):
                    self._take(found)
                elif self._tap is not None:
                    self._take(self._tap.read(found))
            except Exception as error:  # whatever a cell has shown, the others go on
                logger.debug("an output is not kept: %s: %s", type(error).__name__, error)
        self._queued = 0

    def _take(self, message: Message) -> None:
        display_id = (message.content.get("transient") or {}).get("display_id")
        if message.kind == "update_display_data":
            for showing, output in self._displays.get(str(display_id), ()):
                output.show(message.content, message.size)
                if showing.outputs is not None:
                    showing.outputs.changed = True
            return
        found = self._showing.get(message.request)
        if found is None or found.outputs is None:
            return
        made = found.outputs.take(message.kind, message.content, message.size)
        if made is not None and isinstance(display_id, str):
            self._displays.setdefault(display_id, []).append((found, made))
            while len(self._displays) > _DISPLAYS:
                self._displays.popitem(last=False)

    def _so_far(self, showing: Showing) -> Iterator[IngestRecord | PendingArtifact]:
        owner = tracker()
        # The session's own word comes with its first run or the first record of a cell; before it, nothing is to be kept.
        if owner.session.announced and not (showing.ended is not None and not showing.is_recorded):
            yield from self._with_outputs(showing, owner)

    def _last(self, showing: Showing) -> Iterator[IngestRecord | PendingArtifact]:
        self._collect()
        owner = tracker()
        assert showing.ended is not None
        if not owner.session.announced and not is_configured():
            self._showing.pop(showing.request, None)
            return
        yield from owner.announce()
        showing.record = showing.ended()
        showing.is_recorded = True
        yield from self._with_outputs(showing, owner)
        for output in showing.outputs or ():
            output.forget_text()

    def _with_outputs(self, showing: Showing, owner: Tracker) -> Iterator[IngestRecord | PendingArtifact]:
        digests: list[str] = []
        for output in showing.outputs or ():
            digest, text = output.part()
            if text:
                _, record = new_part(owner.parts, text, digest)
                if record is not None:
                    yield record
            digests.append(digest)
        if showing.outputs is not None:
            showing.outputs.changed = False
        yield {"type": "execution", "execution": {**showing.record, "outputs": digests}}


def new_part(parts: SentParts, text: str, digest: str) -> tuple[str, Any]:
    """A part of kind output; what cannot be kept for lack of room is named all the same, and missing."""
    try:
        return parts.new("output", text, digest)
    except OSError as error:
        logger.warning("an output is not kept: %s", error.strerror or error)
        return digest, None
