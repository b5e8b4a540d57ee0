"""W&B's local files: ``wandb/run-…`` and ``wandb/offline-run-…`` folders, each with a record log and the run's files.

The log (``run-<id>.wandb``) is a sequence of protobuf records in LevelDB's log format behind a header of seven bytes: blocks of 32 KiB,
in them pieces of ``crc32 (4 bytes), length (2), kind (1), data`` with the kinds 1 whole, 2 first, 3 middle, 4 last
(https://github.com/google/leveldb/blob/main/doc/log_format.md; the checksum is zlib's, over kind and data). The messages are read with
the package ``wandb``. Artifacts proper, which W&B keeps apart, are not among these files.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .from_tensorboard import NotInstalled
from .source import Points, SourceFile, SourceRun, clean_key, clean_name, id_of, texts

_HEADER = b":W&B\xe1\xbe\x00"
_BLOCK = 32 * 1024
_PIECE = struct.Struct("<IHB")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4


class BrokenLog(ValueError):
    """The record log is not what it should be from some byte on."""


def wandb_runs(folder: Path, experiment: str | None) -> Iterator[SourceRun]:
    """The runs below a folder, by the time in their names.

    Parameters
    ----------
    experiment
        Absent: the run's project.
    """
    for path in sorted(folder.rglob("run-*.wandb")):
        if not any(parent.is_symlink() for parent in [path, *path.parents]):  # latest-run
            yield _run(path, experiment)


def _run(path: Path, experiment: str | None) -> SourceRun:
    log = _Log()
    try:
        for data in read_pieces(path):
            log.add(data)
    except BrokenLog as error:
        log.remarks.append(f"{path.name}: {error}; what stands before is kept")
    tags = {"cellkeep.source": "wandb", "wandb.id": log.id or path.stem.removeprefix("run-"), **log.tags}
    remarks = log.remarks
    started = log.started or int(path.stat().st_mtime * 1000)
    return SourceRun(
        id=id_of("wandb", log.project, tags["wandb.id"]),
        experiment=experiment or clean_name(log.project, "wandb"),
        name=clean_name(log.name or tags["wandb.id"], "run"),
        status="failed" if log.exit_code else "finished" if log.exit_code == 0 else "killed",
        started_at=started,
        ended_at=max(started, log.ended or started),
        fingerprint=f"wandb {path.stat().st_size}",
        notes=log.notes[:65_536],
        params=texts(log.config, "param", remarks),
        tags=texts({key: value for key, value in tags.items() if value}, "tag", remarks),
        points=lambda: iter(log.series.values()),
        files=lambda: _files(path.parent / "files"),
        remarks=remarks,
    )


def read_pieces(path: Path) -> Iterator[bytes]:
    """The records of a log, put together from their pieces.

    Raises
    ------
    BrokenLog
        At the first byte that does not fit, after all records before it.
    """
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            raise BrokenLog("this is no record log of W&B")
        record = b""
        while True:
            left = _BLOCK - file.tell() % _BLOCK
            if left < _PIECE.size:
                file.seek(left, 1)
            head = file.read(_PIECE.size)
            if len(head) < _PIECE.size:
                if head.strip(b"\0") or record:
                    raise BrokenLog("it ends in the midst of a record")
                return
            checksum, length, kind = _PIECE.unpack(head)
            if kind == 0 and length == 0:  # room that was set aside and not used
                return
            data = file.read(length)
            if len(data) < length:
                raise BrokenLog("it ends in the midst of a record")
            if zlib.crc32(data, zlib.crc32(bytes([kind]))) != checksum:
                raise BrokenLog(f"the checksum at byte {file.tell() - length} is wrong")
            record = record + data if kind in (_MIDDLE, _LAST) else data
            if kind in (_WHOLE, _LAST):
                yield record
                record = b""


class _Log:
    """What the records say, the last word for each thing."""

    def __init__(self) -> None:
        self._record = _record_class()
        self.id = self.project = self.name = self.notes = ""
        self.started: int | None = None
        self.ended: int | None = None
        self.exit_code: int | None = None
        self.config: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.series: dict[str, Points] = {}
        self.remarks: list[str] = []
        self._left_out: set[str] = set()

    def add(self, data: bytes) -> None:
        try:
            record = self._record.FromString(data)
        except Exception as error:  # protobuf's own
            raise BrokenLog(f"a record cannot be read ({type(error).__name__})") from error
        kind = record.WhichOneof("record_type")
        if kind == "run":
            self._run(record.run)
        elif kind == "config":
            self._config(record.config)
        elif kind == "history":
            self._history(record.history)
        elif kind == "summary":
            self._summary(record.summary)
        elif kind == "stats":
            self._stats(record.stats)
        elif kind == "exit":
            self.exit_code = record.exit.exit_code
            if self.started is not None:
                self.ended = max(self.ended or 0, self.started + record.exit.runtime * 1000)

    def _run(self, run: Any) -> None:
        self.id, self.project = run.run_id or self.id, run.project or self.project
        self.name, self.notes = run.display_name or self.name, run.notes or self.notes
        if run.HasField("start_time"):
            self.started = run.start_time.seconds * 1000 + run.start_time.nanos // 1_000_000
        self._config(run.config)
        for tag in run.tags:
            self.tags[clean_key(tag)] = "true"
        for key, value in (("wandb.group", run.run_group), ("wandb.job_type", run.job_type), ("wandb.host", run.host)):
            if value:
                self.tags[key] = value

    def _config(self, config: Any) -> None:
        for item in config.update:
            key = "/".join(item.nested_key) or item.key
            if key and not key.startswith("_wandb"):
                self.config.update(_flat(key, json.loads(item.value_json)))
        for item in config.remove:
            self.config.pop("/".join(item.nested_key) or item.key, None)

    def _history(self, history: Any) -> None:
        row: dict[str, Any] = {"/".join(item.nested_key) or item.key: json.loads(item.value_json) for item in history.item}
        step = row.pop("_step", None)
        step = int(step) if isinstance(step, int | float) else history.step.num
        time = self._time(row.pop("_timestamp", None))
        row.pop("_runtime", None)
        for key, value in row.items():
            self._value(key, step, time, value)

    def _value(self, key: str, step: int, time: int, value: Any) -> None:
        if isinstance(value, bool) or (isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity")):
            self._leave_out(key)
        elif isinstance(value, int | float | str):
            kept = clean_key(key)
            self.series.setdefault(kept, Points(kept)).add(step, time, float(value))
        elif isinstance(value, dict) and "_type" not in value:
            for inner, one in value.items():
                self._value(f"{key}/{inner}", step, time, one)
        elif "/_type" not in key and not isinstance(value, dict):
            self._leave_out(key)

    def _leave_out(self, key: str) -> None:
        # What describes a media file (its path, size and type) is no loss: the file itself is brought.
        media = key.rpartition("/")[2] in ("_type", "path", "sha256", "format", "artifact_path", "_latest_artifact_path")
        if not media and key not in self._left_out:
            self._left_out.add(key)
            self.remarks.append(f"values of {key[:60]!r} are no numbers and were left out")

    def _summary(self, summary: Any) -> None:
        """What is no number of the history: final texts become tags, so that nothing said at the end is lost."""
        for item in summary.update:
            key = "/".join(item.nested_key) or item.key
            value = json.loads(item.value_json)
            if key.startswith("_") or key in self.series or "/" in key:
                continue
            if isinstance(value, str) and value not in ("NaN", "Infinity", "-Infinity"):
                self.tags[clean_key(f"summary/{key}")] = value
            elif isinstance(value, int | float | str) and not isinstance(value, bool):
                self.tags[clean_key(f"summary/{key}")] = str(value)

    def _stats(self, stats: Any) -> None:
        time = stats.timestamp.seconds * 1000 + stats.timestamp.nanos // 1_000_000
        self.ended = max(self.ended or 0, time)
        for item in stats.item:
            value = json.loads(item.value_json)
            if isinstance(value, int | float) and not isinstance(value, bool):
                key = clean_key(f"system/{item.key}")
                points = self.series.setdefault(key, Points(key))
                points.add(len(points.steps), time, float(value))

    def _time(self, stamp: object) -> int:
        time = round(stamp * 1000) if isinstance(stamp, int | float) else (self.ended or self.started or 0)
        self.ended = max(self.ended or 0, time)
        return time


def _flat(key: str, value: Any) -> dict[str, str]:
    # W&B wraps what it read from a file once more.
    if isinstance(value, dict) and set(value) <= {"value", "desc"} and "value" in value:
        value = value["value"]
    if isinstance(value, dict) and value:
        return {inner: text for name, one in value.items() for inner, text in _flat(f"{key}/{name}", one).items()}
    return {key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}


def _files(folder: Path) -> Iterator[SourceFile]:
    for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            name = "/".join(clean_key(part) for part in path.relative_to(folder).parts)
            yield SourceFile(name, lambda _, path=path: path, temporary=False)  # type: ignore[misc]


def _record_class() -> Any:
    try:
        from wandb.proto.wandb_internal_pb2 import Record
    except ImportError as error:
        raise NotInstalled(f"W&B's records are read with the package wandb: pip install wandb ({error})") from error
    return Record
