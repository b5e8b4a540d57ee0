"""What is going on, for people and for the browser: one snapshot, told in three forms (comm message, HTML, text)."""

from __future__ import annotations

from html import escape
from typing import Any, TypedDict

from .tracker import Tracker


class RunState(TypedDict):
    """A run of this process."""

    id: str
    name: str
    status: str
    cellId: str | None
    executionCount: int | None


def package_version() -> str:
    """Version of the installed package."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("cellkeep")
    except PackageNotFoundError:
        return "0"


class Status:
    """State of this process at one moment.

    Attributes
    ----------
    server : str
        ``online``, ``offline`` or ``unconfigured``.
    url : str or None
        Address of the server.
    waiting : int
        Records and artifacts that the server has not acknowledged.
    problem : str or None
        What is wrong, and what to do.
    runs : list of RunState
        Runs of this process, newest first.
    """

    def __init__(self, owner: Tracker) -> None:
        self._session_id = owner.session.id
        self.server: str = owner.sender.state
        self.url = owner.sender.server.url if owner.sender.server is not None else None
        self.waiting = owner.waiting
        self.problem = owner.sender.error or owner.problem
        self.notebook = owner.session.notebook_path
        self.experiment = owner.default_experiment()
        self.runs: list[RunState] = [
            {
                "id": run.id,
                "name": run.name,
                "status": run.status,
                "cellId": run.cell_id,
                "executionCount": run.execution_count,
            }
            for run in reversed(owner.recent)
        ]

    def message(self) -> dict[str, Any]:
        """The comm's ``state`` message."""
        told = {
            "type": "state",
            "protocol": 1,
            "version": package_version(),
            "sessionId": self._session_id,
            "server": self.server,
            "waiting": self.waiting,
            "runs": self.runs,
        }
        return {**told, "error": self.problem} if self.problem else told

    def __repr__(self) -> str:
        lines = [f"Cellkeep: {self._connection()}"]
        if self.problem:
            lines.append(f"  {self.problem}")
        if self.experiment:
            lines.append(f"  experiment {self.experiment}")
        lines += [f"  {run['status']:9} {run['name']}{_place(run)}  {run['id']}" for run in self.runs]
        if not self.runs:
            lines.append("  no runs yet: `with cellkeep.run(): cellkeep.log({'loss': 0.5})`")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        dot = {"online": "●", "offline": "◌", "unconfigured": "○"}[self.server]
        rows = "".join(
            f"<tr><td>{escape(run['status'])}</td><td>{self._linked(run)}</td><td>{escape(_place(run).strip())}</td></tr>"
            for run in self.runs
        )
        runs = f"<table><tr><th>status</th><th>run</th><th>cell</th></tr>{rows}</table>" if rows else "<p>No runs yet.</p>"
        problem = f"<p>{escape(self.problem)}</p>" if self.problem else ""
        experiment = f" · experiment {escape(self.experiment)}" if self.experiment else ""
        return f"<p>{dot} Cellkeep: {escape(self._connection())}{experiment}</p>{problem}{runs}"

    def _connection(self) -> str:
        where = f" at {self.url}" if self.url else ""
        waiting = f", {self.waiting} records wait" if self.waiting else ""
        return f"{self.server}{where}{waiting}"

    def _linked(self, run: RunState) -> str:
        name = escape(run["name"])
        return f'<a href="{escape(self.url)}/runs/{run["id"]}" target="_blank">{name}</a>' if self.url else name


def _place(run: RunState) -> str:
    return f"  [{run['executionCount']}]" if run["executionCount"] is not None else ""
