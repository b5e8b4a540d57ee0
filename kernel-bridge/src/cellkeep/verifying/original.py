"""What the server has of a run: what ran, on what, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from ..cli.server import ask, pages
from ..link import LinkError, Refused, ServerLink
from ..wire import Environment, KernelRecord, StoredExecution, StoredRun
from .compare_numbers import Points
from .errors import CannotVerify

_MOST_CHILDREN = 200
_KEYS_PER_REQUEST = 100
#: Points beyond which only the last one of a series is compared.
MOST_POINTS = 10_000


@dataclass
class Original:
    """A run with the executions of its session up to its end. ``own`` are the orders of those during which it was open."""

    run: StoredRun
    executions: list[StoredExecution]
    own: list[int]
    snapshot: dict[str, Any] | None = None
    kernel: KernelRecord | None = None
    environment: Environment | None = None
    children: list[StoredRun] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def python(self) -> str:
        """Its version; empty where it was not recorded."""
        return self.environment["python"] if self.environment else ""


def read_original(link: ServerLink, run: StoredRun, trust: Collection[str] = ()) -> Original:
    """Everything that is needed to make the run again; ``trust`` are users beside its author whose snapshots of it count.

    Raises
    ------
    CannotVerify
        Nothing of what ran was recorded, or it has not ended.
    """
    if run["status"] in ("running", "scheduled"):
        raise CannotVerify(f"{run['name']} has not ended yet ({run['status']}); verify it when it has")
    session = run["source"]["sessionId"]
    if session is None:
        raise CannotVerify(f"{run['name']} was logged without a session: nothing was recorded of what ran, so it cannot be made again")
    own = sorted(one["order"] for one in _executions(link, runId=run["id"]))
    executions = [one for one in _executions(link, sessionId=session) if own and one["order"] <= own[-1]]
    if not executions:
        script = run["source"]["entrypoint"]
        what = f"it came from the script {script}" if script else "no executed cell was recorded"
        raise CannotVerify(f"{run['name']} cannot be made again cell by cell: {what}")
    found = Original(run, executions, own)
    if [one["order"] for one in executions] != list(range(len(executions))):
        found.notes.append("executions of the session are missing from the record: what they made is missing too")
    _read_snapshot(link, found, {run["userName"], *trust})
    _read_children(link, found)
    return found


def _executions(link: ServerLink, **wanted: str) -> Iterator[StoredExecution]:
    for row in pages(link, "GET", "executions", "executions", dict(wanted)):
        yield cast("StoredExecution", row)


def _read_snapshot(link: ServerLink, found: Original, authors: Collection[str]) -> None:
    """The one that fits best, with the kernel's half, if any has it."""
    rows = list(pages(link, "GET", "snapshots", "snapshots", {"runId": found.run["id"]}, limit=1_000))
    best = chosen_snapshot(rows, found, authors)
    if best is None:
        # MLflow's client tells of no snapshot: one of the session has what was true then.
        session = list(pages(link, "GET", "snapshots", "snapshots", {"sessionId": found.run["source"]["sessionId"]}, limit=1_000))
        best = chosen_of_session(session, found, authors)
    if best is None:
        found.notes.append("no snapshot belongs to this run: packages, input files and seeds were not recorded and are not checked")
        return
    found.snapshot = ask(link, "GET", f"snapshots/{best['id']}")
    found.kernel = cast("KernelRecord | None", found.snapshot["kernel"])
    if found.kernel is None:
        found.notes.append("the snapshot has no record of the kernel: packages, input files and seeds are not checked")
        return
    digest = found.kernel["environment"]
    if digest is None:
        found.notes.append("the packages of this run were not recorded and are not checked")
        return
    try:
        found.environment = cast("Environment", ask(link, "GET", f"environments/{digest}"))
    except Refused:
        found.notes.append("the record of this run's packages has not arrived at the server; they are not checked")


def chosen_snapshot(rows: Sequence[dict[str, Any]], found: Original, authors: Collection[str]) -> dict[str, Any] | None:
    """The one of the run's end, else of its start: what it holds decides what is installed and set here, so not just anybody's counts."""
    run = found.run["id"]

    def worth(row: dict[str, Any]) -> tuple[bool, bool, int]:
        reasons = [one["reason"] for one in row["runs"] if one["id"] == run] or [row["reason"]]
        return row["hasKernel"], "end" in reasons, row["takenAt"]

    return max(_of_authors(rows, found, authors), key=worth, default=None)


