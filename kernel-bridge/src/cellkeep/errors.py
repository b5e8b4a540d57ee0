"""How an exception is told: name, message, plain traceback; and what it makes of a run."""

from __future__ import annotations

import re
import sys
import traceback
from types import TracebackType
from typing import Literal

from .values import cut
from .wire import NAME_LIMIT, TAG_VALUE_LIMIT, TRACEBACK_LIMIT, ErrorInfo

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
#: Frames of whoever ran the cell say nothing about the cell.
_RUNNERS = re.compile(r"[/\\](IPython|ipykernel|cellkeep)[/\\][^\n]*\.py$")

FinalStatus = Literal["finished", "failed", "killed"]


def final_status(error: BaseException | None) -> FinalStatus:
    """``killed`` for an interrupt, ``failed`` for an error, else ``finished``; ``sys.exit(0)`` is no error."""
    if error is None or isinstance(error, GeneratorExit):
        return "finished"
    if isinstance(error, SystemExit):
        return "finished" if error.code in (None, 0) else "failed"
    asyncio = sys.modules.get("asyncio")  # a program without it has no such error, and importing it costs 30 ms
    cancelled = asyncio is not None and isinstance(error, asyncio.CancelledError)
    return "killed" if cancelled or isinstance(error, KeyboardInterrupt) else "failed"


def error_info(error: BaseException) -> ErrorInfo:
    """The error within the contract's limits, without terminal escapes."""
    try:
        message = str(error)
    except Exception as second:
        message = f"(its message could not be made: {type(second).__name__})"
    return {
        "name": cut(type(error).__name__, NAME_LIMIT),
        "message": cut(_ESCAPE.sub("", message), TAG_VALUE_LIMIT),
        "traceback": cut(_ESCAPE.sub("", _plain_traceback(error)), TRACEBACK_LIMIT),
    }


def _plain_traceback(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(type(error), error, _own_frames(error.__traceback__)))
    except Exception as second:  # a broken __str__ or __repr__ of the user's
        return f"{type(error).__name__} (its traceback could not be made: {type(second).__name__})\n"


def _own_frames(frames: TracebackType | None) -> TracebackType | None:
    """Without the leading frames of IPython and of Cellkeep."""
    start = frames
    while start is not None and _RUNNERS.search(start.tb_frame.f_code.co_filename):
        start = start.tb_next
    return start if start is not None else frames
