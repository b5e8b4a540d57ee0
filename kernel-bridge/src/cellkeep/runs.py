"""Runs: what a person logs to. Every method returns at once; the journal and the sender do the rest.

Nothing here is raised because of the server, the network or the disk. What is raised is a mistake in the call itself (a text where a
number belongs), at the call.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import active, content
from .errors import FinalStatus, error_info, final_status
from .journal import Points
from .session import now_ms
from .spool import SpoolFull
from .tracker import Tracker, tracker
from .values import (
    checked_artifact_path,
    checked_name,
    checked_notes,
    checked_number,
    checked_params,
    checked_step,
    checked_tags,
    flatten,
)
from .wire import IngestRecord, RunCreate, RunUpdate

logger = logging.getLogger("cellkeep")
PARENT_RUN = "CELLKEEP_PARENT_RUN"
"""Environment variable by which a child process finds the run that its parent has open: the run's create record as JSON."""
_GIT_WAIT = 0.25  # seconds that the journal waits for git; within them nothing else is written to the spool


class Run:
    """A run that is being logged, or has ended.

    Attributes
    ----------
    id : str
        32 hexadecimal digits.
    name : str
        Its name as this process knows it.
    experiment : str or None
        Name of its experiment; None leaves it to the server (``Default``).
    parent_id : str or None
        The run of which it is a part.
    status : str
        ``running``, ``finished``, ``failed`` or ``killed``.
    """

    def __init__(self, create: RunCreate, outer: Run | None, owner: Tracker | None, implicit: bool = False) -> None:
        self.id: str = create.get("id", "")
        self.name: str = create.get("name", "")
        self.experiment = create.get("experimentName")
        self.parent_id = create.get("parentRunId")
        self.started_at = create.get("startedAt", now_ms())
        self.status: str = "running"
        self.outer = outer
        self.implicit = implicit
        self.scoped = False
        self.create_record = create
        self._owner = owner
        self._inherited = owner is None
        self._steps: dict[str, int] = {}
        self._mutex = threading.Lock()

    def __repr__(self) -> str:
        return f"<cellkeep run {self.name!r} {self.status} {self.id}>"

    def _repr_html_(self) -> str:
        from html import escape

        name = escape(self.name)
        shown = f'<a href="{escape(self.url)}" target="_blank">{name}</a>' if self.url else name
        return f"Run {shown}: {escape(self.status)}"

    @property
    def url(self) -> str | None:
        """Address of its page in the server's UI; None while no server is configured."""
        from .settings import page_url

        return page_url(f"runs/{self.id}")

    @property
    def ended(self) -> bool:
        """Whether it has a final status."""
        return self.status != "running"

    @property
    def cell_id(self) -> str | None:
        """The cell in which it was started."""
        source = self.create_record.get("source")
        return source.get("cellId") if source else None

    @property
    def execution_count(self) -> int | None:
        """The number in ``In [n]`` of that cell."""
        source = self.create_record.get("source")
        return source.get("executionCount") if source else None

    @property
    def is_inherited(self) -> bool:
        """Whether another process has opened it, which then ends it too."""
        return self._inherited

    def told_tracker(self) -> Tracker:
        """This process's tracker, which has been told of the run."""
        owner = tracker()
        if self._owner is not owner:
            with self._mutex:
                if self._owner is not owner:
                    self._owner = owner
                    create = self.create_record
                    owner.record(lambda: ({"type": "run.create", "run": create},))
        return owner

    def announce(self, params: dict[str, str], tags: dict[str, str], notes: str) -> None:
        """Record that it has begun, and what is known of it from the start; the first records of every run."""
        owner, create = self.told_tracker(), self.create_record

        def records() -> Iterable[IngestRecord]:
            yield from owner.announce()
            source = create.get("source")
            if source is not None and "git" not in source:
                # Another dict: the caller's thread may be writing this one into the environment.
                create["source"] = {**source, "git": owner.git.read(_GIT_WAIT)}
                if PARENT_RUN in os.environ and self.id in os.environ[PARENT_RUN]:
                    tell_children(self)
            yield {"type": "run.create", "run": create}
            # Apart from the creation, which a child process may have told first.
            if params:
                yield {"type": "params", "runId": self.id, "params": params}
            if tags:
                yield {"type": "tags", "runId": self.id, "tags": tags}
            if notes:
                yield {"type": "run.update", "run": {"id": self.id, "notes": notes}}

        owner.record(records)

    def inherit(self) -> None:
        """After a fork, in the child: log to it, but leave its end to the parent."""
        self._mutex = threading.Lock()
        self._inherited = True

    def log(self, values: Mapping[str, object], step: int | None = None) -> None:
        """Add one point to each of some metrics. Takes a few microseconds.

        Parameters
        ----------
        values
            Numbers by key: int, float, bool, or a scalar of numpy, torch, …; NaN and infinities are kept. Nested dicts are joined
            with ``/``.
        step
            A whole number. Absent: one more than the key's last, from 0.

        Raises
        ------
        TypeError, ValueError
            A value is no number, a key or step breaks its rule. Then nothing of this call is logged.

        Examples
        --------
        >>> import cellkeep
        >>> with cellkeep.run("example") as run:  # doctest: +SKIP
        ...     run.log({"train": {"loss": 0.7}}, step=1)
        """
        pairs = []
        for key, value in flatten(values, "metric"):
            pairs.append((key, value if type(value) is float else checked_number(key, value)))
        steps = self._steps
        if step is None:
            with self._mutex:
                points = []
                for key, number in pairs:
                    at = steps[key] = steps.get(key, -1) + 1
                    points.append((key, at, number))
        else:
            at = step if type(step) is int and -(2**53) < step < 2**53 else checked_step(step)
            points = [(key, at, number) for key, number in pairs]
            for key, _ in pairs:
                steps[key] = at
        if points:
            self.told_tracker().journal.append(Points(self.id, time.time_ns() // 1_000_000, points))

    def params(self, values: Mapping[str, object]) -> None:
        """Set params; a value is kept as its ``str``, nested dicts are joined with ``/``.

        Raises
        ------
        TypeError, ValueError
            It is no dict, a key breaks its rule or a text has more than 6,000 characters.
        """
        found = checked_params(values)
        if found:
            self._record({"type": "params", "runId": self.id, "params": found})

    def tags(self, values: Mapping[str, object] | Iterable[str]) -> None:
        """Set tags, from a dict or from names alone.

        Raises
        ------
        TypeError, ValueError
            A key breaks its rule or a text has more than 8,000 characters.
        """
        found = checked_tags(values)
        if found:
            self._record({"type": "tags", "runId": self.id, "tags": found})

    def note(self, text: str) -> None:
        """Set the run's notes (Markdown, at most 65,536 characters).

        Raises
        ------
        TypeError, ValueError
            It is no string; it is longer.
        """
        self._update({"id": self.id, "notes": checked_notes(text)})

    def rename(self, name: str) -> None:
        """Give it another name.

        Raises
        ------
        TypeError, ValueError
            It is no name.
        """
        self.name = checked_name(name, "the name of a run")
        self._update({"id": self.id, "name": self.name})
        self.told_tracker().changed()

    def artifact(self, path: str | os.PathLike[str], name: str | None = None) -> None:
        """Keep a file, or all files of a folder, as they are now.

        Parameters
        ----------
        path
            File or folder. Symbolic links to files are followed, those to folders are not.
        name
            Its path among the run's artifacts; absent: its own name.

        Raises
        ------
        FileNotFoundError
            There is no such file.
        TypeError, ValueError
            The name is no clean relative path.
        """
        source = Path(path).expanduser()
        target = checked_artifact_path(name if name is not None else source.resolve().name)
        if not source.exists():
            raise FileNotFoundError(f"there is no file {str(source)!r} to keep as an artifact")
        files = [(source, target)]
        if source.is_dir():
            found = sorted(file for file in source.rglob("*") if file.is_file())
            files = [(file, checked_artifact_path(f"{target}/{file.relative_to(source).as_posix()}")) for file in found]
        for file, at in files:
            media_type = content.media_type_of(at)
            self._keep(at, content.kind_of(media_type), media_type, file)

    def figure(self, figure: Any, name: str, step: int | None = None) -> None:
        """Keep a figure: matplotlib, plotly, PIL, or the bytes of an image.

        Parameters
        ----------
        figure
            The figure, drawn as it is now.
        name
            Its name; ``.png`` (plotly: ``.html``) is added where it has no extension.
        step
            Absent: one figure of that name. Else one a step, as ``<name>/<step>.png``.

        Raises
        ------
        TypeError, ValueError
            It is no figure; the name is no clean relative path.
        """
        made = content.figure_content(figure)
        at = name if step is None else f"{checked_artifact_path(name)}/{checked_step(step):08d}"
        self._keep(checked_artifact_path(content.named(at, made.extension)), "figure", made.media_type, made.data)

    def table(self, rows: Any, name: str) -> None:
        """Keep a table as CSV: a pandas or polars frame, a list of dicts or a dict of columns.

        Raises
        ------
        TypeError, ValueError
            It is no table; the name is no clean relative path.
        """
        made = content.table_content(rows)
        self._keep(checked_artifact_path(content.named(name, made.extension)), "table", made.media_type, made.data)

    def text(self, text: str, name: str) -> None:
        """Keep a text of any length; ``.txt`` is added where the name has no extension.

        Raises
        ------
        TypeError, ValueError
            It is no string; the name is no clean relative path.
        """
        if not isinstance(text, str):
            raise TypeError(f"a text is a string, not {type(text).__name__}")
        at = checked_artifact_path(content.named(name, ".txt"))
        self._keep(at, "text", content.media_type_of(at), text.encode("utf-8", "replace"))

    def _keep(self, path: str, kind: str, media_type: str, data: bytes | Path) -> None:
        owner = self.told_tracker()
        try:
            owner.journal.append(owner.outbox.keep(self.id, path, kind, media_type, data))
        except SpoolFull as error:
            logger.warning("artifact %r is not kept: %s", path, error.strerror or error)
        except OSError as error:
            if isinstance(data, Path) and error.filename is not None and Path(error.filename) == data:
                raise  # the person's own file cannot be read
            logger.warning("artifact %r is not kept: %s", path, error)

    def end(self, status: FinalStatus = "finished", error: BaseException | None = None) -> None:
        """End it. A run that another process has opened is left to that process; a second end changes nothing.

        Parameters
        ----------
        status
            ``finished``, ``failed`` or ``killed``.
        error
            What ended it; kept with its traceback.

        Raises
        ------
        ValueError
            The status is none of these.
        """
        if status not in ("finished", "failed", "killed"):
            raise ValueError(f"a run ends as finished, failed or killed, not as {status!r}")
        with self._mutex:
            if self.ended:
                return
            self.status = status
        active.closed(self)
        if self._inherited:
            return
        update: RunUpdate = {"id": self.id, "status": status, "endedAt": max(now_ms(), self.started_at)}

        def records() -> Iterable[IngestRecord]:
            if error is not None:
                update["error"] = error_info(error)
            yield {"type": "run.update", "run": update}

        owner = self.told_tracker()
        owner.record(records)
        owner.snapshots.of_run("end", self.id)
        if owner.implicit is self:
            owner.implicit = None
        tell_children(active.current())
        owner.changed()

    def end_at_exit(self, uncaught: BaseException | None) -> None:
        """The process ends while the run is open: as it was told to with ``start_run``, or cut off in the midst of a ``with``."""
        status = final_status(uncaught)
        self.end("killed" if self.scoped and status == "finished" else status, uncaught if status == "failed" else None)

    def _record(self, record: IngestRecord) -> None:
        self.told_tracker().record(lambda: (record,))

    def _update(self, update: RunUpdate) -> None:
        self._record({"type": "run.update", "run": update})


def tell_children(run: Run | None) -> None:
    """Processes that are started from now on find the run that is open now."""
    if run is None or run.ended:
        os.environ.pop(PARENT_RUN, None)
    else:
        os.environ[PARENT_RUN] = json.dumps({"pid": os.getpid(), "run": run.create_record})
