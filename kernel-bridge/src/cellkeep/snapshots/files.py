"""Local files that cells have opened: which, how large and with what in them, as far as that can be read in time."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterable
from typing import Literal

from ..wire import OpenedFile

_FILES_LIMIT = 10_000
_ORDERS_LIMIT = 1_000
_PATH_LIMIT = 4_096
_TIME_BUDGET = 2.0  # seconds a snapshot, for files that were not read before
_BYTES_BUDGET = 1024**3
_CHUNK = 1024 * 1024
Mode = Literal["read", "write", "both"]


class OpenedFiles:
    """Files by path, noted as cells open them and read when a snapshot is taken."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Mode, list[int]]] = {}
        self._digests: dict[str, tuple[tuple[int, int, int], str]] = {}

    def note(self, order: int, opened: Iterable[tuple[str, str]]) -> None:
        """An execution has opened these (path, mode), with modes as in ``slicing.opened_files``."""
        for path, mode in opened:
            if mode == "d" or len(path) > _PATH_LIMIT or (path not in self._found and len(self._found) >= _FILES_LIMIT):
                continue
            how: Mode = "read" if mode == "r" else "write"
            before, orders = self._found.get(path, (how, []))
            if not orders or orders[-1] != order:
                orders.append(order)
            self._found[path] = (how if before == how else "both"), orders[-_ORDERS_LIMIT:]

    def read(self, seconds: float = _TIME_BUDGET, size: int = _BYTES_BUDGET) -> tuple[list[OpenedFile], str]:
        """All of them as they are now, and a warning where not all could be read; for the snapshots' own thread.

        Parameters
        ----------
        seconds, size
            Time and bytes for reading; a file that does not fit has no digest. One that was read before and has not changed costs nothing.
        """
        end = time.monotonic() + seconds
        found: list[OpenedFile] = []
        unread = 0
        for path, (mode, orders) in list(self._found.items()):
            length, digest = None, None
            try:
                seen = os.stat(path)
                if not stat.S_ISREG(seen.st_mode):
                    continue
                length = seen.st_size
                digest, cost = self._digest(path, seen, end, size)
                size -= cost
                unread += digest is None
            except OSError:
                pass  # gone, or not ours to read
            found.append({"path": path, "mode": mode, "size": length, "digest": digest, "orders": list(orders)})
        warning = f"{unread} opened files have no digest: they are too large to be read in {seconds:g} s" if unread else ""
        return found, warning

    def _digest(self, path: str, seen: os.stat_result, end: float, size: int) -> tuple[str | None, int]:
        stamp = (seen.st_size, seen.st_mtime_ns, seen.st_ino)
        known = self._digests.get(path)
        if known is not None and known[0] == stamp:
            return known[1], 0
        if seen.st_size > size:
            return None, 0
        digest = hashlib.sha256()
        with open(path, "rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                if time.monotonic() > end:
                    return None, seen.st_size
        self._digests[path] = (stamp, digest.hexdigest())
        return digest.hexdigest(), seen.st_size
