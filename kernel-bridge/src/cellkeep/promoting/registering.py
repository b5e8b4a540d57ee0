"""Brings a packed model to the server: a logged model with its files, its bundle, and a version of a registered model."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from ..content import media_type_of
from ..link import LinkError, Refused, ServerLink
from .packing import Pack

_FILES = "api/2.0/mlflow-artifacts/artifacts"
_AT_ONCE = 4
_CHUNK = 1024 * 1024


def call(link: ServerLink, method: str, path: str, body: object = None, query: dict[str, str] | None = None) -> dict[str, Any]:
    """An operation of the contract whose answer is an object."""
    return cast("dict[str, Any]", link.call(method, path, body, query))


@contextlib.contextmanager
def logged(link: ServerLink, made: Pack, experiment: str, name: str, check: Callable[[], None]) -> Iterator[None]:
    """Make a logged model with the pack's files, for a ``with`` block: one that is left by an error leaves nothing of it.

    Parameters
    ----------
    experiment
        Id of its experiment.
    name
        Of the logged model.
    check
        Called between files; what it raises ends it.
    """
    bundle = made.bundle
    run_id = bundle["origin"].get("runId")
    creation = {"id": made.model_id, "experimentId": experiment, "name": name, "modelType": bundle["className"][:250]}
    creation["params"] = dict(list(bundle.get("params", {}).items())[:100])
    call(link, "POST", "logged-models", {**creation, **({"runId": run_id} if run_id else {})})
    try:
        upload(link, made, f"{experiment}/models/{made.model_id}/artifacts", check)
        call(link, "PATCH", f"logged-models/{made.model_id}", {"status": "ready"})
        call(link, "PUT", f"logged-models/{made.model_id}/bundle", {"id": made.model_id, "bundle": bundle})
        yield
    except BaseException:
        with contextlib.suppress(LinkError):
            link.call("DELETE", f"logged-models/{made.model_id}")
        raise


def upload(link: ServerLink, made: Pack, folder: str, check: Callable[[], None]) -> None:
    """All files, some at once."""
    stopped = threading.Event()

    def send(path: Path) -> None:
        if stopped.is_set():
            return
        name = path.relative_to(made.folder).as_posix()
        link.send_file(f"{_FILES}/{quote(f'{folder}/{name}')}", media_type_of(name), path, digest_of(path))

    with ThreadPoolExecutor(_AT_ONCE, "cellkeep-upload") as pool:
        waiting = [pool.submit(send, path) for path in made.files]
        try:
            for one in waiting:
                check()
                one.result()
        except BaseException:
            stopped.set()
            raise


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def register(link: ServerLink, made: Pack, name: str, description: str, alias: str | None) -> int:
    """Make the next version of the model, which is made where it is not there, and point the alias at it; returns its number."""
    path = f"models/{quote(name, safe='')}"
    try:
        call(link, "POST", "models", {"name": name})
    except Refused as error:
        if error.status != 409:
            raise
    body: dict[str, Any] = {"name": name, "loggedModelId": made.model_id, "description": description}
    run_id = made.bundle["origin"].get("runId")
    if run_id:
        body["runId"] = run_id
    version = int(call(link, "POST", f"{path}/versions", body)["version"])
    if alias:
        try:
            call(link, "PUT", f"{path}/aliases/{quote(alias, safe='')}", {"name": name, "alias": alias, "version": version})
        except BaseException:
            with contextlib.suppress(LinkError):
                link.call("DELETE", f"{path}/versions/{version}")
            raise
    return version


def run_facts(link: ServerLink, run_id: str) -> tuple[str, dict[str, Any], dict[str, str]] | None:
    """(experiment's id, last metrics, params) of a run; None where the server does not have it."""
    try:
        run = call(link, "GET", f"runs/{run_id}")
    except Refused:
        return None
    metrics = {key: one["last"] for key, one in run["metrics"].items() if not key.startswith("system/")}
    return run["experimentId"], metrics, run["params"]
