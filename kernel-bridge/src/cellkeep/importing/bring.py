"""Write runs of a source to the server, read each back, and compare."""

from __future__ import annotations

import contextlib
import hashlib
import math
import struct
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from ..content import kind_of, media_type_of
from ..link import LinkError, Refused, ServerAway, ServerLink, TokenRefused
from .source import Points, SourceFile, SourceRun

P = ParamSpec("P")
T = TypeVar("T")
How = Literal["brought", "was there", "failed"]
#: Tag of a run that was brought whole: the source's fingerprint of it.
MARK = "cellkeep.imported"
_POINTS_A_REQUEST = 100_000
_CHUNK = 1 << 20


class Different(Exception):
    """What the server holds of a run is not what the source holds."""


@dataclass
class Report:
    """What an import has done."""

    brought: int = 0
    skipped: int = 0
    #: Logged models, and versions of registered ones.
    models: int = 0
    versions: int = 0
    points: int = 0
    files: int = 0
    bytes: int = 0
    #: Run and sentence.
    failed: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    #: Takes the source's password out of what an exception says.
    masked: Callable[[str], str] = str


def bring(link: ServerLink, runs: Iterable[SourceRun], report: Report, progress: Callable[[SourceRun, How], None]) -> None:
    """Bring each run. One that fails is told in the report, and the others go on.

    Parameters
    ----------
    runs
        A parent comes before its children.
    progress
        Told for each run how it went.

    Raises
    ------
    ServerAway, TokenRefused
        Nothing more can be brought; what was brought stays, and the next import goes on from there.
    """
    for run in runs:
        how = attempt(report, run.name, _bring_one, link, run, report)
        if how is not None:  # it is there, if without some of its files
            report.remarks += [(run.name, remark) for remark in run.remarks]
        progress(run, how or "failed")


def attempt(report: Report, name: str, work: Callable[P, T], *args: P.args, **named: P.kwargs) -> T | None:
    """What the work answers; None where it failed, which is told in the report, so that the others go on.

    Raises
    ------
    ServerAway, TokenRefused
        Nothing more can be brought.
    """
    try:
        return work(*args, **named)
    except (ServerAway, TokenRefused):
        raise
    except Exception as error:  # of the source too: its client, its store, a package that reads it
        report.failed.append((name, _said(error, report)))
        return None


def _said(error: Exception, report: Report) -> str:
    text = report.masked(" ".join(str(error).split()))[:500]
    return text if isinstance(error, Refused | Different) else f"{type(error).__name__}: {text}"


def _bring_one(link: ServerLink, run: SourceRun, report: Report) -> How:
    there = _find(link, run.id)
    if there is not None and there["tags"].get(MARK) == run.fingerprint:
        report.skipped += 1
        return "was there"
    if there is None:
        call(link, "POST", "runs", _creation(run))
    elif there["experimentName"] != run.experiment:
        raise Different(f"run {run.id} is there already, in experiment {there['experimentName']!r}")
    with _deleted_again(link, run):
        if there is not None and run.deleted and there["lifecycle"] == "deleted":
            call(link, "POST", "runs/restore", {"ids": [run.id]})  # a deleted run takes nothing; it was not brought whole
        lost = _bring_content(link, run, report)
    if lost:
        report.failed.append((run.name, lost))
        return "failed"
    report.brought += 1
    return "brought"


@contextlib.contextmanager
def _deleted_again(link: ServerLink, run: SourceRun) -> Iterator[None]:
    """One that is deleted there is deleted here as well, also where it could not be brought whole."""
    try:
        yield
    except BaseException:
        if run.deleted:
            with contextlib.suppress(LinkError):  # what went wrong first is what the person is told
                _delete(link, run)
        raise
    if run.deleted:
        _delete(link, run)


def _delete(link: ServerLink, run: SourceRun) -> None:
    call(link, "POST", "runs/delete", {"ids": [run.id]})


def _bring_content(link: ServerLink, run: SourceRun, report: Report) -> str:
    """All that belongs to the run; a sentence about files that could not be brought, or nothing."""
    _bring_state(link, run)
    keys: list[str] = []
    for points in run.points():
        for piece in _pieces(points):
            call(link, "POST", f"runs/{run.id}/log", {"series": [piece]})
        report.points += len(points.steps)
        keys.append(points.key)
        _check_series(link, run, points)
    if run.inputs:
        link.mlflow("POST", "runs/log-inputs", {"run_id": run.id, "datasets": run.inputs})
    digests, lost, known = _bring_files(link, run, report)
    _check(link, run, keys, digests)
    if not lost:
        call(link, "PATCH", f"runs/{run.id}", {"setTags": {MARK: run.fingerprint}})
        return ""
    count = "its files" if not digests else f"{len(lost)} of its files" if known else "some of its files"
    return f"without {count}: {'; '.join(lost[:5])}"


def _bring_state(link: ServerLink, run: SourceRun) -> None:
    """How the run ended, before anything that may fail: one that ended there is not running here, whatever is missing of it."""
    change: dict[str, Any] = {"name": run.name, "status": run.status, "setTags": run.tags}
    if run.ended_at is not None and run.status != "running":
        change["endedAt"] = run.ended_at
    call(link, "PATCH", f"runs/{run.id}", change)


