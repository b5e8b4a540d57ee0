"""Fixtures: a home of its own for each test, one real server for all, real kernels; and proof that nothing is left open."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from commands import Cli
from kernels import Kernel
from server import Api, Server

from cellkeep.cli.main import main


def _children() -> set[int]:
    """As Linux lists them: psutil reads all processes of the machine, which was a tenth of the time of what only computes."""
    lists = list(Path("/proc/self/task").glob("*/children"))
    if not lists:
        return {child.pid for child in psutil.Process().children()}
    found: set[int] = set()
    for file in lists:
        with suppress(OSError):  # of a thread that has ended since
            found.update(map(int, file.read_text().split()))
    return found


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """After each test: no thread of ours, no child process and no connection that was not there before."""
    this = psutil.Process()
    children = _children() | _children()  # Linux leaves some out of a list while others end: what it missed here would seem left below
    connections = {(c.laddr, c.raddr) for c in this.net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED}
    yield
    threads = [thread.name for thread in threading.enumerate() if thread.name.startswith("cellkeep-")]
    assert threads == []
    left = []
    for pid in _children() - children - Server.pids:
        with suppress(psutil.NoSuchProcess):  # its parent has taken note of its end since
            left.append(psutil.Process(pid))
    assert left == []
    now = {(c.laddr, c.raddr) for c in this.net_connections("tcp") if c.status == psutil.CONN_ESTABLISHED}
    assert now <= connections


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no server configured, an empty spool."""
    for name in [name for name in os.environ if name.startswith(("CELLKEEP_", "JPY_"))]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("CELLKEEP_HOME", str(home))
    monkeypatch.setenv("CELLKEEP_CONFIG", str(home / "config.json"))
    monkeypatch.setenv("IPYTHONDIR", str(home / "ipython"))
    # What pip installs into environments that tests build: all of ipykernel, of which a kernel imports a third. 0 is pip's way to say yes.
    monkeypatch.setenv("PIP_NO_COMPILE", "0")
    return home


@pytest.fixture(scope="session")
def running_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for the whole run; tests tell themselves apart by the names of their experiments."""
    server = Server(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def server(running_server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """The server, up, and configured for this test's processes."""
    running_server.start()
    monkeypatch.setenv("CELLKEEP_URL", running_server.url)
    monkeypatch.setenv("CELLKEEP_TOKEN", running_server.token)
    yield running_server
    running_server.start()  # a test may have killed it


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    """What the server has stored, asked over HTTP."""
    api = Api(server)
    yield api
    api.close()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    """A real kernel that has loaded the bridge by itself."""
    kernel = Kernel()
    yield kernel
    kernel.stop()


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run a command that is to succeed, and return what it prints."""

    def run(*words: str) -> str:
        code = main(list(words))
        told = capsys.readouterr()
        assert code == 0, told.err
        return told.out

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Run a command that is to fail; returns its exit code and its one line."""

    def run(*words: str) -> tuple[int, str]:
        code = main(list(words))
        told = capsys.readouterr()
        assert told.out == ""
        assert told.err.count("\n") == 1, told.err
        assert told.err.startswith("cellkeep: ")
        return code, told.err.strip()

    return run
