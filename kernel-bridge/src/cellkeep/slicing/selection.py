"""The slice: from what executions needed and touched to the least set of them that a value depends on. A pure function of records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from .versions import Flow, Versions, split


class Observed(Protocol):
    """An execution with what it needed and touched."""

    @property
    def order(self) -> int:
        """Place in the session."""

    @property
    def number(self) -> int | None:
        """The number in ``In [n]``."""

    @property
    def flow(self) -> Flow:
        """Needs and touches."""


class Reason(NamedTuple):
    """Why an execution is in a slice; ``sure`` is false where it may not be needed."""

    text: str
    sure: bool


class UnknownName(KeyError):
    """No execution has made what was asked for."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True)
class _Edge:
    """``user`` needs ``maker``; ``choices`` are earlier executions that made the same."""

    maker: int
    choices: frozenset[int]
    reason: Reason


def versions_of(executions: Iterable[Observed]) -> Versions:
    """Who made what, after these executions."""
    versions = Versions()
    for execution in executions:
        versions.apply(execution.order, execution.flow["touches"])
    return versions


def slice_of(executions: Sequence[Observed], wanted: str | Iterable[int], also: Iterable[str] = ()) -> dict[int, Reason]:
    """Orders of the executions that a name, or some executions, depend on, each with the reason.

    Parameters
    ----------
    executions
        Of one session, in order, without gaps.
    wanted
        A global name as it stands after the last of them, or orders of executions.
    also
        Further names that the value uses when it is called.

    Raises
    ------
    UnknownName
        None of the executions has bound the name.

    Examples
    --------
    >>> from collections import namedtuple
    >>> One = namedtuple("One", "order number flow")
    >>> bind = lambda name: [{"name": name, "how": "bound", "sure": True}]
    >>> one = One(0, 1, {"needs": [], "touches": bind("a")})
    >>> two = One(1, 2, {"needs": [{"order": 0, "names": ["a"], "why": "reads `a`", "sure": True}], "touches": bind("b")})
    >>> list(slice_of([one, two], "b"))
    [0, 1]
    """
    by_order = {execution.order: execution for execution in executions}
    same = _same_bindings(executions)
    edges: list[_Edge] = []
    if isinstance(wanted, str):
        versions = versions_of(executions)
        for name in (wanted, *also):
            makers = versions.makers(name)
            if not makers and name == wanted:
                raise UnknownName(name)
            for maker in makers:
                verb = "binds" if maker.how == "bound" else "changes"
                doubt = "" if maker.sure else " (as far as can be told)"
                how = f"{verb} `{name}`{doubt}" if name == wanted else f"{verb} `{name}`, which `{wanted}` uses when it is called"
                edges.append(_Edge(maker.order, same.get((maker.order, name), frozenset()), Reason(how, maker.sure)))
    else:
        edges += [_Edge(order, frozenset(), Reason("asked for", True)) for order in wanted if order in by_order]
    return _closed(by_order, same, edges)


def _same_bindings(executions: Sequence[Observed]) -> dict[tuple[int, str], frozenset[int]]:
    """For each execution that bound a name to what it was already: those that had bound it so before, unchanged since."""
    chains: dict[str, frozenset[int]] = {}
    found: dict[tuple[int, str], frozenset[int]] = {}
    for execution in executions:
        touches = execution.flow["touches"]
        again = {touch["name"][5:] for touch in touches if touch["name"].startswith("same:")}
        for touch in touches:
            name, part = split(touch["name"])
            if name.startswith(("same:", "equal:")):
                continue
            if touch["how"] == "bound" and not part:
                before = chains.get(name, frozenset()) if name in again else frozenset()
                if before:
                    found[execution.order, name] = before
                chains[name] = before | {execution.order}
            else:
                chains.pop(name, None)
    return found


def _closed(by_order: Mapping[int, Observed], same: Mapping[tuple[int, str], frozenset[int]], todo: list[_Edge]) -> dict[int, Reason]:
    """Everything that is needed by what is needed; of equal makers an earlier one that is in anyway, else the last."""
    chosen: dict[int, Reason] = {}
    waiting: list[_Edge] = []
    while todo or waiting:
        if not todo:
            waiting = [edge for edge in waiting if edge.maker not in chosen and not edge.choices & chosen.keys()]
            if not waiting:
                break
            todo.append(waiting.pop(max(range(len(waiting)), key=lambda at: waiting[at].maker)))
            waiting_edge = todo[-1]
            todo[-1] = _Edge(waiting_edge.maker, frozenset(), waiting_edge.reason)
        edge = todo.pop()
        if edge.maker not in by_order:
            continue
        if edge.maker in chosen:
            if edge.reason.sure and not chosen[edge.maker].sure:
                chosen[edge.maker] = edge.reason
            continue
        if edge.choices:
            waiting.append(edge)
            continue
        chosen[edge.maker] = edge.reason
        user = by_order[edge.maker]
        for need in user.flow["needs"]:
            todo.append(_Edge(need["order"], _choices(need, same), _told(user, need)))
    return dict(sorted(chosen.items()))


def _choices(need: Any, same: Mapping[tuple[int, str], frozenset[int]]) -> frozenset[int]:
    """Executions that would do as well as the needed one, for every name that is needed of it."""
    ways = [same.get((need["order"], split(name)[0]), frozenset()) for name in need["names"]]
    return frozenset.intersection(*ways) if ways else frozenset()


def _told(user: Observed, need: Any) -> Reason:
    number = f"In[{user.number}]" if user.number is not None else f"execution {user.order}"
    return Reason(f"{number} {need['why']}" + ("" if need["sure"] else " (included to be sure)"), need["sure"])