def chosen_of_session(rows: Sequence[dict[str, Any]], found: Original, authors: Collection[str]) -> dict[str, Any] | None:
    """The first one that holds all that had run by the end of the run."""
    later = [row for row in _of_authors(rows, found, authors) if row["hasKernel"] and (row["lastOrder"] or 0) >= found.own[-1]]
    return min(later, key=lambda row: (row["lastOrder"], -row["takenAt"]), default=None)


def _of_authors(rows: Sequence[dict[str, Any]], found: Original, authors: Collection[str]) -> list[dict[str, Any]]:
    others = sorted({row["userName"] for row in rows} - set(authors))
    if others:
        found.notes.append(
            f"snapshots of this run by others than its author are ignored: {', '.join(others[:5])} (--trust-user takes them)"
        )
    return [row for row in rows if row["userName"] in authors]


def _read_children(link: ServerLink, found: Original) -> None:
    """All below it, as a search makes them."""
    waiting = [found.run["id"]]
    while waiting:
        rows = list(pages(link, "POST", "runs/search", "runs", {"parentRunId": waiting.pop()}, limit=_MOST_CHILDREN + 1))
        for row in rows:
            if len(found.children) == _MOST_CHILDREN:
                found.notes.append(f"only the first {_MOST_CHILDREN} runs below this one are compared")
                return
            found.children.append(cast("StoredRun", row))
            waiting.append(row["id"])


def read_series(link: ServerLink, run: StoredRun) -> dict[str, Points]:
    """Points of each metric by step; of one with more than 10,000 points the last alone. System metrics are left out."""
    keys = [key for key in run["metrics"] if not key.startswith("system/")]
    whole = [key for key in keys if run["metrics"][key]["count"] <= MOST_POINTS]
    found: dict[str, Points] = {
        key: [(run["metrics"][key]["lastStep"], float(run["metrics"][key]["last"]))] for key in keys if key not in whole
    }
    for first in range(0, len(whole), _KEYS_PER_REQUEST):
        wanted = {"runIds": [run["id"]], "keys": whole[first : first + _KEYS_PER_REQUEST], "maxPoints": MOST_POINTS}
        for part in ask(link, "POST", "metrics/history", wanted)["series"]:
            points = [(int(step), float(value)) for step, value in zip(part["steps"], part["values"], strict=True)]
            found[part["key"]] = [*found.get(part["key"], []), *points]
    return found


class OriginalOutputs:
    """Outputs by digest, fetched when they are needed and kept while they may be needed again."""

    def __init__(self, link: ServerLink) -> None:
        self._link = link
        self._known: dict[str, dict[str, Any] | None] = {}

    def get(self, digest: str) -> dict[str, Any] | None:
        """An output of nbformat 4; None where the server does not have it (any more)."""
        if digest not in self._known:
            if len(self._known) > 200:
                self._known.clear()
            self._known[digest] = self._fetch(digest)
        return self._known[digest]

    def _fetch(self, digest: str) -> dict[str, Any] | None:
        try:
            found = json.loads(self._link.get_bytes(digest))
        except (Refused, ValueError):
            return None
        return found if isinstance(found, dict) else None


def read_artifacts(link: ServerLink, run: StoredRun) -> dict[str, Any]:
    """Files of a run by path."""
    if not run["artifactCount"]:
        return {}
    return {row["path"]: row for row in ask(link, "GET", f"runs/{run['id']}/artifacts")["artifacts"]}


def read_artifact(link: ServerLink, run_id: str, path: str, most: int) -> bytes | None:
    """Content of a file; None where it is larger than ``most`` bytes or gone."""
    content = bytearray()
    try:
        with link.get_artifact(run_id, path) as chunks:
            for chunk in chunks:
                content += chunk
                if len(content) > most:
                    return None
    except Refused:
        return None
    return bytes(content)


__all__ = ["MOST_POINTS", "LinkError", "Original", "OriginalOutputs", "read_artifact", "read_artifacts", "read_original", "read_series"]
