"""``import mlflow`` in a kernel needs no configuration: its runs go to the same server, with the same notebook and cell as native ones.

MLflow finds the three classes by entry points (``pyproject.toml``) and asks them at its own moments, so nothing of MLflow is imported
here. ``configure`` runs when a kernel loads the bridge. Whoever has set a tracking address of their own keeps it, and then none of this
has any effect: the token is sent to no other server.
"""

from __future__ import annotations

import json
import os
from typing import Any, Protocol
from urllib.parse import urlsplit

from .settings import InvalidSettings, Server, current_server

URI = "MLFLOW_TRACKING_URI"
AUTH = "MLFLOW_TRACKING_AUTH"
#: The word for ``MLFLOW_TRACKING_AUTH`` that chooses ``TokenAuth``.
NAME = "cellkeep"
_OWN_CREDENTIALS = ("MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME", AUTH)
_FLUSH = 3.0  # seconds
#: End of the address to which MLflow's client tells the datasets that a run has read.
_INPUTS = "/mlflow/runs/log-inputs"


class Request(Protocol):
    """What is used of ``requests.PreparedRequest``."""

    url: str | None
    headers: Any
    body: bytes | str | None


def configure() -> bool:
    """Point MLflow at the configured server, for this process and those that it starts.

    Returns
    -------
    bool
        False where an address is set already, where no server is configured, or where it listens on a Unix socket, which MLflow's client
        cannot reach.
    """
    server = _server()
    if os.environ.get(URI) or server is None or server.socket_path is not None:
        return False
    os.environ[URI] = server.url
    # By a plugin instead of MLFLOW_TRACKING_TOKEN: a secret in the environment is seen by every process and ends in its dumps.
    if not any(os.environ.get(name) for name in _OWN_CREDENTIALS):
        os.environ[AUTH] = NAME
    return True


class TokenAuth:
    """``mlflow.request_auth_provider``: adds the token of the configured server to requests that go there, and to no others."""

    def get_name(self) -> str:
        """The word in ``MLFLOW_TRACKING_AUTH`` that chooses this."""
        return NAME

    def get_auth(self) -> _Authorize:
        """What ``requests`` calls for each request."""
        return _Authorize()


class _Authorize:
    def __call__(self, request: Request) -> Request:
        server = _server()
        if server is not None and server.token and _is_below(request.url or "", server.url):
            request.headers["Authorization"] = f"Bearer {server.token}"
            if (request.url or "").endswith(_INPUTS) and _records():
                _note_datasets(request.body)
        return request

    # requests compares the auth of a session's adapters
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Authorize)

    __hash__ = None  # type: ignore[assignment]


def _note_datasets(body: bytes | str | None) -> None:
    """Keep which versions of datasets the kernel has read, for its snapshots: MLflow names a version by its digest."""
    from .tracker import tracker

    try:
        told = json.loads(body or "{}")["datasets"]
        found = [(str(one["dataset"]["name"]), str(one["dataset"]["digest"])) for one in told]
    except (ValueError, KeyError, TypeError):  # another client's shape: the server judges it
        return
    for name, digest in found:
        tracker().snapshots.half.note_data("dataset", name, digest, digest)


class NotebookContext:
    """``mlflow.run_context_provider``: tags that say which session, execution and cell a run was started in."""

    def in_context(self) -> bool:
        """Whether this is a kernel that records, and MLflow talks to its server."""
        return _records() and _talks_to_us()

    def tags(self) -> dict[str, str]:
        """The tags; what they name has reached the server, unless it is away."""
        from .tracker import tracker

        owner = tracker()
        executing, session = owner.executing, owner.session
        tags = {"cellkeep.session": session.id}
        if executing is not None:
            tags["cellkeep.execution"] = executing.id
            if executing.cell_id:
                tags["cellkeep.cell"] = executing.cell_id
            if executing.count is not None:
                tags["cellkeep.executionCount"] = str(executing.count)
        if session.notebook_path:
            tags["mlflow.source.name"] = session.notebook_path
            tags["mlflow.source.type"] = "NOTEBOOK"
        git = owner.git.read(0.25)
        if git is not None:
            tags["mlflow.source.git.commit"] = git["commit"]
            tags["mlflow.source.git.branch"] = git.get("branch", "")
            tags["mlflow.source.git.repoURL"] = git.get("remote", "")
            tags["mlflow.source.git.dirty"] = str(git.get("dirty", False))
        owner.snapshots.of_run("end", None)  # at the end of this cell: MLflow says neither its run's id nor when it ends
        owner.flush(_FLUSH, give_up_offline=True)
        said = {key: value for key, value in tags.items() if value}
        # In place of whom the kernel runs as, which MLflow would say: the server knows whose account it is, as of a native run.
        return {**said, "mlflow.user": ""}


class NotebookExperiment:
    """``mlflow.default_experiment_provider``: without ``mlflow.set_experiment`` a run goes where a native one would."""

    def __init__(self) -> None:
        self._found: tuple[str, str, str] | None = None

    def in_context(self) -> bool:
        """Whether this is a kernel that records into an experiment of its own, and MLflow talks to its server."""
        return _records() and _talks_to_us() and self._name() is not None

    def get_experiment_id(self) -> str:
        """Id of the experiment of this notebook, made where it does not exist."""
        from mlflow import MlflowClient, get_tracking_uri
        from mlflow.exceptions import MlflowException

        name, uri = self._name() or "Default", get_tracking_uri()
        if self._found is not None and self._found[:2] == (uri, name):
            return self._found[2]
        client = MlflowClient()
        found = client.get_experiment_by_name(name)
        if found is not None and found.lifecycle_stage != "active":
            return "0"  # deleted by a person: not made again behind their back
        try:
            experiment = found.experiment_id if found is not None else client.create_experiment(name)
        except MlflowException:  # another kernel was quicker
            again = client.get_experiment_by_name(name)
            if again is None:
                raise
            experiment = again.experiment_id
        self._found = (uri, name, str(experiment))
        return self._found[2]

    def _name(self) -> str | None:
        from .tracker import tracker

        return tracker().default_experiment()


def _server() -> Server | None:
    try:
        return current_server()
    except InvalidSettings:
        return None


def _records() -> bool:
    from . import kernel

    return kernel.is_loaded()


def _talks_to_us() -> bool:
    from mlflow import get_tracking_uri

    server = _server()
    return server is not None and _is_below(str(get_tracking_uri()), server.url)


def _is_below(url: str, base: str) -> bool:
    """Whether an address is the server's own or lies below it.

    Examples
    --------
    >>> _is_below("http://host:5077/api/2.0/mlflow/runs/get?run_id=1", "http://host:5077")
    True
    >>> _is_below("http://host:50771/api", "http://host:5077")
    False
    >>> _is_below("http://host:5077@evil.example/api", "http://host:5077")
    False
    >>> _is_below("https://host/team2/api", "https://host/team")
    False
    """
    try:
        one, other = urlsplit(url), urlsplit(base)
        same = (one.scheme, one.hostname, one.port) == (other.scheme, other.hostname, other.port)
    except ValueError:
        return False
    if ".." in one.path.split("/"):
        return False
    folder = other.path.rstrip("/")
    return same and (one.path == folder or one.path.startswith(f"{folder}/") or not folder)
