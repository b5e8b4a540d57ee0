"""The kernel's half of a snapshot: what is true of this process now. For the snapshots' own thread; takes from 10 ms to a few seconds."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..forks import importing
from ..git import read_diff
from ..settings import cache_folder, snapshot_variables
from ..surroundings import surroundings
from ..values import cut
from ..wire import PARAM_VALUE_LIMIT, IngestRecord, KernelRecord, KernelRecordData
from .files import OpenedFiles
from .secrecy import without_secrets
from .seeds import Seeds
from .variables import chosen_variables

if TYPE_CHECKING:
    from ..outbox import PendingArtifact
    from ..tracker import Tracker
    from .environment import EnvironmentReader

_GIT_WAIT = 2.0  # seconds
_WORDS_LIMIT = 1_000
_PAUSE = 0.001  # seconds in which the cell that runs gets the interpreter at once, and not when its turn comes (5 ms)
_DATA_LIMIT = 1_000
_FOLDER_LIMIT = 4_096


class KernelHalf:
    """What one process knows of itself, gathered while cells run.

    Attributes
    ----------
    files, seeds
        Noted by the recorder after each cell.
    """

    def __init__(self, owner: Tracker) -> None:
        self.files = OpenedFiles()
        self.seeds = Seeds()
        self._data: dict[tuple[str, str, str, str], None] = {}
        self._owner = owner
        self._environment: EnvironmentReader | None = None
        self._cells: deque[tuple[int, str, Mapping[str, Any]]] = deque()
        self._settling = threading.Lock()
        self._has_read_script = False
        self._command_line = [cut(word, PARAM_VALUE_LIMIT) for word in without_secrets(_command_line())][:_WORDS_LIMIT]
        # Where the kernel started, not where a cell has gone since: paths that cells name are relative to it.
        self._folder = cut(_working_folder(), _FOLDER_LIMIT)
        self._variables: tuple[object, dict[str, str]] = ({}, {})

    def note_cell(self, order: int, source: str, namespace: Mapping[str, Any]) -> None:
        """A cell has run; costs an append."""
        self._cells.append((order, source, namespace))

    def settle(self) -> None:
        """Look into the cells that were noted; not in the thread in which cells run."""
        with self._settling:
            while self._cells:
                self.seeds.note(*self._cells.popleft())

    def note_data(self, kind: str, name: str, version: str, digest: str = "") -> None:
        """A version of a dataset or of features was read."""
        if len(self._data) < _DATA_LIMIT:
            self._data[kind, name, version, digest] = None

    def read(self, last_order: int | None) -> tuple[KernelRecord, list[IngestRecord | PendingArtifact]]:
        """The record, and what is to be recorded before it. What fails is left out and told as a warning."""
        self.settle()
        self._read_script()
        before: list[IngestRecord | PendingArtifact] = []
        warnings: list[str] = []
        record: KernelRecord = {
            "sessionId": self._owner.session.id,
            "lastOrder": last_order,
            "environment": None,
            "git": None,
            "commandLine": self._command_line,
            "variables": self._chosen_variables(),
            "folder": self._folder,
            "seeds": self.seeds.read(),
            "data": [_data(*found) for found in self._data],
        }
        readers: Iterable[Callable[[], str]] = (
            lambda: self._read_environment(record, before),
            lambda: self._read_git(record, before),
            lambda: self._read_files(record),
            lambda: self._read_findings(record),
        )
        for read in readers:
            time.sleep(_PAUSE)
            try:
                warning = read()
            except Exception as error:  # one that fails leaves the others as they are
                warning = f"not all could be read: {type(error).__name__}: {error}"
            if warning:
                warnings.append(cut(warning, 1_000))
        record["warnings"] = warnings
        return record, before

    def _chosen_variables(self) -> dict[str, str]:
        """Looked through anew only where some have changed."""
        now = (surroundings(), snapshot_variables())
        if self._variables[0] != now:
            self._variables = now, chosen_variables(*now)
        return self._variables[1]

    def _read_script(self) -> None:
        script = self._owner.session.script
        if script is None or self._has_read_script:
            return
        self._has_read_script = True
        with contextlib.suppress(OSError, ValueError):
            source = Path(script).read_text(encoding="utf-8")
            self.seeds.note(None, source, vars(sys.modules["__main__"]))

    def _read_environment(self, record: KernelRecord, before: list[IngestRecord | PendingArtifact]) -> str:
        if self._environment is None:
            with importing:  # importlib.metadata takes a while
                from .environment import EnvironmentReader
            self._environment = EnvironmentReader(cache_folder())
        digest, environment = self._environment.read()
        if self._owner.parts.first_time(f"environment:{digest}"):
            before.append({"type": "environment", "digest": digest, "environment": environment})
        record["environment"] = digest
        return ""

    def _read_git(self, record: KernelRecord, before: list[IngestRecord | PendingArtifact]) -> str:
        folder = os.getcwd()
        found = self._owner.git.read(_GIT_WAIT)
        if found is None:
            return ""
        diff, warning = read_diff(folder) if found.get("dirty") else (None, "")
        digest = None
        if diff is not None:
            digest, part = self._owner.parts.new("diff", diff)
            if part is not None:
                before.append(part)
        record["git"] = {
            "commit": found["commit"],
            "branch": found.get("branch", ""),
            "dirty": found.get("dirty", False),
            "remote": found.get("remote", ""),
            "diff": digest,
        }
        return warning

    def _read_files(self, record: KernelRecord) -> str:
        record["files"], warning = self.files.read()
        return warning

    def _read_findings(self, record: KernelRecord) -> str:
        from .. import kernel

        if kernel.is_loaded():
            from ..marks import findings

            record["findings"] = findings()[:10_000]
        return ""


def _data(kind: str, name: str, version: str, digest: str) -> KernelRecordData:
    return {"kind": cut(kind, 250), "name": cut(name, 2_000), "version": cut(version, 250), "digest": cut(digest, 250)}


def _working_folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # removed meanwhile
        return ""


def _command_line() -> list[str]:
    """With the interpreter and its options, as it was started."""
    return list(getattr(sys, "orig_argv", None) or sys.argv)
