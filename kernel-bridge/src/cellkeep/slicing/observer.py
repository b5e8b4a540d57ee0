"""Watches executions: what each one needed and touched. The one coordinator of this package; one for each shell.

Before a cell only the identities behind the names are noted. After it, its syntax is walked (``statements.py``), the values that it
mentioned are looked at again (``looks.py``) and compared with the looks kept from before; what has changed is followed to other names
that share it. Everything that is kept is digests, ids and code objects, never the user's data.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import look_arrays, opened_files, syntax
from .assembling import Assembly
from .calling import Calls, expand
from .calls import is_fitted
from .changes import Changes, find_changes, part_name
from .findings import Before, Findings, Keys
from .look_walk import look
from .looks import Budget, Look
from .opened_files import Opened
from .statements import walk
from .surroundings import Surroundings, stamp
from .versions import Flow, Need, Touch, Versions

logger = logging.getLogger("cellkeep")
_OWN_NAMES = re.compile(r"(_|__|___|_\d+|_i+|_i\d+|_oh|_ih|_dh|In|Out|get_ipython|exit|quit)\Z")
#: With more global names than this, comparing them would cost more than 2 ms a cell.
_NAMES_LIMIT = 5_000
_C_FILES = frozenset(
    "to_parquet read_parquet to_hdf read_hdf to_feather read_feather File open_dataset to_netcdf scan_csv scan_parquet "
    "write_parquet write_csv "
    "exists is_file isfile isdir is_dir stat getsize getmtime glob rglob iterdir memmap open_memmap write_table read_table "
    "imwrite imread connect".split()
)


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
    ids: dict[str, int] | None
    magics: dict[str, Any]


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
        self._next_token = 0
        self.outputs: list[int] = []
        self.open_runs: set[str] = set()
        self.surroundings = Surroundings()
        self._ids: dict[str, int] = {}
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

    # one cell

    def before(self) -> None:
        """A cell begins."""
        namespace = self.namespace
        ids = _identities(namespace) if len(namespace) <= _NAMES_LIMIT else None
        if ids is not None and not self._begun:
            self._catch_up(ids)
        self.surroundings.look_once()
        self._begun.append(_Begun(ids, self._magics()))
        self.started_ns = time.time_ns() - 20_000_000  # clocks of file systems are coarse
        opened_files.start()

    def _catch_up(self, ids: dict[str, int]) -> None:
        """Names that were bound since the last cell by something that was not recorded, or before recording began."""
        if ids == self._ids:
            return
        budget = Budget()
        for name, identity in ids.items():
            if self._ids.get(name) != identity and isinstance(name, str) and not self.is_hidden(name):
                self.keep(name, self.look_at(name, budget))
                self.versions.of.pop(name, None)
        for name in [name for name in self.looks if name not in ids]:
            self.keep(name, None)
            self.versions.of.pop(name, None)
        self._ids = ids

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
        begun = self._begun.pop() if self._begun else _Begun(None, {})
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
        tree = None if never_ran else syntax.parse(source)
        ids = begun.ids if begun.ids is not None else {}
        before = Before(self.looks.get, lambda name: name in ids and not self.is_hidden(name))
        stop_line = failing_line(error) if error is not None and tree is not None else None
        found = walk(tree, before, stop_line) if tree is not None else Findings()
        if error is not None and stop_line is None:
            found.certain = set()
        return self._flow(order, number, found, begun, files, started)

    def _cautious(self, order: int, begun: _Begun) -> Flow:
        """An execution of which nothing is known but which names were bound."""
        now = {
            name: identity for name, identity in _identities(self.namespace).items() if isinstance(name, str) and not self.is_hidden(name)
        }
        old = begun.ids if begun.ids is not None else self._ids
        touches: list[Touch] = []
        for name, identity in now.items():
            if old.get(name) != identity:
                touches.append({"name": name, "how": "bound", "sure": True})
                self.keep(name, look(self.namespace[name], self.namespace))
            elif name in self.looks and self.looks[name].kind != "atom":
                touches.append({"name": name, "how": "changed", "sure": False})
        self._changed = {name for name, identity in now.items() if old.get(name) != identity}
        why = "could not be analysed: everything before it is included"
        needs: list[Need] = [{"order": e.order, "names": [], "why": why, "sure": False} for e in self.executions[-2_000:]]
        self.versions.apply(order, touches)
        self._ids = _identities(self.namespace)
        return {"needs": needs, "touches": touches}

    def _flow(self, order: int, number: int | None, found: Findings, begun: _Begun, files: list[Opened], started: bool) -> Flow:
        namespace, budget = self.namespace, Budget()
        old_ids = begun.ids if begun.ids is not None else dict(self._ids)
        now = _identities(namespace)
        rebound = {name for name, identity in now.items() if old_ids.get(name) != identity}
        rebound = {name for name in rebound if isinstance(name, str) and not self.is_hidden(name)}
        deleted = {name for name in old_ids.keys() - now.keys() if isinstance(name, str) and not _OWN_NAMES.match(name)}
        again = {name for name in found.certain if name in now and name not in rebound and not self.is_hidden(name)}
        old_looks = self.looks
        fresh = {name: self.look_at(name, budget) for name in rebound | again}
        calls = expand(self, found, fresh, old_ids)
        self._wildcards(found, old_ids)
        changes = find_changes(self, found, calls, rebound | again, fresh, old_ids, budget)
        assembly = Assembly(self, order, found, calls)
        assembly.needs_of_names(old_ids)
        assembly.needs_of_outputs(number)
        absorbed = {name for name, keys in found.reads.items() if keys is None}
        touches = self._touches(found, changes, rebound, again, deleted, fresh, old_looks, old_ids)
        touches += runs_touched(found, calls, self)
        touches += assembly.surroundings(files, started, self._changed_magics(begun.magics), number)
        self.versions.apply(order, touches, absorbed | assembly.absorbed, found.overwrites)
        for name in deleted:
            self.keep(name, None)
            self.tokens.pop(name, None)
        for name, seen in {**fresh, **changes.looks}.items():
            self.keep(name, seen)
        self._keep_tokens(found, rebound | again)
        self._ids = now
        self._changed = rebound | deleted
        return {"needs": assembly.needs(), "touches": touches}

    def _keep_tokens(self, found: Findings, bound: set[str]) -> None:
        """Names whose objects may come of the same place share a token: asked where looks could not see all that a value holds."""
        old = dict(self.tokens)
        for name in bound | (found.flow.keys() & self.looks.keys()):
            seen = self.looks.get(name)
            if seen is None or seen.kind == "atom":
                self.tokens.pop(name, None)
                continue
            sources = found.sources(found.flow.get(name, set())) | ({name} if name in found.reads or name not in bound else set())
            self._next_token += 1
            own = frozenset() if name in old and name not in bound else frozenset([self._next_token])
            self.tokens[name] = own.union(*(old.get(source, frozenset()) for source in sources))
        for name in bound & self.tokens.keys():  # of names that this cell has bound as well
            sources = found.sources(found.flow.get(name, set())) & bound & self.tokens.keys()
            self.tokens[name] = self.tokens[name].union(*(self.tokens[source] for source in sources))

    def _wildcards(self, found: Findings, old_ids: Mapping[str, int]) -> None:
        for pattern in found.wildcards:
            for name in old_ids:
                if re.fullmatch(pattern, name) and name in self.looks:
                    found.read(name, None, "a name that is put together in the running code")
        if found.everything:
            for name in list(self.looks):
                found.read(name, None, found.everything)

    def _touches(
        self,
        found: Findings,
        changes: Changes,
        rebound: set[str],
        again: set[str],
        deleted: set[str],
        fresh: Mapping[str, Look],
        old_looks: Mapping[str, Look],
        old_ids: Mapping[str, int],
    ) -> list[Touch]:
        touches: list[Touch] = []
        for name in sorted(rebound | again):
            old, new = old_looks.get(name), fresh[name]
            if name in again and name not in found.certain:
                continue
            same = old is not None and name in old_ids and is_same(old, new)
            if same and name in found.reads:
                continue  # `n = max(n, 3)` that left n as it was: without it n is the same
            touches.append({"name": name, "how": "bound", "sure": True})
            if same:
                touches.append({"name": f"same:{name}", "how": "bound", "sure": True})
            elif old is not None and old.complete and fresh[name].complete and old.kind == new.kind and old.digest == new.digest:
                touches.append({"name": f"equal:{name}", "how": "bound", "sure": True})
        for name in sorted(deleted):
            touches.append({"name": name, "how": "deleted", "sure": True})
        for name, change in sorted(changes.found.items()):
            if name in found.overwrites and name in found.reads and found.reads[name] == frozenset():
                touches.append({"name": name, "how": "bound", "sure": True})
                continue
            seen = changes.looks.get(name)
            if name in found.refits and seen is not None and seen.parts is not None:
                fitted = [key for key in seen.parts if is_fitted(key)] if found.reads.get(name) is not None else []
                touches += [{"name": f"{name}.{key}", "how": "bound", "sure": True} for key in fitted]
                if fitted:
                    continue
            if change.keys is None:
                touches.append({"name": name, "how": "changed", "sure": change.sure})
                continue
            touches += self._part_touches(name, change.keys, change.sure, found)
        return touches

    def _part_touches(self, name: str, keys: Keys, sure: bool, found: Findings) -> list[Touch]:
        """Parts of a value: one that is stored anew replaces what was there, unless that would change the order of the parts."""
        touches: list[Touch] = []
        old = self.looks.get(name)
        kind = old.kind if old is not None else ""
        had = old.parts if old is not None and old.parts is not None else {}
        version = self.versions.of.get(name)
        for key in sorted(keys or (), key=repr):
            part = part_name(key, kind)
            whole = f"{name}{part}"
            added = version.added if version is not None else []
            if (name, key) in found.part_deletes and part in added:
                touches.append({"name": whole, "how": "deleted", "sure": True})
                added.remove(part)
                continue
            replaces = found.part_stores.get((name, key), False)
            ordered = kind in ("dict", "frame")
            if ordered and replaces and part in added and added[-1] != part:
                replaces = False
            touches.append({"name": whole, "how": "bound" if replaces else "changed", "sure": sure})
            if key not in had and version is not None and part not in added:
                version.added.append(part)
        return touches

    # magics

    def _magics(self) -> dict[str, Any]:
        manager = getattr(self._shell, "magics_manager", None)
        return {**manager.magics["cell"], **manager.magics["line"]} if manager is not None else {}

    def _changed_magics(self, before: dict[str, Any]) -> set[str]:
        now = self._magics()
        return (
            {name for name, function in now.items() if before.get(name) is not function}
            if len(now) != len(before) or now != before
            else set()
        )

    def magic_code(self, name: str) -> Any:
        """Code of a magic that the user has defined; None for any other."""
        manager = getattr(self._shell, "magics_manager", None)
        for kind in ("line", "cell"):
            function = manager.magics[kind].get(name) if manager is not None else None
            if function is not None and not hasattr(function, "__self__"):
                return getattr(function, "__code__", None)
        return None

    def has_displayed(self, number: int | None) -> bool:
        """Whether the cell's last expression has shown a value, so that ``Out`` has it."""
        return number is not None and number in self.namespace.get("Out", {})

    def known_files(self) -> set[str]:
        """Files that executions have touched."""
        return {name[5:] for name in self.versions.of if name.startswith("file:")}

    def candidate_files(self, found: Findings, started: bool) -> set[str]:
        """Files that the cell may have used without Python opening them."""
        if not started and not found.magics and not (found.attributes & _C_FILES or found.called.keys() & _C_FILES):
            return set()
        texts = {text for text in found.strings if len(text) < 500}
        for magic in found.magics:
            texts.update(re.split(r"[\s;|&<>\"'=(),]+", f"{magic.line} {magic.body}"[:5_000]))
        for name in found.reads:
            seen = self.looks.get(name)
            if seen is not None and isinstance(seen.value, str) and len(seen.value) < 500:
                texts.add(seen.value)
        known = self.known_files()
        paths = {opened_files._path(text) for text in texts if text and "\n" not in text and "\0" not in text}
        found_paths = {path for path in paths if path and (path in known or stamp(path) is not None) and not opened_files.is_ignored(path)}
        mentioned = " ".join(texts)
        return found_paths | {path for path in known if path.rsplit("/", 1)[-1] in mentioned}

    def local_modules(self, names: set[str]) -> dict[str, str]:
        """Of imported modules those that are the user's files, with their paths."""
        found = {}
        for name in names:
            path = getattr(sys.modules.get(name), "__file__", None)
            if isinstance(path, str) and look_arrays.is_local_file(path):
                found[name] = path
        return found


