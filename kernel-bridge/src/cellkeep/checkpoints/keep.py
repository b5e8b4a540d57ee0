"""``cellkeep.checkpoint``: stores variables of this kernel on the server; those parts that it has already are not sent again."""

from __future__ import annotations

import contextlib
import hashlib
import html
import platform
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, cast

from ..link import LinkError, ServerLink
from ..sender import NOT_CONFIGURED
from ..session import now_ms
from ..settings import InvalidSettings, current_server
from ..tracker import tracker
from ..values import cut
from ..wire import KEY_LIMIT, NAME_LIMIT, CheckpointInput, KeptVariable
from .makers import makers_of
from .pickles import dump
from .sharing import Group, groups

_KIND = "variable"
_ASKED_AT_ONCE = 10_000
_WHY_LIMIT = 1_000
_HIDDEN = frozenset(["In", "Out", "get_ipython", "exit", "quit", "open"])


class CheckpointError(RuntimeError):
    """A checkpoint could not be stored or found; nothing has changed."""


@dataclass(frozen=True)
class Checkpoint:
    """What was kept. ``sent`` are the bytes that the server did not have, ``size`` all of them."""

    id: str
    variables: list[KeptVariable]
    sent: int

    @property
    def size(self) -> int:
        """Bytes of all kept variables."""
        return sum(one["size"] for one in self.variables)

    def __repr__(self) -> str:
        made = [one["name"] for one in self.variables if one["how"] == "executions"]
        lost = [one["name"] for one in self.variables if one["how"] == "none"]
        stored = len(self.variables) - len(made) - len(lost)
        lines = [f"<cellkeep checkpoint {self.id}: {stored} variables, {_bytes(self.size)}, {_bytes(self.sent)} of them new>"]
        if made:
            lines.append(f"  made anew by their cells at a restore: {', '.join(made)}")
        if lost:
            lines.append(f"  neither stored nor made by a recorded cell: {', '.join(lost)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f"<pre>{html.escape(repr(self))}</pre>"


def checkpoint(*names: str, label: str = "", exclude: Iterable[str] = ()) -> Checkpoint:
    """Keep variables of this kernel, so that ``cellkeep.restore`` brings them back in a fresh one.

    Variables that share objects stay together. What cannot be stored (generators, connections, locks) is noted with the executions
    that make it. Large arrays and tables are stored in pieces: what is as it was in an earlier checkpoint is not sent again.

    Parameters
    ----------
    names
        Variables to keep. Absent: all that the notebook has bound, imported modules by their names.
    label
        A few words for the list of checkpoints; at most 250 characters.
    exclude
        Variables that are not kept.

    Returns
    -------
    Checkpoint
        After the server has stored it.

    Raises
    ------
    NameError
        There is no such variable.
    CheckpointError
        There is no server, or it did not take it. Nothing was stored.

    Examples
    --------
    >>> cellkeep.checkpoint("model", "scores", label="before the sweep")  # doctest: +SKIP
    <cellkeep checkpoint 0193…: 2 variables, 4.1 MB, 4.1 MB of them new>
    """
    namespace = user_namespace()
    chosen = _chosen(namespace, names, frozenset(exclude))
    owner = tracker()
    owner.record(owner.announce)
    with connected() as link:
        if not owner.flush(30.0, give_up_offline=True):
            raise CheckpointError("the server does not take what this kernel has recorded; `cellkeep.status()` says why")
        store = _Store(link)
        variables = [kept for group in groups(chosen, namespace) for kept in _kept(group, chosen, namespace, store)]
        store.flush()
        given: CheckpointInput = {
            "id": str(uuid.uuid4()),
            "sessionId": owner.session.id,
            "label": cut(label.strip(), NAME_LIMIT),
            "takenAt": now_ms(),
            "python": platform.python_version(),
            "variables": sorted(variables, key=lambda one: one["name"]),
        }
        link.call("PUT", f"checkpoints/{given['id']}", given)
    return Checkpoint(given["id"], given["variables"], store.sent)


def user_namespace() -> dict[str, Any]:
    """Where the notebook's variables are; a script's own where there is no shell."""
    import sys

    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return cast("dict[str, Any]", shell.user_ns) if shell is not None else vars(sys.modules["__main__"])


def is_hidden(name: str) -> bool:
    """IPython's own, and Python's."""
    return name in _HIDDEN or name.startswith("_")


def _chosen(namespace: Mapping[str, Any], names: tuple[str, ...], exclude: frozenset[str]) -> dict[str, Any]:
    for name in names:
        if name not in namespace:
            close = get_close_matches(name, [one for one in namespace if not is_hidden(one)], 3)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            if not name.isidentifier():
                hint = "; a label for the checkpoint is given as label=..."
            raise NameError(f"there is no variable {name!r} in this kernel{hint}")
    wanted = names or [name for name in namespace if not is_hidden(name) and len(name) <= KEY_LIMIT]
    return {name: namespace[name] for name in wanted if name not in exclude}


def _kept(group: Group, chosen: Mapping[str, Any], namespace: Mapping[str, Any], store: _Store) -> list[KeptVariable]:
    if group.problem:
        return _not_stored(group, chosen, group.problem)
    try:
        parts = dump({name: chosen[name] for name in group.names}, namespace, group.roots)
    except Exception as error:  # alone each could be pickled; a cell in another thread may have changed it since
        return _not_stored(group, chosen, f"cannot be stored ({type(error).__name__}: {error})")
    digests = [store.add(part) for part in parts]
    size = sum(len(part) for part in parts)
    first = group.names[0]
    return [
        {
            "name": name,
            "type": type_name(chosen[name]),
            "how": "pickle",
            "parts": digests if name == first else [],
            "size": size if name == first else 0,
            "together": None if name == first else first,
        }
        for name in group.names
    ]


def _not_stored(group: Group, chosen: Mapping[str, Any], why: str) -> list[KeptVariable]:
    found: list[KeptVariable] = []
    for name in group.names:
        made = makers_of(name)
        found.append(
            {
                "name": name,
                "type": type_name(chosen[name]),
                "how": "executions" if made else "none",
                "parts": [],
                "size": 0,
                "executions": made,
                "why": cut(why if len(group.names) == 1 else f"{why}; they share objects", _WHY_LIMIT),
            }
        )
    return found


def type_name(value: object) -> str:
    """The class with its module, as people write it."""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__.split('.')[0]}."
    return cut(f"{module}{kind.__qualname__}", NAME_LIMIT)


