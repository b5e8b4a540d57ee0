"""Logged models with their files, and the registry: names, versions, aliases and stages, in the order of their numbers."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..content import media_type_of
from ..link import Refused, ServerLink
from .bring import MARK, Different, Report, call, digest_of
from .source import SourceFile

#: Source of a version that holds the place of one that was deleted in the source, for a moment.
_PLACEHOLDER = "deleted"
_FILES = "api/2.0/mlflow-artifacts/artifacts"


@dataclass
class SourceModel:
    """A logged model of another server."""

    #: ``m-`` and 32 hex digits; kept.
    id: str
    experiment: str
    name: str
    status: str
    model_type: str
    run_id: str | None
    params: dict[str, str]
    tags: dict[str, str]
    files: Callable[[], Iterator[SourceFile]]
    #: Points that were measured of it, by run, as MLflow's protocol tells of them.
    metrics: dict[str, list[dict[str, object]]] = field(default_factory=dict)


@dataclass
class SourceVersion:
    """A version of a registered model."""

    version: int
    source: str
    run_id: str
    description: str
    stage: str
    tags: dict[str, str]


@dataclass
class SourceRegistration:
    """A registered model with the versions that are left of it."""

    name: str
    description: str
    tags: dict[str, str]
    aliases: dict[str, int]
    versions: list[SourceVersion] = field(default_factory=list)


def ensure_experiment(link: ServerLink, name: str, description: str, tags: dict[str, str], deleted: bool = False) -> str:
    """Id of the experiment of this name, made where it is not there; what it lacks of description and tags is added.

    Parameters
    ----------
    deleted
        It is deleted in the source: one that was brought, and deleted here as well, is meant.
    """
    found = _experiment_named(link, name, "deleted" if deleted else "active") or _experiment_named(link, name, "active")
    if found is None:
        return str(call(link, "POST", "experiments", {"name": name, "description": description, "tags": tags})["id"])
    change: dict[str, Any] = {}
    if description and not found["description"]:
        change["description"] = description
    missing = {key: value for key, value in tags.items() if key not in found["tags"]}
    if missing:
        change["setTags"] = missing
    if change:
        call(link, "PATCH", f"experiments/{found['id']}", change)
    return str(found["id"])


def _experiment_named(link: ServerLink, name: str, lifecycle: str) -> dict[str, Any] | None:
    cursor: str | None = None
    while True:
        query = {"name": name, "lifecycle": lifecycle, "limit": "1000", **({"cursor": cursor} if cursor else {})}
        page: Any = link.call("GET", "experiments", query=query)
        for row in page["experiments"]:
            if row["name"] == name:
                return dict(row)
        cursor = page["nextCursor"]
        if cursor is None:
            return None


def delete_experiment(link: ServerLink, experiment_id: str) -> None:
    """As it is in the source; its runs go with it, and it can be restored."""
    call(link, "DELETE", f"experiments/{experiment_id}")


def bring_model(link: ServerLink, model: SourceModel, experiment_id: str, report: Report) -> None:
    """A logged model with its files; one that is there whole is left alone.

    Raises
    ------
    Refused, Different
        It cannot be kept as it is.
    """
    creation = {
        "id": model.id,
        "experimentId": experiment_id,
        "name": model.name,
        "runId": model.run_id,
        "modelType": model.model_type,
        "params": model.params,
        "tags": model.tags,
    }
    there = call(link, "POST", "logged-models", {key: value for key, value in creation.items() if value is not None})
    if there["tags"].get(MARK) == model.status:
        return
    folder = f"{experiment_id}/models/{model.id}/artifacts"
    for file in model.files():
        _bring_file(link, f"{folder}/{file.path}", file, report)
    for run_id, metrics in model.metrics.items():
        for at in range(0, len(metrics), 1_000):
            link.mlflow("POST", "runs/log-batch", {"run_id": run_id, "metrics": metrics[at : at + 1_000]})
    change: dict[str, Any] = {"setTags": {**model.tags, MARK: model.status}}
    if model.status in ("ready", "failed"):
        change["status"] = model.status
    call(link, "PATCH", f"logged-models/{model.id}", change)
    report.models += 1


def _bring_file(link: ServerLink, path: str, file: SourceFile, report: Report) -> None:
    with tempfile.TemporaryDirectory(prefix="cellkeep-import-") as folder:
        local = file.fetch(Path(folder))
        link.send_file(f"{_FILES}/{quote(path)}", media_type_of(path), local, digest_of(local))
        report.files += 1
        report.bytes += local.stat().st_size


def bring_registration(link: ServerLink, model: SourceRegistration, report: Report) -> None:
    """A registered model. The numbers of its versions are kept: one that was deleted there is made and deleted here.

    Raises
    ------
    Refused, Different
        A version of that number is there already and comes from elsewhere.
    """
    path = f"models/{quote(model.name, safe='')}"
    try:
        call(link, "POST", "models", {"name": model.name, "description": model.description, "tags": model.tags})
    except Refused as error:
        if error.status != 409:
            raise
        here = call(link, "GET", path)
        change: dict[str, Any] = {"setTags": {key: value for key, value in model.tags.items() if key not in here["tags"]}}
        if model.description and not here["description"]:
            change["description"] = model.description
        call(link, "PATCH", path, change)
    there = _versions_there(link, path)
    wanted = {version.version: version for version in model.versions}
    for number in range(1, max(wanted, default=0) + 1):
        _bring_version(link, path, number, wanted.get(number), there, report)
    for alias, version in model.aliases.items():
        call(link, "PUT", f"{path}/aliases/{quote(alias, safe='')}", {"version": version})


def _bring_version(
    link: ServerLink, path: str, number: int, wanted: SourceVersion | None, there: dict[int, dict[str, Any]], report: Report
) -> None:
    found = there.get(number)
    if found is None:
        if there and number < max(there):
            return  # deleted here
        found = call(link, "POST", f"{path}/versions", _creation(wanted))
        if found["version"] != number:
            raise Different(f"the next version here is {found['version']}, and {number} there")
        if wanted is not None:
            report.versions += 1
    elif wanted is not None and found["source"] != wanted.source:
        raise Different(f"version {number} is there already and comes from {found['source']}")
    if wanted is None:
        if found["source"] == _PLACEHOLDER:
            call(link, "DELETE", f"{path}/versions/{number}")
        return
    change: dict[str, Any] = {key: value for key, value in (("stage", wanted.stage),) if found[key] != value}
    missing = {key: value for key, value in wanted.tags.items() if key not in found["tags"]}
    if missing:
        change["setTags"] = missing
    if change:
        call(link, "PATCH", f"{path}/versions/{number}", change)


def _creation(version: SourceVersion | None) -> dict[str, Any]:
    if version is None:
        return {"source": _PLACEHOLDER}
    return {"source": version.source, "runId": version.run_id, "description": version.description, "tags": version.tags}


def _versions_there(link: ServerLink, path: str) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    cursor: str | None = None
    while True:
        page: Any = link.call("GET", f"{path}/versions", query={"limit": "1000", **({"cursor": cursor} if cursor else {})})
        found |= {row["version"]: row for row in page["versions"]}
        cursor = page["nextCursor"]
        if cursor is None:
            return found


def source_here(source: str, run_id: str) -> str:
    """Where a version comes from, in words that mean the same on another server.

    Examples
    --------
    >>> source_here("s3://bucket/1/0123/artifacts/model", "0123")
    'runs:/0123/model'
    >>> source_here("mlflow-artifacts:/1/models/m-0123456789abcdef0123456789abcdef/artifacts", "")
    'models:/m-0123456789abcdef0123456789abcdef'
    >>> source_here("s3://bucket/elsewhere", "0123")
    's3://bucket/elsewhere'
    """
    logged = re.search(r"/models/(m-[0-9a-f]{32})/artifacts/?$", source)
    if logged:
        return f"models:/{logged[1]}"
    _, found, rest = source.partition(f"/{run_id}/artifacts/") if run_id else (source, "", "")
    return f"runs:/{run_id}/{rest}" if found else source
