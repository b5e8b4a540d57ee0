"""The durable spool: what a process has recorded and the server has not yet acknowledged.

One folder a process, named by its writer's id::

    <root>/<writer>/lock            held (flock) by the process that may write or send; free once that process is dead
                    meta.json       who wrote it and for which server
                    0000000001.seg  segments of frames (frames.py), append-only; removed when all of it is acknowledged
                    acknowledged    last acknowledged batch, and the writer id under which batches are sent
                    artifacts/      outbox.py

Always holds: the number of a batch is written into its frames, so a batch that is sent twice is the same batch, whatever
was lost of ``acknowledged``; the server keeps each number once. A batch takes frames until somebody wants to send it.

What reached a segment survives ``kill -9`` of the process (it is in the page cache). ``fdatasync`` runs every 5 s while records come
in and at the end of runs, so a power cut may take the last 5 s.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from .frames import HEADER_BYTES, Frame, encode_frame, read_frames, read_payload
from .wire import RECORDS_PER_REQUEST_LIMIT

SEGMENT_BYTES = 4 * 1024 * 1024
BATCH_BYTES = 8 * 1024 * 1024
BATCH_RECORDS = RECORDS_PER_REQUEST_LIMIT // 2


class SpoolFull(OSError):
    """The spool may not or cannot grow; the text says where and what to do. Nothing of the frame was written."""


class SpoolInUse(OSError):
    """Another living process holds this spool."""


@dataclass(frozen=True)
class Batch:
    """A numbered request. ``records`` counts what is in it; ``body`` is the JSON of the contract's ``ingestInput``."""

    number: int
    records: int
    body: bytes


@dataclass
class _Placed:
    segment: Path
    frame: Frame


