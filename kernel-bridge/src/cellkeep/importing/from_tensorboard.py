"""TensorBoard's event files: each folder that holds some is a run. Read with the package ``tensorboard``."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .source import Points, SourceFile, SourceRun, clean_key, clean_name, id_of

_EVENTS = re.compile(r"^events\.out\.tfevents\.|.*\.tfevents(\.|$)")
_HPARAMS = "_hparams_/"
#: Bytes of a record beside its data: its length (8), and the checksums of the length and of the data (4 each).
_FRAME = 16


class NotInstalled(Exception):
    """A package that reads this kind of source is missing; the text says which."""


def tensorboard_runs(folder: Path, experiment: str | None) -> Iterator[SourceRun]:
    """The runs below a log folder, by path.

    Parameters
    ----------
    experiment
        Absent: the folder's name.
    """
    found: dict[Path, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and _EVENTS.match(path.name):
            found.setdefault(path.parent, []).append(path)
    where = experiment or clean_name(folder.resolve().name, "tensorboard")
    for place, files in sorted(found.items()):
        name = place.relative_to(folder).as_posix()
        yield _run(where, folder.resolve().name if name == "." else name, files)


def _run(experiment: str, name: str, files: list[Path]) -> SourceRun:
    reader = _Reader(files)
    reader.read()
    # Names of event files hold the host, the process and the second at which it began.
    sizes = [f"{file.name}:{reader.found[file].st_size if file in reader.found else 'gone'}" for file in files]
    changed = [int(found.st_mtime * 1000) for found in reader.found.values()] or [0]
    return SourceRun(
        id=id_of("tensorboard", experiment, name, files[0].name),
        experiment=experiment,
        name=clean_name(name, "run"),
        status="finished",
        started_at=reader.first or changed[0],
        ended_at=reader.last or changed[-1],
        fingerprint="tensorboard " + hashlib.sha256("\n".join(sizes).encode()).hexdigest()[:16],
        params=reader.params,
        tags={"cellkeep.source": "tensorboard"},
        points=lambda: iter(reader.series.values()),
        files=lambda: iter(reader.files),
        remarks=reader.remarks(),
    )


class _Reader:
    """All events of one run; scalars become points, images and texts files, hyperparameters params."""

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        #: What each file was before it was read, without those that were gone by then.
        self.found: dict[Path, os.stat_result] = {}
        self.series: dict[str, Points] = {}
        self.files: list[SourceFile] = []
        self.params: dict[str, str] = {}
        self.first: int | None = None
        self.last: int | None = None
        self._left_out: dict[str, int] = {}
        self._broken: list[str] = []

    def read(self) -> None:
        loader_of, ndarray = _tensorboard()
        for path in self._paths:
            size, read, events, damage = 0, 0, 0, ""
            try:
                self.found[path] = path.stat()  # before it is read: it may grow meanwhile
                size = self.found[path].st_size
                loader = loader_of(str(path))
                for event in loader.Load():
                    self._event(event, ndarray)
                    events, read = events + 1, loader.bytes_read
                read = loader.bytes_read
                if read < size:
                    damage = "what follows is cut off or damaged"
            except Exception as error:  # the reader's own errors share no class
                damage = f"{type(error).__name__}: {error}"[:200]
            if damage:
                until = f"{events} events were read, the first {read} of its {size} bytes"
                self._broken.append(f"{path.name} cannot be read to its end: {until} ({damage})")

    def remarks(self) -> list[str]:
        left = [f"{count} values of kind {kind!r} were left out" for kind, count in sorted(self._left_out.items())]
        return self._broken + left

    def _event(self, event: Any, ndarray: Callable[[Any], Any]) -> None:
        if not event.HasField("summary"):
            return
        time = round(event.wall_time * 1000)
        for value in event.summary.value:
            self.first = time if self.first is None else min(self.first, time)
            self.last = time if self.last is None else max(self.last, time)
            kind = value.metadata.plugin_data.plugin_name
            if value.tag.startswith(_HPARAMS):
                self._hparams(value)
            elif kind == "scalars":
                number = float(ndarray(value.tensor).reshape(-1)[0])
                key = clean_key(value.tag)
                self.series.setdefault(key, Points(key)).add(event.step, time, number)
            elif kind == "images":
                for at, data in enumerate(ndarray(value.tensor).reshape(-1)[2:]):
                    self._file(f"images/{clean_key(value.tag)}/{event.step:08d}{f'_{at}' if at else ''}.{_extension(data)}", data)
            elif kind == "text":
                texts = [bytes(data).decode("utf-8", "replace") for data in ndarray(value.tensor).reshape(-1)]
                self._file(f"texts/{clean_key(value.tag)}/{event.step:08d}.txt", "\n".join(texts).encode())
            else:
                self._left_out[kind or "unknown"] = self._left_out.get(kind or "unknown", 0) + 1

    def _hparams(self, value: Any) -> None:
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

        data = HParamsPluginData.FromString(value.metadata.plugin_data.content)
        for key, given in data.session_start_info.hparams.items():
            kind = given.WhichOneof("kind")
            self.params[clean_key(key)] = str(getattr(given, kind)) if kind else ""

    def _file(self, path: str, data: bytes) -> None:
        def fetch(folder: Path) -> Path:
            target = folder / "content"
            target.write_bytes(data)
            return target

        self.files.append(SourceFile(path, fetch))


def _extension(data: bytes) -> str:
    return "png" if data[:8] == b"\x89PNG\r\n\x1a\n" else "gif" if data[:4] == b"GIF8" else "jpg" if data[:2] == b"\xff\xd8" else "bin"


def _tensorboard() -> tuple[Callable[[str], Any], Callable[[Any], Any]]:
    try:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader, RawEventFileLoader
        from tensorboard.util.tensor_util import make_ndarray
    except ImportError as error:
        raise NotInstalled(f"event files are read with the package tensorboard: pip install tensorboard ({error})") from error

    class Counted(RawEventFileLoader):  # type: ignore[misc]
        """Its own loader takes a damaged record for the end of a file that somebody still writes, and says nothing."""

        bytes_read = 0

        def Load(self) -> Iterator[bytes]:  # noqa: N802 (its name)
            for record in super().Load():
                self.bytes_read += _FRAME + len(record)
                yield record

    class Loader(EventFileLoader, Counted):  # type: ignore[misc]
        """Events, of records that are counted."""

    return Loader, make_ndarray