def _creation(run: SourceRun) -> dict[str, Any]:
    return {
        "id": run.id,
        "experimentName": run.experiment,
        "name": run.name,
        "parentRunId": run.parent_id,
        "startedAt": run.started_at,
        "params": run.params,
        "tags": run.tags,
        "notes": run.notes,
        "source": {"user": run.user} if run.user else {},
    }


def _find(link: ServerLink, run_id: str) -> dict[str, Any] | None:
    try:
        return call(link, "GET", f"runs/{run_id}")
    except Refused as error:
        if error.status == 404:
            return None
        raise


def call(link: ServerLink, method: str, path: str, body: object = None) -> dict[str, Any]:
    """An operation of the contract whose answer is an object."""
    found = link.call(method, path, body)
    if not isinstance(found, dict):
        raise ValueError(f"{path} did not answer an object")
    return found


def _pieces(points: Points) -> Iterator[dict[str, Any]]:
    for at in range(0, len(points.steps), _POINTS_A_REQUEST):
        end = at + _POINTS_A_REQUEST
        yield {
            "key": points.key,
            "steps": points.steps[at:end].tolist(),
            "times": points.times[at:end].tolist(),
            "values": [_wire(value) for value in points.values[at:end]],
        }


def _wire(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _bring_files(link: ServerLink, run: SourceRun, report: Report) -> tuple[dict[str, str], list[str], bool]:
    """Digests by path; a sentence for each file that could not be brought, while the others are; and whether all files are known of."""
    digests: dict[str, str] = {}
    lost: list[str] = []
    try:
        for file in run.files():
            try:
                digests[file.path] = _bring_file(link, run, file, report)
            except (ServerAway, TokenRefused):
                raise
            except Exception as error:
                lost.append(f"{file.path}: {_said(error, report)}")
    except (ServerAway, TokenRefused):
        raise
    except Exception as error:  # their list cannot be read
        return digests, [*lost, _said(error, report)], False
    return digests, lost, True


def _bring_file(link: ServerLink, run: SourceRun, file: SourceFile, report: Report) -> str:
    with tempfile.TemporaryDirectory(prefix="cellkeep-import-") as folder:
        local = file.fetch(Path(folder))
        media_type = media_type_of(file.path)
        link.send_artifact(run.id, file.path, kind_of(media_type), media_type, local)
        report.files += 1
        report.bytes += local.stat().st_size
        return digest_of(local)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _check_series(link: ServerLink, run: SourceRun, points: Points) -> None:
    """Every point of the series, as the server gives it back."""
    rows = zip(points.steps, points.times, points.values, strict=True)
    # By their bits, so that NaN equals NaN; a point that the source holds twice counts once.
    wanted = {(step, time, _bits(value)) for step, time, value in rows}
    series = call(link, "POST", "metrics/history", {"runIds": [run.id], "keys": [points.key], "maxPoints": 1_000_000})["series"]
    if sum(one["total"] for one in series) != len(wanted):
        raise Different(f"metric {points.key!r}: {len(wanted)} points were sent, the server has {sum(one['total'] for one in series)}")
    for one in series:
        if one["sampled"]:
            continue  # past a million points the count alone is compared
        found = {(step, time, _bits(float(value))) for step, time, value in zip(one["steps"], one["times"], one["values"], strict=True)}
        if found != wanted:
            raise Different(f"metric {points.key!r}: {len(wanted - found)} points came back changed")


def _bits(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack("<d", value + 0.0)  # -0.0 is 0.0 to a point


def _check(link: ServerLink, run: SourceRun, keys: Iterable[str], digests: dict[str, str]) -> None:
    there = call(link, "GET", f"runs/{run.id}")
    wrong = [key for key, value in run.params.items() if there["params"].get(key) != value]
    if wrong:
        raise Different(f"params came back changed: {', '.join(wrong[:5])}")
    missing = [key for key in keys if key not in there["metrics"]]
    if missing:
        raise Different(f"metrics did not arrive: {', '.join(missing[:5])}")
    if run.inputs:
        answer: Any = link.mlflow("GET", "runs/get", query={"run_id": run.id})
        read = len(answer["run"].get("inputs", {}).get("dataset_inputs", []))
        if read < len(run.inputs):
            raise Different(f"{len(run.inputs)} datasets were told of, the server has {read}")
    cursor: str | None = None
    found: dict[str, str] = {}
    while digests:
        query = {"limit": "1000", **({"cursor": cursor} if cursor else {})}
        page: Any = link.call("GET", f"runs/{run.id}/artifacts", query=query)
        found |= {row["path"]: row["digest"] for row in page["artifacts"]}
        cursor = page["nextCursor"]
        if cursor is None:
            break
    changed = [path for path, digest in digests.items() if found.get(path) != digest]
    if changed:
        raise Different(f"artifacts came back changed: {', '.join(changed[:5])}")
