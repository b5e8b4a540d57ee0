"""From the caller's thread to the spool: an in-memory buffer, and the thread that empties it every 0.2 s.

``append`` is all that a cell waits for: one append to a deque. What is in the buffer is lost with ``kill -9``; what the worker has written
to the spool is not. Items stay in order. Points of the same run are joined into columns on the way.
"""

from __future__ import annotations

import json
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from .outbox import Outbox, PendingArtifact
from .spool import Spool
from .values import cut
from .wire import IngestRecord, PointsRecord, SeriesPoints

INTERVAL = 0.2
"""Seconds between two writes to the spool while records come in."""
_FRAME_BYTES = 1024 * 1024
_SYNC_EVERY = 5.0
#: Bytes of frames kept in memory while the spool cannot grow; what comes after them is dropped and counted.
_HELD_LIMIT = 64 * 1024 * 1024


class Points(NamedTuple):
    """One call of ``log``: points of one run at one time (ms since the epoch), as (key, step, value)."""

    run_id: str
    at: int
    points: Sequence[tuple[str, int, float]]


Deferred = Callable[[], Iterable[IngestRecord | PendingArtifact]]
"""Records that are made by the worker thread, since making them takes a while, and files that go between them."""
Item = Points | PendingArtifact | Deferred


class Journal:
    """The buffer and its worker thread, which starts with the first item."""

    def __init__(
        self,
        open_spool: Callable[[], tuple[Spool, Outbox]],
        after_write: Callable[[], None],
        report: Callable[[str], None],
    ) -> None:
        self._open_spool = open_spool
        self._after_write = after_write
        self._report = report
        self._buffer: deque[Item] = deque()
        self._pending = threading.Event()
        self._hurry = threading.Event()
        self._written = threading.Condition()
        self._writing = False
        self._held: deque[tuple[bytes, int]] = deque()
        self._held_bytes = 0
        self.dropped = 0
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._spool: Spool | None = None
        self._outbox: Outbox | None = None
        self._last_batch = 0

    def append(self, item: Item) -> None:
        """Take an item; costs about a microsecond and never waits."""
        self._buffer.append(item)
        if not self._pending.is_set():
            self._pending.set()
            if self._thread is None:
                self._start()

    def touch(self) -> None:
        """Run ``after_write`` soon although nothing was recorded."""
        self._pending.set()
        if self._thread is None:
            self._start()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name="cellkeep-journal", daemon=True)
                self._thread.start()

    def flush(self, timeout: float) -> bool:
        """Wait until what was appended before this call is in the spool (or held, where the spool is full)."""
        if self._thread is None or not self._thread.is_alive():
            return not self._buffer
        marker = threading.Event()

        def reached() -> Iterable[IngestRecord]:
            marker.set()
            return ()

        self._buffer.append(reached)
        self._hurry.set()
        self._pending.set()
        if not marker.wait(timeout):
            return False
        with self._written:
            return self._written.wait_for(lambda: not self._writing, timeout)

    def stop(self, timeout: float) -> None:
        """Write what is left and end the thread."""
        self._stopping = True
        self._hurry.set()
        self._pending.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            self._pending.wait(_SYNC_EVERY)
            if not self._stopping:
                self._hurry.wait(INTERVAL if self._pending.is_set() else 0)
            self._hurry.clear()
            self._pending.clear()
            stopping = self._stopping
            try:
                self._write()
            except Exception as error:  # nothing that goes wrong here may end the thread: it is the only writer
                self._report(f"recording failed: {type(error).__name__}: {error}")
            self._after_write()
            if stopping and not self._buffer:
                return

    def _write(self) -> None:
        with self._written:
            self._writing = True
        try:
            self._drain()
            if self._spool is not None:
                self._spool.sync(0 if self._stopping else _SYNC_EVERY)
        finally:
            with self._written:
                self._writing = False
                self._written.notify_all()

    def _drain(self) -> None:
        self._write_held()
        columns = _Columns()
        frame: list[bytes] = []
        size = 0
        for _ in range(len(self._buffer)):
            item = self._buffer.popleft()
            if isinstance(item, Points):
                columns.add(item)
                continue
            for record in columns.take():
                frame.append(_encode(record))
            for made in self._made(item):
                if isinstance(made, PendingArtifact):
                    self._append(frame)
                    frame, size = [], 0
                    self._commit(made)
                    continue
                frame.append(made)
                size += len(made)
                if size >= _FRAME_BYTES or len(frame) >= 1000:
                    self._append(frame)
                    frame, size = [], 0
        frame += [_encode(record) for record in columns.take()]
        self._append(frame)

    def _made(self, item: PendingArtifact | Deferred) -> Iterator[bytes | PendingArtifact]:
        if isinstance(item, PendingArtifact):
            yield item
            return
        try:
            for made in item():
                yield made if isinstance(made, PendingArtifact) else _encode(made)
        except Exception as error:
            self._report(f"a record could not be made: {type(error).__name__}: {error}")

    def _ready(self) -> Spool:
        if self._spool is None:
            self._spool, self._outbox = self._open_spool()
        return self._spool

    def _append(self, frame: list[bytes]) -> None:
        if not frame:
            return
        payload = b",".join(frame)
        if not self._held:
            try:
                self._last_batch = self._ready().append(payload, len(frame))
                return
            except OSError as error:  # SpoolFull among them
                self._report(str(error))
        if self._held_bytes + len(payload) > _HELD_LIMIT:
            self.dropped += len(frame)
            self._report(f"{self.dropped} records were dropped: the spool cannot grow and the memory set aside for it is full")
            return
        self._held.append((payload, len(frame)))
        self._held_bytes += len(payload)

    def _write_held(self) -> None:
        while self._held:
            payload, records = self._held[0]
            try:
                self._last_batch = self._ready().append(payload, records)
            except OSError:
                return
            self._held.popleft()
            self._held_bytes -= len(payload)

    def _commit(self, artifact: PendingArtifact) -> None:
        self._ready()
        assert self._outbox is not None
        try:
            # With frames in memory the artifact's run may be among them; the open batch is not sent before they are written.
            self._outbox.commit(artifact, self._last_batch + (1 if self._held else 0))
        except OSError as error:
            self._report(f"artifact {artifact.path!r} could not be kept: {error}")

    @property
    def held_records(self) -> int:
        """Records in memory because the spool cannot grow."""
        return sum(records for _, records in self._held)


