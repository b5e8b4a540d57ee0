"""The real MLflow client against a server of MLflow's protocol: ours, or with ``--mlflow PROGRAM`` MLflow's own.

Every expectation holds on both. Where ours differs on purpose, the test says ``ours_only`` and why.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "kernel-bridge/tests"))
for name in [name for name in os.environ if name.startswith(("MLFLOW_", "CELLKEEP_"))]:
    del os.environ[name]
os.environ.update(
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_HTTP_REQUEST_MAX_RETRIES="1",
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR="false",
    MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT="true",
    GIT_PYTHON_REFRESH="quiet",
)

import mlflow
import pytest
import requests
from mlflow import MlflowClient
from server import Server


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mlflow", metavar="PROGRAM", help="start this `mlflow` as the server, in place of ours; or the address of one")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "ours_only(reason): MLflow's own server does otherwise, and ours differs on purpose")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--mlflow") is None:
        return
    for item in items:
        mark = item.get_closest_marker("ours_only")
        if mark is not None:
            item.add_marker(pytest.mark.skip(reason=str(mark.args[0])))


class Started:
    """A server that somebody else has started."""

    def __init__(self, url: str) -> None:
        self.url, self.token = url.rstrip("/"), ""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Peer:
    """MLflow's own server, on SQLite."""

    def __init__(self, program: str, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url, self.token = f"http://127.0.0.1:{port}", ""
        store = ["--backend-store-uri", f"sqlite:///{home}/mlflow.db", "--artifacts-destination", str(home / "artifacts")]
        command = [program, "server", *store, "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        # In a session of its own: it starts workers, which are ended with it.
        log = (home / "mlflow.log").open("w")
        env = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self._process = subprocess.Popen(command, cwd=home, env=env, stdout=log, stderr=log, start_new_session=True)

    def start(self) -> None:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            try:
                if requests.get(f"{self.url}/health", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.2)
        self.stop()
        raise RuntimeError("MLflow's server did not start")

    def stop(self) -> None:
        os.killpg(self._process.pid, 15)
        self._process.wait(30)


def _server(program: str | None, home: Path) -> Server | Peer | Started:
    if program is None:
        return Server(home)
    return Started(program) if program.startswith("http") else Peer(str(Path(program).resolve()), home)


@pytest.fixture(scope="session")
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server | Peer | Started]:
    """One for all tests: they tell themselves apart by the names that they choose."""
    program = request.config.getoption("--mlflow")
    home = tmp_path_factory.mktemp("server")
    server = _server(program, home)
    server.start()
    os.environ["MLFLOW_TRACKING_URI"] = server.url
    if server.token:
        os.environ["MLFLOW_TRACKING_TOKEN"] = server.token
    mlflow.set_tracking_uri(server.url)
    mlflow.set_registry_uri(server.url)
    yield server
    server.stop()


@pytest.fixture
def client(server: Server | Peer | Started) -> MlflowClient:
    return MlflowClient(server.url)


@pytest.fixture
def unique() -> Callable[[str], str]:
    """A name that no other test has chosen."""
    return lambda word="thing": f"{word} {uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(client: MlflowClient, unique: Callable[[str], str]) -> Iterator[str]:
    """Id of a new experiment, which fluent calls log to."""
    made = client.create_experiment(unique("experiment"))
    mlflow.set_experiment(experiment_id=made)
    yield made
    while mlflow.active_run() is not None:
        mlflow.end_run()


@pytest.fixture
def run(client: MlflowClient, experiment: str) -> Any:
    """A running run of a new experiment."""
    return client.create_run(experiment)


class Rest:
    """Requests by hand: what the client would not send."""

    def __init__(self, server: Server | Peer | Started) -> None:
        self.url = server.url
        self._session = requests.Session()
        if server.token:
            self._session.headers["authorization"] = f"Bearer {server.token}"

    def __call__(self, method: str, path: str, body: object = None, **also: Any) -> requests.Response:
        """``path`` is below ``/api/2.0/mlflow/``, or begins with a slash."""
        address = self.url + (path if path.startswith("/") else f"/api/2.0/mlflow/{path}")
        if body is not None:
            also["json"] = body
        return self._session.request(method, address, timeout=60, **also)

    def get(self, call: str, **query: Any) -> Any:
        answer = self("GET", call, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, call: str, **body: Any) -> Any:
        answer = self("POST", call, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: object = None, **also: Any) -> tuple[int, str]:
        """Status and error code."""
        answer = self(method, path, body, **also)
        return answer.status_code, answer.json().get("error_code", "")


@pytest.fixture
def rest(server: Server | Peer | Started) -> Iterator[Rest]:
    rest = Rest(server)
    yield rest
    rest._session.close()
