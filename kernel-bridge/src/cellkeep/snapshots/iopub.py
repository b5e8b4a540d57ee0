"""Listens to what a kernel sends to its pages, without changing any of it.

Everything that a cell shows leaves through one door, whatever made it: prints of any thread, displays, results, errors, and what clears
and updates them, in the order in which the page gets them. So does the word that a request is done. The door (``send_multipart`` of the
kernel's IOPub thread; ipykernel 5 to 7) hands the frames on and keeps a reference to those that matter: they are bytes, which nobody
changes any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

_DELIMITER = b"<IDS|MSG>"
Frames = Sequence[bytes]


class Message(NamedTuple):
    """Something that is shown. ``request`` is the id of the request that it answers; ``size`` bytes of its content."""

    kind: str
    request: str
    content: dict[str, Any]
    size: int


def read_message(frames: Frames, unpack: Callable[[bytes], Any]) -> Message:
    """The message in these frames."""
    at = frames.index(_DELIMITER)
    header, parent, content = (frames[at + offset] for offset in (2, 3, 5))
    return Message(str(unpack(header).get("msg_type", "")), str(unpack(parent).get("msg_id", "")), unpack(content), len(content))


def answers(frames: Frames, request: str) -> bool:
    """Whether these frames belong to that request."""
    return request.encode() in frames[frames.index(_DELIMITER) + 3]


def _kind_of(frames: Any) -> str:
    """``output``, ``idle``, or empty for all else; by the topic alone, since a cell waits for this."""
    try:
        topic = frames[0]
        if topic.startswith(b"stream.") or topic == b"display_data" or topic.endswith((b".execute_result", b".error")):
            return "output"
        return "idle" if topic.endswith(b".status") and b'"idle"' in frames[-1] else ""
    except (TypeError, AttributeError, IndexError):
        return ""  # frames of a kind that we do not know are the kernel's business


class IopubTap:
    """The wrapped door of one kernel.

    Parameters
    ----------
    kernel
        ipykernel's kernel object.
    shown
        Called with the frames of an output, in whatever thread sends it.
    idle
        Called with the frames that say that a request is done, in the thread that handled it.
    """

    def __init__(self, kernel: Any, shown: Callable[[Frames], None], idle: Callable[[Frames], None]) -> None:
        self._pid = os.getpid()
        self._thread = kernel.iopub_thread
        self._before = self._thread.send_multipart
        self._shown = shown
        self._idle = idle
        unpack = getattr(kernel.session, "unpack", json.loads)
        self.read: Callable[[Frames], Message] = lambda frames: read_message(frames, unpack)
        self._thread.send_multipart = self._send

    def _send(self, frames: Any, *args: Any, **kwargs: Any) -> Any:
        # A forked child's frames come to this process through a pipe, and by this door; there, nobody would read what is noted.
        kind = _kind_of(frames) if os.getpid() == self._pid else ""
        if kind == "output":
            self._shown(frames)
        sent = self._before(frames, *args, **kwargs)
        if kind == "idle":
            self._idle(frames)
        return sent

    def close(self) -> None:
        """Put the door back as it was."""
        self._thread.__dict__.pop("send_multipart", None)


def tap(kernel: Any, shown: Callable[[Frames], None], idle: Callable[[Frames], None]) -> IopubTap | None:
    """Listen to a kernel; None where it has no such door (a terminal, an in-process kernel)."""
    if not callable(getattr(getattr(kernel, "iopub_thread", None), "send_multipart", None)):
        return None
    return IopubTap(kernel, shown, idle)