class _Columns:
    """Points of several calls, joined by run and key; order within a series is that of the calls."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, SeriesPoints]] = {}

    def add(self, item: Points) -> None:
        series = self._runs.get(item.run_id)
        if series is None:
            series = self._runs[item.run_id] = {}
        for key, step, value in item.points:
            column = series.get(key)
            if column is None:
                column = series[key] = {"key": key, "steps": [], "times": [], "values": []}
            column["steps"].append(step)
            column["times"].append(item.at)
            column["values"].append(value if math.isfinite(value) else _wire_number(value))

    def take(self) -> list[PointsRecord]:
        """All of it as records; the columns are empty afterwards."""
        runs, self._runs = self._runs, {}
        records: list[PointsRecord] = []
        for run_id, series in runs.items():
            columns = list(series.values())
            for first in range(0, len(columns), 5_000):  # the contract takes 10,000 series in a record
                records.append({"type": "points", "runId": run_id, "series": columns[first : first + 5_000]})
        return records


def _wire_number(value: float) -> float:
    word = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return cast(float, word)  # the contract's word for what JSON cannot say


def _encode(record: IngestRecord) -> bytes:
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode()


def report_once(seen: set[str], show: Callable[[str], None]) -> Callable[[str], None]:
    """Pass each text on once; texts that differ in their numbers alone count as one."""

    def report(text: str) -> None:
        kind = "".join("#" if letter.isdigit() else letter for letter in text)[:80]
        if kind not in seen:
            seen.add(kind)
            show(cut(text, 2_000))

    return report


__all__ = ["INTERVAL", "Deferred", "Item", "Journal", "Points", "report_once"]
