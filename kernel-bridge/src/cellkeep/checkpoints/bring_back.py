"""``cellkeep.restore``: loads kept variables into this kernel, and makes anew by their cells those that could not be stored."""

from __future__ import annotations

import hashlib
import html
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, cast

from ..link import ServerLink
from ..tracker import tracker
from ..wire import StoredCheckpoint, StoredExecution
from .keep import CheckpointError, connected, user_namespace
from .pickles import load


class UntrustedCheckpoint(CheckpointError):
    """It was made by somebody else, and loading it would run that person's code."""


@dataclass
class Restored:
    """What came back: ``loaded`` from the store, ``executed`` made anew by their cells; ``missing`` with the reason."""

    checkpoint: str
    loaded: list[str] = field(default_factory=list)
    executed: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        lines = [f"<cellkeep restored {len(self.loaded) + len(self.executed)} variables of checkpoint {self.checkpoint}>"]
        if self.executed:
            lines.append(f"  made anew by their cells: {', '.join(self.executed)}")
        lines += [f"  not restored: {name} ({why})" for name, why in self.missing.items()]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def restore(
    checkpoint: str | None = None, *, names: Iterable[str] | None = None, trust: str | None = None, overwrite: bool = False
) -> Restored:
    """Bring kept variables back into this kernel.

    First the cells are executed that make what could not be stored, then the stored variables are loaded over what they bound.

    Parameters
    ----------
    checkpoint
        Its id. Absent: the newest one of this notebook.
    names
        Only these variables. Absent: all.
    trust
        Name of the user who made it, where that is somebody else: a pickle is a program, and this says that it may run.
    overwrite
        False: nothing happens where one of the names is bound here already, to something else than a module.

    Raises
    ------
    UntrustedCheckpoint
        Somebody else made it and ``trust`` does not name that person. No byte of it was loaded.
    CheckpointError
        There is no such checkpoint, another minor version of Python made it, a name is bound already, or the server is away.
    """
    with connected() as link:
        found = _find(link, checkpoint)
        _require_trust(found, trust)
        _require_python(found["python"])
        wanted = _wanted(found, None if names is None else list(names))
        namespace = user_namespace()
        # Whoever asks for it has imported cellkeep, and often more: an import is no value that could be lost.
        bound = sorted(name for name in wanted if name in namespace and not isinstance(namespace[name], ModuleType))
        if bound and not overwrite:
            raise CheckpointError(f"already here: {', '.join(bound[:5])}; restart the kernel, or restore with overwrite=True")
        restored = Restored(found["id"])
        orders = sorted({order for one in found["variables"] if one["name"] in wanted for order in one.get("executions", [])})
        before = dict(namespace)
        failed = _execute(link, found, orders) if orders else ""
        # Those cells bind other names as well: what was here, and was not asked for, is here again as it was.
        namespace.update({name: value for name, value in before.items() if name not in wanted})
        for one in found["variables"]:
            if one["name"] not in wanted:
                continue
            if one["how"] == "executions":
                _note_executed(restored, one["name"], failed, namespace)
            elif one["how"] == "none":
                restored.missing[one["name"]] = one.get("why", "")
        _load(link, found, wanted, namespace, restored)
    return restored


def _find(link: ServerLink, checkpoint: str | None) -> StoredCheckpoint:
    if checkpoint is not None:
        return cast("StoredCheckpoint", link.call("GET", f"checkpoints/{checkpoint}"))
    path = tracker().session.notebook_path
    if path is None:
        raise CheckpointError("this process belongs to no notebook; name a checkpoint, `cellkeep checkpoints` lists them")
    answer = cast("dict[str, Any]", link.call("GET", "checkpoints", query={"notebookPath": path, "limit": "1"}))
    if not answer["checkpoints"]:
        raise CheckpointError(f"{path} has no checkpoint; cellkeep.checkpoint() makes one")
    return cast("StoredCheckpoint", answer["checkpoints"][0])


def _require_trust(found: StoredCheckpoint, trust: str | None) -> None:
    if found["isOwn"] or trust == found["userName"]:
        return
    raise UntrustedCheckpoint(
        f"checkpoint {found['id']} was made by {found['userName']}: loading it runs that user's code with your rights; "
        f"if you trust it, restore with trust={found['userName']!r}"
    )


def _require_python(made_with: str) -> None:
    here = platform.python_version()
    if made_with.split(".")[:2] != here.split(".")[:2]:
        raise CheckpointError(
            f"the checkpoint was made with Python {made_with}, this is {here}: compiled functions do not carry over; "
            f"use a kernel of Python {made_with}"
        )


def _wanted(found: StoredCheckpoint, names: list[str] | None) -> set[str]:
    there = {one["name"] for one in found["variables"]}
    if names is None:
        return there
    for name in names:
        if name not in there:
            raise CheckpointError(f"the checkpoint holds no {name!r}; it holds {', '.join(sorted(there)[:20])}")
    return set(names)


def _execute(link: ServerLink, found: StoredCheckpoint, orders: list[int]) -> str:
    """Run these executions of the session that made the checkpoint. Returns what went wrong, empty where nothing did."""
    import IPython
    from IPython.utils.capture import capture_output

    shell = IPython.get_ipython()
    if shell is None:
        return "its cells can only be executed in a notebook's kernel"
    sources = _sources(link, found["sessionId"], orders)
    for order in orders:
        if order not in sources:
            return "the server does not have its cells"
        with capture_output():
            result = shell.run_cell(sources[order], store_history=False, silent=False)
        if not result.success:
            error = result.error_in_exec or result.error_before_exec
            return f"its cell failed: {type(error).__name__}: {error}"
    return ""


def _sources(link: ServerLink, session: str, orders: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    cursor = None
    while True:
        query = {"sessionId": session, "limit": "1000", **({"cursor": cursor} if cursor else {})}
        answer = cast("dict[str, Any]", link.call("GET", "executions", query=query))
        for one in cast("list[StoredExecution]", answer["executions"]):
            found[one["order"]] = one["source"]
        cursor = answer["nextCursor"]
        if cursor is None or all(order in found for order in orders):
            return found


def _note_executed(restored: Restored, name: str, failed: str, namespace: dict[str, Any]) -> None:
    if name in namespace and not failed:
        restored.executed.append(name)
    else:
        restored.missing[name] = failed or "its cells did not bind it this time"


def _load(link: ServerLink, found: StoredCheckpoint, wanted: set[str], namespace: dict[str, Any], restored: Restored) -> None:
    groups: dict[str, set[str]] = {}
    for one in found["variables"]:
        if one["how"] == "pickle" and one["name"] in wanted:
            groups.setdefault(one.get("together") or one["name"], set()).add(one["name"])
    leaders = {one["name"]: one for one in found["variables"] if one["how"] == "pickle" and not one.get("together")}
    ready: dict[str, Any] = {}
    for leader, names in groups.items():
        try:
            values = load([_fetch(link, digest) for digest in leaders[leader]["parts"]], namespace)
        except CheckpointError:
            raise
        except Exception as error:  # whatever a class's own loading raises: the others are restored all the same
            for name in sorted(names):
                restored.missing[name] = f"{type(error).__name__}: {error}"
            continue
        ready.update({name: values[name] for name in names if name in values})
    namespace.update(ready)
    restored.loaded += sorted(ready)


def _fetch(link: ServerLink, digest: str) -> bytes:
    content = link.get_bytes(digest)
    if hashlib.sha256(content).hexdigest() != digest:
        raise CheckpointError(f"the server's bytes of part {digest[:12]}… are not those that were kept; nothing of it was loaded")
    return content
