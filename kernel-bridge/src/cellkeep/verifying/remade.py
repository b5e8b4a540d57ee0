"""What was logged while a run was made again: the bridge's spool and MLflow's file store, both in the scratch folder."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..frames import read_frames, read_payload
from .compare_numbers import Points


@dataclass
class RemadeRun:
    """A run as it came out now. ``place`` is the place of its execution in what was executed; None where that is not known."""

    id: str
    name: str
    started: float
    place: int | None
    params: dict[str, str] = field(default_factory=dict)
    series: dict[str, Points] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    models: list[Path] = field(default_factory=list)


def read_native(home: Path) -> list[RemadeRun]:
    """Runs in the spools below ``home``, in the order in which they were opened."""
    runs: dict[str, RemadeRun] = {}
    orders: dict[str, int] = {}
    started_in: dict[str, str | None] = {}
    points: dict[str, dict[str, list[tuple[int, float]]]] = {}
    spools = sorted(home.glob("spool/*"))
    for record in (record for spool in spools for record in _records(spool)):
        kind = record.get("type")
        if kind == "execution":
            orders[record["execution"]["id"]] = record["execution"]["order"]
        elif kind == "run.create":
            run = record["run"]
            if run["id"] not in runs:
                runs[run["id"]] = RemadeRun(run["id"], run.get("name", ""), run.get("startedAt", 0), None, dict(run.get("params", {})))
                started_in[run["id"]] = run.get("source", {}).get("executionId")
        elif kind == "params" and record["runId"] in runs:
            runs[record["runId"]].params.update(record["params"])
        elif kind == "run.update" and record["run"]["id"] in runs:
            runs[record["run"]["id"]].name = record["run"].get("name", runs[record["run"]["id"]].name)
        elif kind == "points":
            for series in record["series"]:
                found = points.setdefault(record["runId"], {}).setdefault(series["key"], [])
                found += [(int(step), float(value)) for step, value in zip(series["steps"], series["values"], strict=True)]
    for run_id, run in runs.items():
        run.place = orders.get(started_in[run_id] or "")
        run.series = {key: sorted(one, key=lambda point: point[0]) for key, one in points.get(run_id, {}).items()}
    for spool in spools:
        for meta in sorted(spool.glob("artifacts/*.json")):
            with contextlib.suppress(OSError, ValueError, KeyError):
                told = json.loads(meta.read_bytes())
                if told["run_id"] in runs:
                    runs[told["run_id"]].files[told["path"]] = meta.with_suffix(".data")
    return sorted(runs.values(), key=lambda run: run.started)


def _records(spool: Path) -> Iterator[dict[str, Any]]:
    for segment in sorted(spool.glob("*.seg")):
        for frame in read_frames(segment):
            yield from json.loads(b"[" + read_payload(segment, frame) + b"]")


def read_mlflow(store: Path, spans: Sequence[tuple[float, float]]) -> list[RemadeRun]:
    """Runs in MLflow's file store, oldest first.

    Parameters
    ----------
    store
        Folder of the store.
    spans
        Start and end of each execution (ms since the epoch): by them a run belongs to the one during which it began.
    """
    found = []
    for meta in store.glob("*/*/meta.yaml"):
        told = _plain_yaml(meta)
        if "run_id" not in told:
            continue
        folder = meta.parent
        started = float(told.get("start_time", 0) or 0)
        run = RemadeRun(told["run_id"], told.get("run_name", ""), started, _place_of(started, spans))
        run.params = {key: file.read_text("utf-8", "replace") for key, file in _leaves(folder / "params")}
        run.series = {key: _points(file) for key, file in _leaves(folder / "metrics")}
        run.files = dict(_leaves(folder / "artifacts"))
        models = folder.parent / "models"
        logged = [models / one.name for one in (folder / "outputs").glob("m-*") if (models / one.name).is_dir()]
        run.models = [model / "artifacts" for model in sorted(logged, key=_logged_at)]
        found.append(run)
    return sorted(found, key=lambda run: run.started)


def _place_of(moment: float, spans: Sequence[tuple[float, float]]) -> int | None:
    inside = [place for place, (start, end) in enumerate(spans) if start - 1 <= moment <= end + 1]
    return inside[-1] if inside else None


def _logged_at(model: Path) -> tuple[float, str]:
    """When a model was logged: its id, by which its folder is named, is random."""
    meta = model / "meta.yaml"
    told = _plain_yaml(meta) if meta.is_file() else {}
    try:
        return float(told.get("creation_timestamp_ms") or told.get("creation_timestamp") or 0), model.name
    except ValueError:
        return 0.0, model.name


def _leaves(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")) if folder.is_dir() else ():
        if file.is_file():
            yield file.relative_to(folder).as_posix(), file


def _points(file: Path) -> Points:
    """Lines of time, value and step; MLflow writes a point again for the model that it belongs to, a server keeps it once."""
    points: dict[tuple[str, int, str], tuple[int, float]] = {}
    for line in file.read_text("utf-8", "replace").splitlines():
        parts = line.split()
        with contextlib.suppress(ValueError, IndexError):
            step = int(parts[2]) if len(parts) > 2 else 0
            points[parts[0], step, parts[1]] = (step, float(parts[1]))
    return sorted(points.values(), key=lambda point: point[0])


def _plain_yaml(file: Path) -> dict[str, str]:
    """One value a line, as MLflow writes it; nested ones are not needed."""
    told = {}
    for line in file.read_text("utf-8", "replace").splitlines():
        key, colon, value = line.partition(": ")
        if colon and not key.startswith(" "):
            told[key] = value.strip().strip("'\"")
    return told
