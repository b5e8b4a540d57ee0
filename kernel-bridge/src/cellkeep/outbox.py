"""Artifacts on their way: each is copied into the spool when it is logged and uploaded, in order, after its run is known.

``artifacts/<number>.data`` is the content as it was at the call, ``<number>.json`` says what it is and after which batch it may go. The
second is written last, by a rename, so that a crash leaves either a whole artifact or none. Parts of snapshots that are too large for a
record lie here as well; they go before the batches, whose records may name them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import itertools
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from .spool import Spool, SpoolFull

#: Linux: share the blocks of a file where the file system can (btrfs, xfs); instant, and still a snapshot.
_FICLONE = 0x40049409


@dataclass(frozen=True)
class PendingArtifact:
    """An artifact in the spool. ``size`` in bytes; ``after`` is the batch that must be acknowledged first.

    With ``part`` (its kind) it is a part of a snapshot too large for a record: ``path`` is its digest, and it goes before any batch,
    since a record may name it.
    """

    number: int
    run_id: str
    path: str
    kind: str
    media_type: str
    size: int
    after: int = 0
    part: str = ""


class Outbox:
    """The artifacts of one spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._folder = spool.folder / "artifacts"
        self._numbers = itertools.count(1)
        self._parts = True  # until looked: an adopted spool may hold some

    def keep(self, run_id: str, path: str, kind: str, media_type: str, content: bytes | Path) -> PendingArtifact:
        """Copy the content into the spool; the artifact waits there until ``commit`` says after which batch it goes.

        Raises
        ------
        SpoolFull
            The limit or the disk does not allow it.
        OSError
            The file cannot be read.
        """
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self._spool.reserve(size)
        number = next(self._numbers)
        target = self._data(number)
        try:
            self._folder.mkdir(exist_ok=True, mode=0o700)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                _snapshot(content, target)
        except OSError as error:
            target.unlink(missing_ok=True)
            self._spool.release(size)
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise SpoolFull(error.errno, f"no disk space for artifact {path!r} in {self._folder}") from error
            raise
        return PendingArtifact(number, run_id, path, kind, media_type, size)

    def keep_part(self, digest: str, kind: str, content: bytes) -> PendingArtifact:
        """Keep a part that is named by the records after it; see ``keep``."""
        return replace(self.keep("", digest, kind, "application/octet-stream", content), part=kind)

    def commit(self, artifact: PendingArtifact, after: int) -> None:
        """From now on the artifact is part of the spool, to be sent once batch ``after`` is acknowledged."""
        meta = self._meta(artifact.number)
        temporary = meta.with_suffix(".tmp")
        temporary.write_text(json.dumps({**asdict(artifact), "after": after}), encoding="utf-8")
        os.replace(temporary, meta)
        if artifact.part:
            self._parts = True

    def first(self) -> PendingArtifact | None:
        """The oldest artifact that still waits."""
        return next((found for found in self._all() if not found.part), None)

    def first_part(self) -> PendingArtifact | None:
        """The oldest part that still waits."""
        if not self._parts:  # the common case costs no look at the disk
            return None
        self._parts = False
        found = next((found for found in self._all() if found.part), None)
        self._parts = self._parts or found is not None
        return found

    def ready(self) -> PendingArtifact | None:
        """The oldest artifact, if its batch has been acknowledged."""
        found = self.first()
        return found if found is not None and found.after <= self._spool.acknowledged else None

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    def _all(self) -> Iterator[PendingArtifact]:
        if not self._folder.is_dir():
            return
        for meta in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError, TypeError):
                yield PendingArtifact(**json.loads(meta.read_bytes()))

    def content(self, artifact: PendingArtifact) -> Path:
        """The file that holds the artifact's bytes."""
        return self._data(artifact.number)

    def upload_state(self, artifact: PendingArtifact) -> Path:
        """The file that says how far the upload of a large artifact has come (parts.py)."""
        return self._folder / f"{artifact.number:012d}.upload"

    def remove(self, artifact: PendingArtifact) -> None:
        """It has arrived (or never will)."""
        self._meta(artifact.number).unlink(missing_ok=True)
        self.upload_state(artifact).unlink(missing_ok=True)
        self._data(artifact.number).unlink(missing_ok=True)
        self._spool.release(artifact.size)

    def _data(self, number: int) -> Path:
        return self._folder / f"{number:012d}.data"

    def _meta(self, number: int) -> Path:
        return self._folder / f"{number:012d}.json"


def _snapshot(source: Path, target: Path) -> None:
    """Copy of a file, sharing its blocks where the file system can. A hard link would follow later writes to the file."""
    with source.open("rb") as reading, target.open("xb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
        except OSError:
            shutil.copyfileobj(reading, writing, 1024 * 1024)
