"""Opens runs: what they are told from the start, whose child they are, and the run that a parent process has open."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping

from . import active
from .runs import PARENT_RUN, Run, tell_children
from .session import host_name, now_ms
from .tracker import tracker
from .values import checked_key, checked_name, checked_notes, checked_params, checked_tags, cut
from .wire import NAME_LIMIT, RunCreate


def open_run(
    name: str | None = None,
    *,
    experiment: str | None = None,
    params: Mapping[str, object] | None = None,
    tags: Mapping[str, object] | Iterable[str] | None = None,
    notes: str | None = None,
    parent: Run | str | None = None,
    nested: bool = True,
    implicit: bool = False,
    activate: bool = True,
) -> Run:
    """Open a run; see ``cellkeep.run``."""
    from .run_names import random_run_name

    owner = tracker()
    outer = active.enclosing() or inherited_run()
    parent_id = _parent_id(parent, outer if nested else None)
    if outer is not None and outer.id == parent_id:
        outer.told_tracker()  # where another process has opened it, the server must hear of it before its child
    executing = owner.executing
    chosen = checked_name(experiment, "the name of an experiment") if experiment is not None else None
    if chosen is None:
        chosen = outer.experiment if outer is not None and outer.id == parent_id else owner.default_experiment()
    create: RunCreate = {
        "id": uuid.uuid4().hex,
        "name": checked_name(name, "the name of a run") if name is not None else random_run_name(),
        "parentRunId": parent_id,
        "startedAt": now_ms(),
        "source": {
            "sessionId": owner.session.id,
            "executionId": executing.id if executing else None,
            "cellId": executing.cell_id if executing else None,
            "executionCount": executing.count if executing else None,
            "entrypoint": owner.session.script or "",
            "host": cut(host_name(), NAME_LIMIT),
        },
    }
    if chosen:
        create["experimentName"] = chosen
    known_params = checked_params(params) if params is not None else {}
    known_tags = checked_tags(tags) if tags is not None else {}
    known_notes = checked_notes(notes) if notes is not None else ""
    run = Run(create, outer, owner, implicit)
    active.opened(run, activate)
    run.announce(known_params, known_tags, known_notes)
    tell_children(run)
    owner.remember(run)
    owner.snapshots.of_run("start", run.id)
    return run


def _parent_id(parent: Run | str | None, outer: Run | None) -> str | None:
    if isinstance(parent, Run):
        return parent.id
    if parent is None:
        return outer.id if outer is not None else None
    if len(parent) != 32 or not set(parent) <= set("0123456789abcdef"):
        raise ValueError(f"parent is a run or its id (32 hexadecimal digits), not {parent!r}")
    return parent


_found_in_environment: Run | None = None
_looked_in_environment = False


def inherited_run() -> Run | None:
    """The run that a parent process has open, told by the environment; None in the process that opened it."""
    global _found_in_environment, _looked_in_environment
    if not _looked_in_environment:
        _looked_in_environment = True
        try:
            told = json.loads(os.environ.get(PARENT_RUN, ""))
            if told["pid"] != os.getpid():
                checked_key(told["run"]["id"])
                _found_in_environment = Run(told["run"], None, None)
        except (ValueError, KeyError, TypeError):
            _found_in_environment = None
    return _found_in_environment


def current_or_implicit_run() -> Run:
    """The current run; where there is none, one for the executing cell, which ends with it (in a script: with the process)."""
    run = active.current() or inherited_run()
    if run is None:
        owner = tracker()
        run = owner.implicit = open_run(nested=False, implicit=True)
    return run