class Spool:
    """One folder of frames. Every method may be called from any thread; all of it belongs to one process."""

    def __init__(self, folder: Path, lock: int, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self.meta: dict[str, object] = {}
        self._mutex = threading.Lock()
        self._lock = lock
        self._waiting: list[_Placed] = []
        self._open_batch = 1
        self._open_bytes = 0
        self._open_records = 0
        self._acknowledged = 0
        self._writer = folder.name
        self._first_number = 0  # batches of an earlier writer id: what the server sees is the batch less this
        self._segment: Path | None = None
        self._descriptor = -1
        self._segment_bytes = 0
        self._bytes = 0
        self._last_sync = time.monotonic()
        self._dirty = False

    @classmethod
    def create(cls, root: Path, meta: dict[str, object], limit: int) -> Spool:
        """A new spool below ``root``, held by this process.

        Raises
        ------
        OSError
            The folder cannot be written.
        """
        folder = root / str(uuid.uuid4())
        folder.mkdir(parents=True, mode=0o700)
        spool = cls(folder, _hold(folder), limit)
        spool.update_meta(meta)
        return spool

    @classmethod
    def adopt(cls, folder: Path) -> Spool:
        """The spool of a dead process, to be sent and never written to again.

        Raises
        ------
        SpoolInUse
            Its process lives, or another one has adopted it.
        OSError
            It cannot be read.
        """
        spool = cls(folder, _hold(folder), limit=0)
        try:
            spool._load()
        except BaseException:
            os.close(spool._lock)
            raise
        return spool

    def _load(self) -> None:
        self.meta = _read_json(self.folder / "meta.json")
        state = _read_json(self.folder / "acknowledged")
        self._acknowledged = _number(state.get("batch"))
        self._first_number = _number(state.get("first"))
        self._writer = str(state.get("writer") or self._writer)
        last = self._acknowledged
        for segment in sorted(self.folder.glob("*.seg")):
            for frame in read_frames(segment):
                last = max(last, frame.batch)
                if frame.batch > self._acknowledged:
                    self._waiting.append(_Placed(segment, frame))
            self._bytes += segment.stat().st_size
        self._open_batch = last + 1

    def update_meta(self, fields: dict[str, object]) -> None:
        """Add to what is said of this spool for whoever adopts it: process, host, server, workspace. Never a token."""
        with self._mutex:
            self.meta.update(fields)
            _write_json(self.folder / "meta.json", self.meta)

    def append(self, payload: bytes, records: int) -> int:
        """Write one frame and return the number of its batch.

        Parameters
        ----------
        payload
            Records as JSON, joined by commas; at most 8 MiB by the writer's own cut.
        records
            How many they are.

        Raises
        ------
        SpoolFull
            The limit or the disk does not allow it; the file ends with a whole frame as before.
        """
        with self._mutex:
            if self._open_records and (self._open_bytes + len(payload) > BATCH_BYTES or self._open_records + records > BATCH_RECORDS):
                self._seal()
            self._reserve(HEADER_BYTES + len(payload))
            segment = self._writable_segment()
            data = encode_frame(self._open_batch, records, payload)
            try:
                _write_all(self._descriptor, data)
            except OSError as error:
                os.ftruncate(self._descriptor, self._segment_bytes)
                raise SpoolFull(error.errno, f"the spool in {self.folder} cannot grow ({error.strerror}); free disk space") from error
            frame = Frame(self._open_batch, records, self._segment_bytes + HEADER_BYTES, len(payload))
            self._waiting.append(_Placed(segment, frame))
            self._segment_bytes += len(data)
            self._bytes += len(data)
            self._open_bytes += len(payload)
            self._open_records += records
            self._dirty = True
            return self._open_batch

    def reserve(self, size: int) -> None:
        """Count ``size`` bytes of artifacts against the limit.

        Raises
        ------
        SpoolFull
            There is no room for them.
        """
        with self._mutex:
            self._reserve(size)
            self._bytes += size

    def release(self, size: int) -> None:
        """Give back bytes of artifacts."""
        with self._mutex:
            self._bytes -= size

    def _reserve(self, size: int) -> None:
        if self._bytes + size > self.limit:
            raise SpoolFull(
                f"the spool in {self.folder} holds {self._bytes:,} of at most {self.limit:,} bytes; "
                "bring the server back, or raise CELLKEEP_SPOOL_LIMIT"
            )

    def _writable_segment(self) -> Path:
        if self._segment is None or self._segment_bytes >= SEGMENT_BYTES:
            self._close_segment()
            segment = self.folder / f"{self._open_batch:010d}-{time.time_ns()}.seg"
            self._descriptor = os.open(segment, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._segment, self._segment_bytes = segment, 0
        return self._segment

    def _close_segment(self) -> None:
        if self._descriptor >= 0:
            os.fdatasync(self._descriptor)
            os.close(self._descriptor)
        self._descriptor, self._segment, self._segment_bytes = -1, None, 0

    def _seal(self) -> None:
        self._open_batch += 1
        self._open_bytes = self._open_records = 0

    def take(self) -> Batch | None:
        """The oldest batch that is not acknowledged, closed from now on; None where all of it is.

        Numbers that a damaged file has lost come as empty batches, since the server wants every number.
        """
        with self._mutex:
            if not self._waiting:
                return None
            number = self._acknowledged + 1
            if number >= self._open_batch:
                self._seal()
            placed = []
            for found in self._waiting:
                if found.frame.batch != number:
                    break
                placed.append(found)
            writer, seq = self._writer, number - self._first_number
        joined = b",".join(read_payload(found.segment, found.frame) for found in placed)
        body = b'{"writer":"%s","seq":%d,"records":[%s]}' % (writer.encode(), seq, joined)
        return Batch(number, sum(found.frame.records for found in placed), body)

    def acknowledge(self, number: int) -> None:
        """The server has stored this batch (or never will): forget it, and remove segments that nobody needs any more."""
        with self._mutex:
            if number != self._acknowledged + 1:
                raise ValueError(f"batch {number} cannot be acknowledged after batch {self._acknowledged}")
            self._acknowledged = number
            gone = {found.segment for found in self._waiting if found.frame.batch <= number}
            self._waiting = [found for found in self._waiting if found.frame.batch > number]
            needed = {found.segment for found in self._waiting}
            self._write_state()
            for segment in gone - needed:
                if segment == self._segment:
                    self._close_segment()
                self._bytes -= segment.stat().st_size
                segment.unlink()

    def start_new_writer(self) -> None:
        """Number what is left from 1 again under a new writer id: the server does not know the old one any more."""
        with self._mutex:
            self._writer = str(uuid.uuid4())
            self._first_number = self._acknowledged
            self._write_state(durable=True)

    def _write_state(self, durable: bool = False) -> None:
        state = {"batch": self._acknowledged, "first": self._first_number, "writer": self._writer}
        _write_json(self.folder / "acknowledged", state, durable)

    def sync(self, every: float = 0.0) -> None:
        """Bring what was written to the disk, unless that was done less than ``every`` seconds ago."""
        with self._mutex:
            if not self._dirty or time.monotonic() - self._last_sync < every or self._descriptor < 0:
                return
            descriptor = os.dup(self._descriptor)
            self._dirty, self._last_sync = False, time.monotonic()
        try:
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)

    @property
    def waiting_records(self) -> int:
        """Records that the server has not acknowledged."""
        with self._mutex:
            return sum(found.frame.records for found in self._waiting)

    @property
    def writer(self) -> str:
        """The id under which batches are sent; a new one once the server has lost what the old one sent."""
        return self._writer

    @property
    def acknowledged(self) -> int:
        """The last batch that the server has acknowledged; 0 before the first."""
        with self._mutex:
            return self._acknowledged

    @property
    def open_batch(self) -> int:
        """The batch into which the next frame goes."""
        with self._mutex:
            return self._open_batch

    @property
    def bytes(self) -> int:
        """Bytes on disk, artifacts included."""
        with self._mutex:
            return self._bytes

    def close(self, remove: bool) -> None:
        """Let go of the folder; ``remove`` when nothing in it is needed any more."""
        with self._mutex:
            self._close_segment()
            if remove:
                shutil.rmtree(self.folder, ignore_errors=True)
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def forget_after_fork(self) -> None:
        """In a forked child: close the parent's files without touching what is in them; the parent keeps its lock."""
        for descriptor in (self._descriptor, self._lock):
            if descriptor >= 0:
                with contextlib.suppress(OSError):
                    os.close(descriptor)
        self._descriptor = self._lock = -1


def _hold(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have removed the folder in the meantime.
        if not os.path.samestat(os.fstat(descriptor), os.stat(folder / "lock")):
            raise FileNotFoundError(folder)
    except OSError as error:
        os.close(descriptor)
        raise SpoolInUse(f"{folder} is held by another process") from error
    return descriptor


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _number(value: object) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _read_json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_json(path: Path, content: dict[str, object], durable: bool = False) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.replace(temporary, path)
