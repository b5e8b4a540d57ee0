"""The original run and those below it against what was logged now: params, metrics, files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..content import media_type_of
from ..link import ServerLink
from ..wire import StoredExecution, StoredRun, Tolerances
from .compare_content import ContentComparer, is_picture
from .compare_numbers import compare_series, tolerance_of
from .compare_text import compare_text
from .findings import Findings, Kind
from .original import MOST_POINTS, Original, read_artifact, read_artifacts, read_series
from .remade import RemadeRun

#: Bytes of a file that is fetched to be compared by what it holds.
_MOST_FETCHED = 64 * 1024 * 1024
#: Files that say on which machine and when, or that hold a model, which is compared by what it predicts.
_NOT_RESULTS = frozenset("MLmodel conda.yaml python_env.yaml requirements.txt estimator.html".split())

#: Files of arrays and frames: the same writer makes the same bytes of the same content.
_EXACT = frozenset(".npy .npz .parquet .feather .arrow .safetensors".split())


@dataclass
class RunComparer:
    """Compares runs. ``folders``: working folders of the two executions."""

    link: ServerLink
    original: Original
    findings: Findings
    tolerances: Tolerances
    folders: tuple[str, ...]

    def compare_all(self, remade: Sequence[RemadeRun], executed: Sequence[StoredExecution]) -> RemadeRun | None:
        """Compare the run and its children; returns the one that is the run now."""
        places = {execution["order"]: place for place, execution in enumerate(executed)}
        by_id = {execution["id"]: execution for execution in executed}
        own: RemadeRun | None = None
        for run in (self.original.run, *self.original.children):
            execution = by_id.get(run["source"]["executionId"] or "")
            found = _matching(run, execution, remade, places)
            if run is self.original.run:
                own = found
            if found is None:
                self._differ("missing", f"run {run['name']}", "logged", "not logged", execution)
                continue
            self.compare(run, found, execution)
        return own

    def compare(self, was: StoredRun, now: RemadeRun, execution: StoredExecution | None) -> None:
        """Tell what differs between a run and the one that was made again."""
        of = "" if was is self.original.run else f"{was['name']}: "
        self._params(was["params"], now.params, of, execution)
        self._metrics(was, now, of, execution)
        self._files(was, now, of, execution)

    def _params(self, was: Mapping[str, str], now: Mapping[str, str], of: str, execution: StoredExecution | None) -> None:
        for key in sorted({*was, *now}):
            before, after = was.get(key), now.get(key)
            if before is None or after is None or compare_text(before, after, self.folders) is not None:
                self._differ("output", f"{of}param {key}", before or "not set", after or "not set", execution)

    def _metrics(self, was: StoredRun, now: RemadeRun, of: str, execution: StoredExecution | None) -> None:
        before = read_series(self.link, was)
        after = {key: points for key, points in now.series.items() if not key.startswith("system/")}
        for key in sorted({*before, *after}):
            if key not in after:
                self._differ("missing", f"{of}{key}", f"{before[key][-1][1]!r}", "not logged", execution)
                continue
            if key not in before:
                self._differ("extra", f"{of}{key}", "not logged", f"{after[key][-1][1]!r}", execution)
                continue
            self.findings.metrics += 1
            points = after[key]
            if was["metrics"][key]["count"] > MOST_POINTS:
                self.findings.note(f"{of}{key} has more than {MOST_POINTS:,} points; its last one was compared")
                points = points[-1:]
            tolerance = tolerance_of(self.tolerances, key)
            found = compare_series(before[key], points, tolerance)
            if found is not None:
                self._differ("metric", f"{of}{key}", found.was, found.now, execution, found.distance, tolerance.relative)

    def _files(self, was: StoredRun, now: RemadeRun, of: str, execution: StoredExecution | None) -> None:
        for path, row in sorted(read_artifacts(self.link, was).items()):
            if Path(path).name in _NOT_RESULTS:
                continue
            file, name = now.files.get(path), f"{of}file {path}"
            if file is None and not _is_of_model(path):
                self._differ("missing", name, f"{row['size']} bytes", "not logged", execution)
            elif file is None:
                self.findings.pass_over(f"{name} was not logged again; a model is compared by what it predicts")
            else:
                self._file(was, row, file, name, execution)

    def _file(self, was: StoredRun, row: Any, now: Path, name: str, execution: StoredExecution | None) -> None:
        """By its digest, and where that is another one, by what it holds; only that is fetched which can be read."""
        kind, size = media_type_of(row["path"]), now.stat().st_size
        digest = _sha256(now)
        readable = kind.startswith(("image/", "text/")) or kind == "application/json"
        if digest == row["digest"]:
            self.findings.files += 1
            self.findings.images += kind.startswith("image/")
        elif _is_of_model(row["path"]):
            folder = row["path"].rpartition("/")[0]
            self.findings.pass_over(f"files in {folder} have other bytes; a model is compared by what it predicts")
        elif not readable:
            counts = _is_exact(row["path"])
            self._differ("output", name, f"SHA-256 {row['digest']}", f"SHA-256 {digest}", execution, counts=counts)
            self.findings.files += counts
            if not counts:
                self.findings.pass_over(f"{name} has other bytes, which files of its kind may have with the same content")
        elif max(size, row["size"]) > _MOST_FETCHED:
            self.findings.pass_over(f"{name} has other bytes, and is too large to be compared by what it holds")
        else:
            before = read_artifact(self.link, was["id"], row["path"], _MOST_FETCHED)
            if before is None:
                self.findings.pass_over(f"{name} has other bytes than it had, and what it held is gone from the server")
                return
            self.findings.files += 1
            self._content(name, kind, before, now.read_bytes(), execution)

    def _content(self, name: str, kind: str, was: bytes, now: bytes, execution: StoredExecution | None) -> None:
        kind, before, after = _decoded(kind, was, now)
        for found in ContentComparer(self.findings, self.tolerances, self.folders).compare(kind, before, after):
            part = f"{name}: {found.part}" if found.part not in ("", "table") else name
            self._differ("output", part, found.was, found.now, execution, found.distance, found.tolerance)

    def _differ(
        self,
        kind: Kind,
        name: str,
        was: str,
        now: str,
        execution: StoredExecution | None,
        distance: float | None = None,
        tolerance: float | None = None,
        counts: bool = True,
    ) -> None:
        self.findings.differ(
            kind,
            name,
            was,
            now,
            order=execution["order"] if execution else None,
            cell_id=execution["cellId"] if execution else None,
            distance=distance,
            tolerance=tolerance,
            counts=counts,
        )


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _is_of_model(path: str) -> bool:
    """Below a folder that MLflow calls a model."""
    return any(part in ("model", "models", "best_estimator") for part in Path(path).parts[:-1])


def _is_exact(path: str) -> bool:
    """Whether equal content makes equal bytes, which a pickle or an archive with times in it need not have."""
    return Path(path).suffix.lower() in _EXACT


def _decoded(kind: str, was: bytes, now: bytes) -> tuple[str, Any, Any]:
    """As it is compared; what should be JSON and is not is text."""
    if is_picture(kind):
        return kind, was, now
    before, after = was.decode("utf-8", "replace"), now.decode("utf-8", "replace")
    if kind == "application/json":
        try:
            return kind, json.loads(before), json.loads(after)
        except (ValueError, RecursionError):
            return "text/plain", before, after
    return kind, before, after


def _matching(
    run: StoredRun, execution: StoredExecution | None, remade: Sequence[RemadeRun], places: Mapping[int, int]
) -> RemadeRun | None:
    """The nth run of the same execution; of one whose execution is not known, the only one of that name."""
    if execution is None:
        named = [one for one in remade if one.name == run["name"]]
        return named[0] if len(named) == 1 else None
    there = [one for one in remade if one.place == places[execution["order"]]]
    ids = execution["runIds"]
    if len(there) == len(ids) or run["id"] not in ids:
        nth = ids.index(run["id"]) if run["id"] in ids else 0
        return there[nth] if nth < len(there) else None
    named = [one for one in there if one.name == run["name"]]
    nth = ids.index(run["id"])
    return named[0] if len(named) == 1 else there[nth] if nth < len(there) else None
