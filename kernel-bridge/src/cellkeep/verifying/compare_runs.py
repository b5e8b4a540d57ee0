"""The original run and those below it against what was logged now: params, metrics, files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..content import media_type_of
from ..link import ServerLink
from ..wire import StoredExecution, StoredRun, Tolerances
from .compare_images import NoImage, image_distance
from .compare_numbers import Tolerance, compare_series, tolerance_of
from .compare_outputs import first_json_difference
from .compare_tables import compare_tables, table_of_csv
from .compare_text import compare_text
from .findings import Findings, Kind
from .original import MOST_POINTS, Original, read_artifact, read_artifacts, read_series
from .remade import RemadeRun

#: Bytes of a file that is fetched to be compared; larger ones are compared by digest.
_MOST_FETCHED = 64 * 1024 * 1024
#: Files that say on which machine and when, or that hold a model, which is compared by what it predicts.
_NOT_RESULTS = frozenset("MLmodel conda.yaml python_env.yaml requirements.txt estimator.html".split())


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
            if Path(path).name in _NOT_RESULTS or self._is_of_model(path):
                continue
            file = now.files.get(path)
            if file is None:
                self._differ("missing", f"{of}file {path}", f"{row['size']} bytes", "not logged", execution)
                continue
            content = file.read_bytes()
            kind = media_type_of(path)
            if not (kind.startswith(("image/", "text/")) or kind == "application/json"):
                continue  # a pickle or an archive of equal content need not have equal bytes
            before = read_artifact(self.link, was["id"], path, _MOST_FETCHED)
            if before is None:
                self.findings.note(f"{of}{path} is too large to be compared, or gone from the server")
            elif before != content:
                self._content(f"{of}file {path}", kind, before, content, execution)

    def _is_of_model(self, path: str) -> bool:
        """Below a folder that MLflow calls a model."""
        return any(part in ("model", "models", "best_estimator") for part in Path(path).parts[:-1])

    def _content(self, name: str, kind: str, was: bytes, now: bytes, execution: StoredExecution | None) -> None:
        general = Tolerance(self.tolerances["relative"], self.tolerances["absolute"])
        if kind.startswith("image/") and kind != "image/svg+xml":
            self.findings.images += 1
            try:
                apart = image_distance(was, now)
            except NoImage as error:
                self.findings.note(str(error))
                apart = 1.0
            if apart > self.tolerances["images"]:
                self._differ("output", name, "the picture as it was", "another picture", execution, apart, self.tolerances["images"])
            return
        before, after = was.decode("utf-8", "replace"), now.decode("utf-8", "replace")
        if kind in ("text/csv", "text/tab-separated-values"):
            delimiter = "," if kind == "text/csv" else "\t"
            table = compare_tables(table_of_csv(before, delimiter), table_of_csv(after, delimiter), general, self.folders)
            if table is not None:
                self._differ("output", name, table.was, table.now, execution, table.distance, general.relative)
            return
        found = _json_difference(before, after, general) if kind == "application/json" else compare_text(before, after, self.folders)
        if kind == "text/html" and found is not None:
            self.findings.note(f"{name}: HTML that is no output of a cell is not compared")
        elif found is not None:
            self._differ("output", name, found[0], found[1], execution)

    def _differ(
        self,
        kind: Kind,
        name: str,
        was: str,
        now: str,
        execution: StoredExecution | None,
        distance: float | None = None,
        tolerance: float | None = None,
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
        )


def _json_difference(was: str, now: str, tolerance: Tolerance) -> tuple[str, str] | None:
    try:
        return first_json_difference(json.loads(was), json.loads(now), tolerance)
    except ValueError:
        found = compare_text(was, now)
        return (found.was, found.now) if found else None


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
