"""State beside the names: random streams, environment, working folder, magics, and files that cells have touched."""

from __future__ import annotations

import ctypes
import os
import random
import sys
from collections.abc import Callable
from typing import Any


def streams() -> dict[str, int]:
    """Digest of each global stream of random numbers, of the libraries that are loaded."""
    found = {"python": hash(random.getstate())}
    mtrand: Any = sys.modules.get("numpy.random.mtrand")
    if mtrand is not None:
        try:
            state = mtrand._rand._bit_generator.state
            inner = state["state"]
            found["numpy"] = hash((inner["key"].tobytes(), inner["pos"])) if "key" in inner else hash(repr(state))
        except (AttributeError, KeyError, TypeError):
            pass
    torch: Any = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        found["torch"] = hash(torch.get_rng_state().numpy().tobytes())
    return found


class Surroundings:
    """What was seen last, to tell what a cell has changed."""

    def __init__(self) -> None:
        self.streams: dict[str, int] = {}
        self.environment: dict[Any, Any] = {}
        self.folder = ""
        self.files: dict[str, tuple[int, int] | None] = {}

    def look_once(self) -> None:
        """Take everything as it is now, the first time; later looks are those after each cell."""
        if self.streams:
            return
        self.streams = streams()
        self.environment = dict(os.environ._data)  # type: ignore[attr-defined]
        self.folder = _folder()

    def changed_streams(self) -> set[str]:
        """Streams that were drawn from, or seeded, since the last look."""
        now = streams()
        before, self.streams = self.streams, now
        return {name for name, digest in now.items() if name in before and before[name] != digest}

    def changed_environment(self) -> set[str]:
        """Names of environment variables that are new, other or gone."""
        now = os.environ._data  # type: ignore[attr-defined]
        before = self.environment
        if now == before:
            return set()
        self.environment = dict(now)
        return {os.fsdecode(name) for name in {*now, *before} if now.get(name) != before.get(name)}

    def changed_folder(self) -> bool:
        """Whether the working folder is another one."""
        now = _folder()
        before, self.folder = self.folder, now
        return now != before

    def changed_files(self, paths: set[str]) -> set[str]:
        """Of these files, those that are new, other or gone since they were looked at last; unseen ones are looked at."""
        found = set()
        for path in paths:
            now = stamp(path)
            if path in self.files and self.files[path] != now:
                found.add(path)
            self.files[path] = now
        return found


def stamp(path: str) -> tuple[int, int] | None:
    """Time of the last change (ns) and size in bytes; None where there is no such file."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def _c_getcwd() -> Callable[[Any, int], bytes | None] | None:
    """C's own ``getcwd``, where it is to be had.

    ``os.getcwd`` lets other threads run meanwhile; one that takes the interpreter then keeps it for up to 5 ms, in each cell.
    """
    try:
        found = ctypes.PyDLL(None).getcwd
    except (AttributeError, OSError, TypeError):  # Windows
        return None
    found.restype, found.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_size_t]
    return found


_getcwd = _c_getcwd()
_PATH_BYTES = 4_096


def _folder() -> str:
    path = _getcwd(ctypes.create_string_buffer(_PATH_BYTES), _PATH_BYTES) if _getcwd is not None else None
    if path is not None:
        return os.fsdecode(path)
    try:
        return os.getcwd()  # longer than the buffer, or gone
    except OSError:
        return ""
