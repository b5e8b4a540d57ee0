"""Watches executions: what each one needed and touched. The one coordinator of this package; one for each shell.

Before a cell only the identities behind the names are noted. After it, its syntax is walked (``statements.py``), the values that it
mentioned are looked at again (``looks.py``) and compared with the looks kept from before; what has changed is followed to other names
that share it. Everything that is kept is digests, ids and code objects, never the user's data.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import opened_files, syntax
from .assembling import Assembly
from .calling import expand
from .changes import find_changes, keep_tokens
from .figures import open_figures, suspect_current
from .findings import Before, Findings
from .identities import Difference, Identities
from .look_walk import look
from .looks import Budget, Look
from .opened_files import Opened
from .statements import walk
from .surroundings import Surroundings
from .touching import Bound, touches_of_names, touches_of_runs
from .user_magics import Magics
from .versions import Flow, Need, Touch, Versions

logger = logging.getLogger("cellkeep")
_OWN_NAMES = re.compile(r"(_|__|___|_\d+|_i+|_i\d+|_oh|_ih|_dh|In|Out|get_ipython|exit|quit)\Z")


@dataclass
class Recorded:
    """An execution as slices need it."""

    order: int
    number: int | None
    cell_id: str | None
    source: str
    status: str
    flow: Flow
    files: list[Opened] = field(default_factory=list)
    changed: frozenset[str] = frozenset()


@dataclass
class _Begun:
    """What stood when a cell began."""

    identities: Identities
    magics: dict[str, dict[str, Any]]
    figures: tuple[int, ...] = ()


class Observer:
    """Of one shell. ``executions`` has everything that it has seen, in order."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._hidden: Mapping[str, object] = getattr(shell, "user_ns_hidden", {})
        self.executions: list[Recorded] = []
        self.versions = Versions()
        self.looks: dict[str, Look] = {}
        self.holders: dict[int, set[str]] = {}
        self.tokens: dict[str, frozenset[int]] = {}
        self.above: dict[str, frozenset[int]] = {}
        self._last_token = 0
        self.outputs: list[int] = []
        self.open_runs: set[str] = set()
        self.surroundings = Surroundings()
        self.magics = Magics(shell)
        self._identities = Identities({})
        self._changed: set[str] = set()
        self._begun: list[_Begun] = []
        self.started_ns = 0
        self.folder = os.getcwd()

    # names and looks

    @property
    def namespace(self) -> dict[str, Any]:
        """The user's global names."""
        found: dict[str, Any] = self._shell.user_ns
        return found

    def is_hidden(self, name: str) -> bool:
        """Whether a name is IPython's own."""
        if _OWN_NAMES.match(name):
            return True
        return name in self._hidden and self._hidden[name] is self.namespace.get(name)

    def _of_user(self, names: set[str]) -> set[str]:
        return {name for name in names if isinstance(name, str) and not self.is_hidden(name)}

    def keep(self, name: str, found: Look | None) -> None:
        """Replace the look of a name."""
        old = self.looks.pop(name, None)
        if old is not None:
            for held in old.ids:
                names = self.holders.get(held)
                if names is not None:
                    names.discard(name)
                    if not names:
                        del self.holders[held]
        if found is not None:
            self.looks[name] = found
            for held in found.ids:
                self.holders.setdefault(held, set()).add(name)

    def look_at(self, name: str, budget: Budget) -> Look:
        """Look anew at what a name stands for."""
        return look(self.namespace[name], self.namespace, budget)

    def new_token(self) -> int:
        """For a name of which nobody knows yet that it shares anything."""
        self._last_token += 1
        return self._last_token

    def has_displayed(self, number: int | None) -> bool:
        """Whether the cell's last expression has shown a value, so that ``Out`` has it."""
        return number is not None and number in self.namespace.get("Out", {})

    # one cell

    def before(self) -> None:
        """A cell begins."""
        now = Identities(self.namespace)
        if not self._begun:
            self._catch_up(now)
        self.surroundings.look_once()
        self._begun.append(_Begun(now, self.magics.look(), open_figures()))
        self.started_ns = time.time_ns() - 20_000_000  # clocks of file systems are coarse
        opened_files.start()

    def _catch_up(self, now: Identities) -> None:
        """Names that were bound since the last cell by something that was not recorded, or before recording began."""
        if now.is_same(self._identities):
            return
        since = now.since(self._identities)
        budget = Budget()
        for name in now.names:
            if name in since.bound and isinstance(name, str) and not self.is_hidden(name):
                self.keep(name, self.look_at(name, budget))
                self.versions.forget(name)
        for name in [name for name in self.looks if name not in self.namespace]:
            self.keep(name, None)
            self.versions.forget(name)
        self._identities = now

    def after(
        self,
        order: int,
        number: int | None,
        cell_id: str | None,
        source: str,
        status: str,
        error: BaseException | None = None,
        never_ran: bool = False,
    ) -> Recorded:
        """A cell has ended.

        Parameters
        ----------
        order, number, cell_id, source, status
            Of the execution, as recorded.
        error
            What it raised.
        never_ran
            Whether it failed before its first statement (a syntax error).
        """
        files, started = opened_files.stop()
        begun = self._begun.pop() if self._begun else _Begun(self._identities, self.magics.look())
        self._changed = set()
        try:
            flow = self._seen(order, number, source, error, never_ran, begun, files, started)
        except Exception as failure:  # not to know is to be cautious: it may have needed and changed everything
            logger.debug("what In[%s] needed is not known: %s: %s", number, type(failure).__name__, failure)
            flow = self._cautious(order, begun)
        recorded = Recorded(order, number, cell_id, source, status, flow, files, frozenset(self._changed))
        self.executions.append(recorded)
        return recorded

    def _seen(
        self,
        order: int,
        number: int | None,
        source: str,
        error: BaseException | None,
        never_ran: bool,
        begun: _Begun,
        files: list[Opened],
        started: bool,
    ) -> Flow:
        now = Identities(self.namespace)
        since = now.since(begun.identities)
        tree = None if never_ran else syntax.parse(source)
        before = Before(self.looks.get, lambda name: since.was_there(name) and not self.is_hidden(name))
        stop_line = failing_line(error) if error is not None and tree is not None else None
        found = walk(tree, before, stop_line) if tree is not None else Findings()
        if error is not None and stop_line is None:
            found.certain = set()
        flow = self._flow(order, number, found, begun, since, files, started)
        self._identities = now
        return flow

    def _cautious(self, order: int, begun: _Begun) -> Flow:
        """An execution of which nothing is known but which names were bound."""
        now = Identities(self.namespace)
        self._changed = self._of_user(now.since(begun.identities).bound)
        touches: list[Touch] = []
        for name in now.names:
            if name in self._changed:
                touches.append({"name": name, "how": "bound", "sure": True})
                self.keep(name, look(self.namespace[name], self.namespace))
            elif name in self.looks and self.looks[name].kind != "atom":
                touches.append({"name": name, "how": "changed", "sure": False})
        why = "could not be analysed: everything before it is included"
        needs: list[Need] = [{"order": e.order, "names": [], "why": why, "sure": False} for e in self.executions[-2_000:]]
        self.versions.apply(order, touches)
        self._identities = now
        return {"needs": needs, "touches": touches}

    def _flow(
        self, order: int, number: int | None, found: Findings, begun: _Begun, since: Difference, files: list[Opened], started: bool
    ) -> Flow:
        namespace, budget = self.namespace, Budget()
        rebound = self._of_user(since.bound)
        deleted = {name for name in since.gone if isinstance(name, str) and not _OWN_NAMES.match(name)}
        again = {name for name in found.certain if name in namespace and name not in rebound and not self.is_hidden(name)}
        fresh = {name: self.look_at(name, budget) for name in rebound | again}
        bound = Bound(rebound, again, deleted, fresh, since)
        calls = expand(self, found, fresh, since)
        self._wildcards(found, begun.identities.names)
        suspect_current(self, found, calls, begun.figures)
        changes = find_changes(self, found, calls, bound.names, fresh, budget)
        assembly = Assembly(self, order, found, calls)
        assembly.needs_of_names(since)
        assembly.needs_of_outputs(number)
        absorbed = {name for name, keys in found.reads.items() if keys is None}
        touches = touches_of_names(self, found, changes, bound)
        touches += touches_of_runs(self, found, calls)
        touches += assembly.current_figure(begun.figures)
        touches += assembly.surroundings(files, started, self.magics.changed_since(begun.magics), number)
        self.versions.apply(order, touches, absorbed | assembly.absorbed, found.overwrites)
        for name in deleted:
            self.keep(name, None)
            self.tokens.pop(name, None)
            self.above.pop(name, None)
        for name, seen in {**fresh, **changes.looks}.items():
            self.keep(name, seen)
        keep_tokens(self, found, bound.names)
        self._changed = rebound | deleted
        return {"needs": assembly.needs(), "touches": touches}

    def _wildcards(self, found: Findings, names: list[str]) -> None:
        for pattern in found.wildcards:
            for name in names:
                if name in self.looks and re.fullmatch(pattern, name):
                    found.read(name, None, "a name that is put together in the running code")
        if found.everything:
            for name in list(self.looks):
                found.read(name, None, found.everything)


def failing_line(error: BaseException) -> int | None:
    """Line of the cell at which an error has come up."""
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_name in ("<module>", "<cell line: 1>") or code.co_name.startswith("<cell line"):
            name = code.co_filename
            if name.startswith("<ipython-input") or "ipykernel_" in name:
                return step.tb_lineno
        step = step.tb_next
    return None
