"""The real server as a child process, killed and started again at will, and what it has stored."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import httpx

CHECKOUT = Path(__file__).resolve().parents[2]
NODE = CHECKOUT / "node_modules/.bin/node"
T = TypeVar("T")


def eventually(ask: Callable[[], T | None], seconds: float = 20.0) -> T:
    """The first answer that is not None, False or empty; asked until then."""
    end = time.monotonic() + seconds
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {seconds:g} s; last answer: {found!r}")
        time.sleep(0.05)


class Server:
    """A server with a home of its own; its port stays the same over restarts."""

    pids: ClassVar[set[int]] = set()

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[str] | None = None
        self._port = 0
        self.url = ""
        self.token = ""

    def start(self) -> None:
        """Start it, unless it runs, and wait until it is ready."""
        if self._process is not None and self._process.poll() is None:
            return
        command = [str(NODE), "server/src/cli/cellkeep-server.ts", "serve", "--port", str(self._port), "--home", str(self._home), "--json"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("CELLKEEP_")}
        with (self._home / "server.log").open("a") as log:
            self._process = subprocess.Popen(command, cwd=CHECKOUT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        self.pids.add(self._process.pid)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start:\n{(self._home / 'server.log').read_text()[-3000:]}")
        told = json.loads(line)
        self.url, self.token = told["server"].rstrip("/"), told["token"]
        self._port = int(self.url.rpartition(":")[2])

    def kill(self) -> None:
        """As a power cut would, for the server."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """In order."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self.pids.discard(self._process.pid)
        self._process = None


class Api:
    """The contract over HTTP."""

    def __init__(self, server: Server) -> None:
        headers = {"authorization": f"Bearer {server.token}"}
        self._client = httpx.Client(base_url=f"{server.url}/api/v1/", headers=headers, timeout=30, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def get(self, path: str, **query: str | int) -> Any:
        response = self._client.get(path, params=query)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, body: object) -> Any:
        response = self._client.post(path, json=body)
        assert response.status_code < 300, response.text
        return response.json()

    def put(self, path: str, body: object) -> Any:
        response = self._client.put(path, json=body)
        assert response.status_code < 300, response.text
        return response.json()

    def delete(self, path: str) -> Any:
        response = self._client.delete(path)
        response.raise_for_status()
        return response.json()

    def runs(self, experiment: str) -> list[Any]:
        """Runs of an experiment, oldest first."""
        found = self.get("experiments", name=experiment)["experiments"]
        ids = [row["id"] for row in found if row["name"] == experiment]
        if not ids:
            return []
        runs = self.post("runs/search", {"experimentIds": ids})["runs"]
        return sorted(runs, key=lambda run: run["startedAt"])

    def run(self, experiment: str, status: str | None = None) -> Any:
        """The only run of an experiment, once it is there and has this status."""

        def found() -> Any:
            runs = [run for run in self.runs(experiment) if status in (None, run["status"])]
            return runs[0] if len(runs) == 1 else None

        return eventually(found)

    def points(self, run_id: str, key: str) -> list[tuple[int, float]]:
        """(step, value) of a series; NaN and infinities as floats."""
        series = self.post("metrics/history", {"runIds": [run_id], "keys": [key], "maxPoints": 1_000_000})["series"]
        return [(step, float(value)) for part in series for step, value in zip(part["steps"], part["values"], strict=True)]

    def artifacts(self, run_id: str) -> dict[str, Any]:
        """Artifacts by path."""
        return {row["path"]: row for row in self.get(f"runs/{run_id}/artifacts")["artifacts"]}

    def content(self, run_id: str, path: str) -> bytes:
        """Bytes of an artifact."""
        response = self._client.get(f"runs/{run_id}/artifacts/files/{path}")
        assert response.status_code == 200, response.text
        return response.content

    def part(self, digest: str) -> str:
        """A part's text."""
        response = self._client.get(f"parts/{digest}")
        assert response.status_code == 200, response.text
        return response.text

    def executions(self, session_id: str) -> list[Any]:
        """Executions of a session, in order."""
        found: list[Any] = self.get("executions", sessionId=session_id)["executions"]
        return sorted(found, key=lambda execution: execution["order"])
