"""Where a model came from: notebook, cell, slice, snapshot, run, commit and the data that its executions have read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..slicing.slices import Slice
from ..tracker import tracker
from ..values import cut
from ..wire import CELLS_LIMIT, NAME_LIMIT
from .finding import maker_of

_DATA_LIMIT = 1_000
_DIGEST_SECONDS = 1.0
_DIGEST_BYTES = 512 * 1024 * 1024


@dataclass
class Origin:
    """``record`` is the bundle's ``origin``, without snapshot; ``run`` the run in which it was made, as this process knows it."""

    record: dict[str, Any]
    slice: Slice | None = None
    run: Any = None
    sources: list[str] = field(default_factory=list)


def find_origin(variable: str | None, run_id: str | None) -> Origin:
    """What this process knows of a variable.

    Parameters
    ----------
    variable
        Its label, like ``models[0.1]``; None: an object that no variable holds.
    run_id
        The run that the person names; None: the one that was open when it was made.
    """
    owner = tracker()
    name = (variable or "").partition("[")[0]
    found, observer = _slice_of(name)
    cell, order = maker_of(observer, name) if name else (None, None)
    orders = [execution.order for execution in found] if found is not None else []
    run = _run_of(run_id, orders, order, observer)
    git = owner.git.read(1.0)
    record = {
        "notebookPath": owner.session.notebook_path,
        "cellId": cut(cell, NAME_LIMIT) if cell else None,
        "executionOrder": order,
        "runId": run_id or (run.id if run is not None else None),
        "variable": cut(variable, NAME_LIMIT) if variable else None,
        "slice": orders[:CELLS_LIMIT],
        "data": _data(set(orders)),
        "commit": git["commit"] if git is not None else None,
    }
    return Origin(record, found, run, [execution.source for execution in found] if found is not None else [])


def _slice_of(name: str) -> tuple[Slice | None, Any]:
    from ..kernel import recorder
    from ..slicing.asking import slice_of_name

    recording = recorder()
    if recording is None:
        return None, None
    if not name:
        return None, recording.observer
    try:
        return slice_of_name(recording.observer, name), recording.observer
    except LookupError:
        return None, recording.observer


def _run_of(run_id: str | None, orders: list[int], maker: int | None, observer: Any) -> Any:
    """The run that is named; else the last one in which an execution of the slice, best the one that made it, has logged."""
    from .. import active

    recent = [*tracker().recent, *(one for one in active.open_runs() if one not in tracker().recent)]
    if run_id is not None:
        return next((one for one in recent if one.id == run_id), None)
    if observer is None:
        return active.current() or (recent[-1] if len(recent) == 1 else None)
    by_order: dict[int, Any] = {}
    for one in recent:
        for made in observer.versions.makers(f"run:{one.id}"):
            by_order[made.order] = one
    if maker is not None and maker in by_order:
        return by_order[maker]
    within = [order for order in by_order if order in set(orders)]
    return by_order[max(within)] if within else active.current()


def _data(orders: set[int]) -> list[dict[str, Any]]:
    """Files that the executions of the slice have read, by digest."""
    files, _ = tracker().snapshots.half.files.read(_DIGEST_SECONDS, _DIGEST_BYTES)
    found = []
    for file in files:
        if file["mode"] == "write" or (orders and not orders & set(file["orders"])):
            continue
        digest = file["digest"] or ""
        found.append({"name": cut(file["path"], 1_000), "version": digest[:12] or f"{file['size'] or 0} bytes", "digest": digest})
    return found[:_DATA_LIMIT]
