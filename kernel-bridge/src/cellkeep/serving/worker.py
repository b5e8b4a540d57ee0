"""One process that asks one model: reads frames of rows from its host (fd 3), answers each before it reads the next.

What the model's code does to this process stays in it. Its stdout and stderr are the host's log; it can print as it likes, since frames
go over another descriptor, which nothing that it starts inherits. The process leads a group of its own. A guard, forked before anything
is loaded, holds the host's lifeline (stdin) and ends the whole group when that closes: also when the host was killed, and also while the
model is in a loop that lets no other thread run.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .columns import WrongAnswer, read_columns, write_answer

_CHANNEL = 3
_LENGTH = struct.Struct("<I")
_SHOWN = 4_000  # characters of a message or a traceback
#: Beyond the limit that the host watches: what libraries map and do not touch counts here (pyarrow alone maps 1 GiB).
_HEADROOM = 4 * 1024**3


def main() -> int:
    """Serve until the host closes the channel."""
    os.umask(0o077)
    _guard()
    channel = _own_channel()
    os.set_inheritable(1, True)
    first = _read(channel)
    if first is None:
        return 0
    task = json.loads(bytes(first[1:]))
    _limit_memory(task["memory"])
    try:
        model = _load(task)
    except BaseException as error:  # SystemExit of a module too: the host is told why
        _send(channel, b"E" + _told(error, "load"))
        return 1
    _send(channel, b"R")
    _serve(channel, model, task["bundle"])
    return 0


def _guard() -> None:
    """Fork what ends this process group when the host is gone."""
    if os.getpgrp() != os.getpid():
        return  # started by hand: the group is not ours to end
    if os.fork() != 0:
        # What a model asks of stdin has an end.
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        return
    for descriptor in (1, 2, _CHANNEL):
        os.close(descriptor)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while os.read(0, 1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(0)


def _own_channel() -> int:
    """Where frames go: a descriptor that nobody guesses and no child gets."""
    channel = fcntl.fcntl(_CHANNEL, fcntl.F_DUPFD_CLOEXEC, 200)
    # Whatever the host may have left open is none of a model's business.
    os.closerange(_CHANNEL, channel)
    os.closerange(channel + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.set_blocking(channel, True)
    return channel


def _limit_memory(limit: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a lower one is in force
        resource.setrlimit(resource.RLIMIT_DATA, (limit + _HEADROOM, limit + _HEADROOM))
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _load(task: Mapping[str, Any]) -> Any:
    from .native import load_native

    return load_native(Path(task["folder"]), task["bundle"])


def _serve(channel: int, model: Any, bundle: Mapping[str, Any]) -> None:
    signature, classes = bundle["signature"], len(bundle.get("classes") or [])
    while True:
        frame = _read(channel)
        if frame is None:
            return
        try:
            rows, columns = read_columns(frame, signature["inputs"])
            answer = model.answer(columns)
            told = write_answer(rows, answer.columns, answer.scores, signature["outputs"], classes)
        except (Exception, SystemExit) as error:
            told = b"E" + _told(error, "predict")
        _send(channel, told)
        # Lines that user code has printed go out with the answer that they belong to.
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()


def _told(error: BaseException, doing: str) -> bytes:
    if isinstance(error, WrongAnswer):
        message = str(error)
    elif isinstance(error, MemoryError):
        message = f"{doing} needs more memory than this worker may take"
    else:
        message = f"{doing} raised {type(error).__name__}: {_text(error)}"
    lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    return json.dumps({"message": message[:_SHOWN], "traceback": lines[-_SHOWN:], "missing": missing}).encode()


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # an exception of somebody's own
        return "(it cannot be shown)"


def _read(channel: int) -> memoryview | None:
    """The next frame without its length; None where the channel was closed."""
    head = _read_exactly(channel, _LENGTH.size)
    if head is None:
        return None
    return _read_exactly(channel, _LENGTH.unpack(head)[0])


def _read_exactly(channel: int, size: int) -> memoryview | None:
    buffer = bytearray(size)
    view, at = memoryview(buffer), 0
    while at < size:
        got = os.readv(channel, [view[at:]])
        if got == 0:
            return None
        at += got
    return view


def _send(channel: int, frame: bytes) -> None:
    view = memoryview(_LENGTH.pack(len(frame)) + frame)
    while view:
        view = view[os.write(channel, view) :]