def _identities(namespace: Mapping[str, Any]) -> dict[str, int]:
    """What stands behind each name."""
    return {name: id(value) for name, value in namespace.items()}


def runs_touched(found: Findings, calls: Calls, observer: Observer) -> list[Touch]:
    """Runs that were open in a cell which logs something."""
    from ..tracker import existing_tracker

    owner = existing_tracker()
    if owner is None or not owner.recent:
        return []
    begun = {run.id for run in owner.recent if f"run:{run.id}" not in observer.versions.of}
    open_before, observer.open_runs = observer.open_runs, {run.id for run in owner.recent if not run.ended}
    names = {*found.reads, *calls.reads, *found.binds}
    logs = any(seen is not None and seen.package in ("cellkeep", "mlflow") for seen in (observer.looks.get(name) for name in names))
    touched = begun | (open_before if logs or found.attributes & {"log", "fit", "log_metric"} else set())
    return [{"name": f"run:{run}", "how": "changed", "sure": True} for run in sorted(touched)]


def is_same(old: Look, new: Look) -> bool:
    """Whether a name was bound to what it stood for already, in a way that nobody can tell: numbers, texts, modules, equal functions."""
    if old.kind != new.kind or not (old.complete and new.complete):
        return False
    if old.kind == "atom":
        return old.digest == new.digest and old.own == new.own if old.type_name else old.digest == new.digest
    if old.kind == "module":
        return old.own == new.own and old.parts is None
    return old.kind == "tuple" and old.digest == new.digest and not old.ids - {old.own} and not new.ids - {new.own}


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


__all__ = ["Calls", "Observer", "Recorded"]