class _Store:
    """Sends parts that the server does not have. They are views of the variables' memory: sent soon, and copied by nobody."""

    def __init__(self, link: ServerLink) -> None:
        self._link = link
        self._waiting: dict[str, memoryview] = {}
        self._known: set[str] = set()
        self.sent = 0

    def add(self, part: memoryview) -> str:
        """The part's digest."""
        digest = hashlib.sha256(part).hexdigest()
        if digest not in self._known:
            self._known.add(digest)
            self._waiting[digest] = part
            if len(self._waiting) >= _ASKED_AT_ONCE:
                self.flush()
        return digest

    def flush(self) -> None:
        """Ask which are missing and send those."""
        if not self._waiting:
            return
        answer = cast("dict[str, list[str]]", self._link.call("POST", "parts/missing", {"digests": list(self._waiting)}))
        for digest in answer["missing"]:
            self._link.put_bytes(digest, _KIND, self._waiting[digest])
            self.sent += len(self._waiting[digest])
        self._waiting.clear()


@contextlib.contextmanager
def connected() -> Iterator[ServerLink]:
    """A link to the configured server for a ``with`` block; what goes wrong with it is a ``CheckpointError``."""
    try:
        server = current_server()
    except InvalidSettings as error:
        raise CheckpointError(str(error)) from error
    if server is None:
        raise CheckpointError(NOT_CONFIGURED)
    link = ServerLink(server)
    try:
        yield link
    except LinkError as error:
        raise CheckpointError(str(error)) from error
    finally:
        link.close()


def _bytes(size: int) -> str:
    number = float(size)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000
    return ""
