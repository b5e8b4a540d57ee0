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


def ensure_experiment(link: ServerLink, name: str, description: str, tags: dict[str, str]) -> str:
    """Id of the experiment of this name, made where it is not there."""
    try:
        return str(call(link, "POST", "experiments", {"name": name, "description": description, "tags": tags})["id"])
    except Refused as error:
        if error.status != 409:
            raise
    cursor: str | None = None
    while True:
        query = {"name": name, "limit": "1000", **({"cursor": cursor} if cursor else {})}
        page: Any = link.call("GET", "experiments", query=query)
        for row in page["experiments"]:
            if row["name"] == name:
                return str(row["id"])
        cursor = page["nextCursor"]
        if cursor is None:
            raise Different(f"experiment {name!r} is neither free nor there")


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
    there = _versions_there(link, path)
    for number in range(1, max((version.version for version in model.versions), default=0) + 1):
        wanted = next((version for version in model.versions if version.version == number), None)
        if number in there:
            if wanted is not None and there[number]["source"] != wanted.source:
                raise Different(f"version {number} of {model.name!r} is there already and comes from {there[number]['source']}")
            continue
        if there and number < max(there):
            continue  # deleted here
        made = call(link, "POST", f"{path}/versions", _creation(wanted))
        if made["version"] != number:
            raise Different(f"the next version of {model.name!r} here is {made['version']}, and {number} there")
        if wanted is None:
            call(link, "DELETE", f"{path}/versions/{number}")
            continue
        report.versions += 1
        if wanted.stage != "None":
            call(link, "PATCH", f"{path}/versions/{number}", {"stage": wanted.stage})
    for alias, version in model.aliases.items():
        call(link, "PUT", f"{path}/aliases/{quote(alias, safe='')}", {"version": version})


def _creation(version: SourceVersion | None) -> dict[str, Any]:
    if version is None:
        return {"source": "deleted"}
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
