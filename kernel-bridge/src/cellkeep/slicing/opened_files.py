"""Files that a cell opens, removes or lists: one audit hook of the process, which notes events only while a cell runs.

What a library in C opens by itself (Parquet, HDF5) raises no event; ``surroundings.py`` compares such files before and after.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import tempfile
import threading
from typing import NamedTuple

_LIMIT = 20_000
_EVENTS = frozenset(
    "open os.remove os.rename os.mkdir os.rmdir os.truncate os.listdir os.scandir glob.glob glob.glob/2 shutil.rmtree "
    "shutil.copyfile shutil.move "
    "sqlite3.connect subprocess.Popen os.system os.link os.symlink os.chmod".split()
)
_IGNORED = tuple(
    {os.path.realpath(path) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib") if (path := sysconfig.get_path(name))}
    | {os.path.realpath(sys.prefix) + os.sep, os.path.realpath(sys.base_prefix) + os.sep + "lib" + os.sep}
    | {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/lib/", "/usr/share/", "/usr/local/lib/"}
    | {os.path.dirname(os.path.dirname(os.path.realpath(__file__))) + os.sep}  # our own modules, also where they are no installed package
)
_PARTS = ("/__pycache__/", "/site-packages/", "/.ipython/", "/.cache/", "/.config/", "/matplotlib/", "/cellkeep-", "/.git/", "/ipykernel_")


class Opened(NamedTuple):
    """One event: ``mode`` is ``r`` (read), ``w`` (written from the start), ``a`` (changed), ``x`` (removed) or ``d`` (listed)."""

    path: str
    mode: str


_log: list[tuple[str, object, tuple[object, ...]]] | None = None
_installed = False


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    log = _log
    if log is None or event not in _EVENTS or len(log) > _LIMIT:
        return
    # Our own threads write the spool and read notebooks. Not by current_thread(), which would make an object of a thread of C's.
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    if thread is not None and thread.name.startswith("cellkeep-"):
        return
    first = arguments[0] if arguments else None
    if type(first) is str and first.startswith(_IGNORED):
        return  # an import of pandas opens a thousand files
    if type(first) is str and not first.startswith("/"):
        try:
            first = os.path.join(os.getcwd(), first)
        except OSError:
            return
    log.append((event, first, arguments))


def start() -> None:
    """Note events from now on; what was noted before is forgotten."""
    global _log, _installed
    if not _installed:
        _installed = True
        sys.addaudithook(_hook)
    _log = []


def stop() -> tuple[list[Opened], bool]:
    """Events since ``start``, those of libraries and caches left out, and whether another program was started."""
    global _log
    log, _log = _log, None
    found: dict[Opened, None] = {}
    shell = False
    for event, first, arguments in log or ():
        if event in ("subprocess.Popen", "os.system"):
            shell = True
            continue
        path = absolute_path(first)
        if path is None:
            continue
        for opened in _opened(event, path, arguments):
            if not is_ignored(opened.path):
                found[opened] = None
    return list(found), shell


def is_ignored(path: str) -> bool:
    """Whether a file belongs to Python, its packages, caches or the system."""
    return path.startswith(_IGNORED) or any(part in path for part in _PARTS)


def absolute_path(value: object) -> str | None:
    """Of what was opened; None where that is no path."""
    if isinstance(value, int) or value is None:
        return None
    try:
        text = os.fsdecode(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return os.path.normpath(text if text.startswith("/") else os.path.join(os.getcwd(), text)) if text and text != ":memory:" else None


def _opened(event: str, path: str, arguments: tuple[object, ...]) -> list[Opened]:
    if event == "open":
        mode, flags = (*arguments, None, 0)[1:3]
        flags = flags if isinstance(flags, int) else 0
        if not flags & (os.O_WRONLY | os.O_RDWR) and not (isinstance(mode, str) and set(mode) & set("wax+")):
            return [Opened(path, "r")]
        if flags & os.O_TRUNC or (isinstance(mode, str) and ("w" in mode or "x" in mode)):
            return [Opened(path, "w")]
        return [Opened(path, "r"), Opened(path, "a")]
    if event in ("os.remove", "os.rmdir", "shutil.rmtree"):
        return [Opened(path, "x")]
    if event in ("os.rename", "shutil.move"):
        target = absolute_path(arguments[1] if len(arguments) > 1 else None)
        return [Opened(path, "r"), Opened(path, "x"), *([Opened(target, "w")] if target else [])]
    if event == "os.mkdir":
        return [Opened(path, "w")]
    if event in ("os.listdir", "os.scandir", "glob.glob", "glob.glob/2"):
        folder = path
        while any(sign in folder for sign in "*?["):
            folder = os.path.dirname(folder)
        return [Opened(folder, "d")]
    if event in ("os.truncate", "sqlite3.connect", "os.chmod"):
        return [Opened(path, "r"), Opened(path, "a")] if event != "sqlite3.connect" else [Opened(path, "r")]
    return []


TEMPORARY = os.path.realpath(tempfile.gettempdir())
