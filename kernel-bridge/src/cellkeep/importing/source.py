"""What every source yields: a run with all that was tracked of it, in Cellkeep's words."""

from __future__ import annotations

import hashlib
import re
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from ..values import cut, utf16_length
from ..wire import KEY_LIMIT, NAME_LIMIT, PARAM_VALUE_LIMIT, TAG_VALUE_LIMIT

Status = Literal["running", "finished", "failed", "killed"]
_FORBIDDEN = re.compile(r"[^\w\-. :/@()%+=#,\[\]]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass
class Points:
    """Columns of one series, equally long; times in ms since the epoch."""

    key: str
    steps: array[int] = field(default_factory=lambda: array("q"))
    times: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def add(self, step: int, time: int, value: float) -> None:
        """One more point."""
        self.steps.append(step)
        self.times.append(time)
        self.values.append(value)


@dataclass
class SourceFile:
    """An artifact: where it belongs, and how its bytes come to this machine."""

    path: str
    #: Gives a file on this machine; it is removed afterwards where ``temporary``.
    fetch: Callable[[Path], Path]
    temporary: bool = True


@dataclass
class SourceRun:
    """A run of another tool. What is large is read only when it is asked for."""

    #: 32 hex digits, the same each time.
    id: str
    experiment: str
    name: str
    status: Status
    started_at: int
    ended_at: int | None
    #: Changes when the source's run does: a run that was brought with this mark is not looked at again.
    fingerprint: str
    parent_id: str | None = None
    #: Whose run it is there; empty where that is not known.
    user: str = ""
    notes: str = ""
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    points: Callable[[], Iterator[Points]] = lambda: iter(())
    files: Callable[[], Iterator[SourceFile]] = lambda: iter(())
    #: Datasets that it read, as MLflow's protocol tells of them.
    inputs: list[dict[str, object]] = field(default_factory=list)
    deleted: bool = False
    #: What could not be kept as it was, one sentence each; a source may add to it while it is read.
    remarks: list[str] = field(default_factory=list)


def id_of(*words: str) -> str:
    """A run id that is the same each time for the same words."""
    return hashlib.sha256("\0".join(words).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def clean_key(key: str) -> str:
    """The key, or the nearest one that the contract allows.

    Examples
    --------
    >>> clean_key("train/loss")
    'train/loss'
    >>> clean_key("../a//b{0}")
    '__/a/b_0_'
    """
    parts = [part for part in _FORBIDDEN.sub("_", key).split("/") if part]
    clean = "/".join("_" * len(part) if part in (".", "..") else part for part in parts) or "_"
    return cut(clean, KEY_LIMIT).rstrip("/")


def clean_name(name: str, other: str) -> str:
    """A run's or experiment's name without what a name may not hold; ``other`` where nothing is left."""
    return cut(_CONTROL.sub(" ", name).strip(), NAME_LIMIT).strip() or other


def texts(values: dict[str, str], what: Literal["param", "tag"], remarks: list[str]) -> dict[str, str]:
    """Params or tags within the contract's limits; what had to be changed is told."""
    limit = PARAM_VALUE_LIMIT if what == "param" else TAG_VALUE_LIMIT
    found: dict[str, str] = {}
    for key, value in values.items():
        kept, text = clean_key(key), value.replace("\0", "\ufffd")
        if kept != key:
            remarks.append(f"{what} {key[:60]!r} is now {kept[:60]!r}")
        if utf16_length(text) > limit:
            remarks.append(f"{what} {kept[:60]!r} was cut to {limit} characters")
            text = cut(text, limit)
        found[kept] = text
    return found
