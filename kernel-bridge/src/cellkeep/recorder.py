"""Records each execution of a cell: hooks into IPython that only take notes; everything else happens in the journal's thread.

Executions that are silent or leave no history (the debugger, widgets, completers) are not a person's and are passed over. Nothing here may
raise into the cell; IPython would print it there.
"""

from __future__ import annotations

import functools
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from .errors import error_info, final_status
from .names import analyse
from .session import now_ms
from .settings import is_configured
from .slicing.observer import Observer, Recorded
from .slicing.versions import within_limits
from .snapshots.output_log import OutputLog, Showing
from .tracker import Executing, Tracker, logger, tracker
from .values import cut, utf16_length
from .wire import KEY_LIMIT, NAME_LIMIT, SOURCE_LIMIT, ExecutionInput, IngestRecord

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

_NAMES_LIMIT = 10_000
F = TypeVar("F", bound=Callable[..., None])


def _harmless(method: F) -> F:
    """Whatever goes wrong in a hook is logged, never shown in the cell."""

    @functools.wraps(method)
    def call(*args: Any) -> None:
        try:
            method(*args)
        except Exception as error:
            logger.debug("recording an execution failed: %s: %s", type(error).__name__, error)

    return call  # type: ignore[return-value]


@dataclass
class _Running:
    info: object
    execution: ExecutionInput | None
    started: float
    showing: Showing | None
    outer: Executing | None
    shell_count: int = 0


class Recorder:
    """Hooks of one shell. A list of what runs, since a cell may run cells."""

    def __init__(self, shell: InteractiveShell, order: int = 0) -> None:
        self.shell = shell
        self.observer = Observer(shell)
        self.order = order
        self._log = OutputLog(shell)
        self._leaving = False
        self._counted_early: int | None = None
        self._stack: list[_Running] = []

    def connect(self) -> None:
        """Begin to record, or go on where it was left: the order of a session's executions never repeats."""
        self._log.open()
        self.shell.events.register("pre_run_cell", self.before_cell)
        if not self._leaving:
            self.shell.events.register("post_run_cell", self.after_cell)
        self._leaving = False

    def disconnect(self) -> None:
        """Record no more, once the cell that says so has ended."""
        self.shell.events.unregister("pre_run_cell", self.before_cell)
        self._leaving = True
        self._leave()

    def _leave(self) -> None:
        if self._leaving and not self._stack:
            self.shell.events.unregister("post_run_cell", self.after_cell)
            self._leaving = False
            self._log.close_when_done()

    @_harmless
    def before_cell(self, info: ExecutionInfo) -> None:
        """A cell begins."""
        owner = tracker()
        if info.silent or not info.store_history or not (info.raw_cell or "").strip():
            self._stack.append(_Running(info, None, 0.0, None, owner.executing))
            return
        cell_id = getattr(info, "cell_id", None)
        execution: ExecutionInput = {
            "id": execution_id(owner.session.id, self.order),
            "sessionId": owner.session.id,
            "cellId": cut(cell_id, NAME_LIMIT) if isinstance(cell_id, str) and cell_id else None,
            "order": self.order,
            "executionCount": self._count(),
            "source": info.raw_cell,
            "startedAt": now_ms(),
            "durationMs": None,
            "status": "running",
        }
        owner.last_order = self.order
        self.order += 1
        outer, owner.executing = (
            owner.executing,
            Executing(execution["id"], execution["cellId"], execution["executionCount"]),
        )
        self._record(owner, lambda: dict_of(execution))
        showing = self._log.begin(execution, self._request())
        running = _Running(info, execution, time.perf_counter(), showing, outer, self.shell.execution_count)
        self._stack.append(running)
        self.observer.before()

    @_harmless
    def after_cell(self, result: ExecutionResult | None) -> None:
        """A cell has ended, in whatever way."""
        running = self._ended(getattr(result, "info", None))
        self._leave()
        if running is None:
            return
        owner = tracker()
        owner.executing = running.outer
        execution = running.execution
        if execution is None or running.showing is None:
            return
        duration = (time.perf_counter() - running.started) * 1000
        error = _error_of(result)
        ended: ExecutionInput = {**execution, "durationMs": duration, "status": _status_of(result, error)}
        if result is not None and result.execution_count is not None:
            ended["executionCount"] = result.execution_count
            self._counted_early = running.shell_count - result.execution_count
        observed = self._observe(ended, result, error)
        there = frozenset(self.shell.user_ns) if error is not None else None
        if owner.implicit is not None:
            status = final_status(error)
            owner.implicit.end(status, error if status != "finished" else None)

        half = owner.snapshots.half
        half.note_cell(execution["order"], execution["source"], self.shell.user_ns)
        if observed is not None:
            half.files.note(execution["order"], observed.files)
        owner.snapshots.cell_ended()

        def finished() -> ExecutionInput:
            half.settle()
            found = analyse(ended["source"])
            writes = found.writes | observed.changed
            if there is not None:
                writes = {name for name in writes if name in there or name in observed.changed}  # others were never reached
            ended["reads"], ended["writes"] = _listed(found.reads), _listed(writes)
            if error is not None:
                ended["error"] = error_info(error)
            ended["flow"] = within_limits(observed.flow)
            return dict_of(ended)

        self._log.end(running.showing, finished)

    def _observe(self, ended: ExecutionInput, result: ExecutionResult | None, error: BaseException | None) -> Recorded:
        never_ran = result is not None and result.error_before_exec is not None
        return self.observer.after(
            ended["order"], ended["executionCount"], ended["cellId"], ended["source"], ended["status"], error, never_ran
        )

    def _ended(self, info: object) -> _Running | None:
        """The execution that has ended: the one with this info, which need not be the last where subshells run side by side."""
        for at in reversed(range(len(self._stack))):
            if info is None or self._stack[at].info is info:
                return self._stack.pop(at)
        return None

    def _request(self) -> str:
        """Id of the request by which a page has asked for the cell that begins; empty where there is no page."""
        parent = self.shell.get_parent() if hasattr(self.shell, "get_parent") else {}
        return str((parent.get("header") or parent).get("msg_id", ""))

    def _record(self, owner: Tracker, make: Callable[[], ExecutionInput]) -> None:
        def records() -> Iterable[IngestRecord]:
            # Where no server was ever named, only what a person logs is kept, not every cell.
            if not owner.session.announced and not is_configured():
                return
            yield from owner.announce()
            yield {"type": "execution", "execution": make()}

        owner.record(records)

    def _count(self) -> int:
        """The number in ``In [n]`` of the cell that begins.

        IPython counts on before this hook or after the cell, depending on its version; what the last cell has shown is taken, for the
        first one the length of the history, which holds an empty entry and then the cells before.
        """
        if self._counted_early is None:
            history = getattr(self.shell.history_manager, "input_hist_parsed", None) or [""]
            self._counted_early = 1 if self.shell.execution_count == len(history) + 1 else 0
        return int(self.shell.execution_count) - self._counted_early


def execution_id(session: str, order: int) -> str:
    """Id of a session's execution: made of the two, which never repeat.

    Random bytes are the system's to give, and who waits for the system gives the interpreter away: to threads that keep it for 5 ms.
    """
    return str(uuid.uuid5(uuid.UUID(session), str(order)))


def dict_of(execution: ExecutionInput) -> ExecutionInput:
    """The execution with its source within the contract's limit."""
    return {**execution, "source": cut(execution["source"], SOURCE_LIMIT)}


def _listed(names: Iterable[str]) -> list[str]:
    return sorted(name for name in names if utf16_length(name) <= KEY_LIMIT)[:_NAMES_LIMIT]


def _error_of(result: ExecutionResult | None) -> BaseException | None:
    if result is None:
        return KeyboardInterrupt()
    found = result.error_before_exec or result.error_in_exec
    return found if isinstance(found, BaseException) else None


def _status_of(result: ExecutionResult | None, error: BaseException | None) -> Literal["ok", "error", "aborted"]:
    if error is not None:
        return "aborted" if final_status(error) == "killed" else "error"
    return "ok" if result is not None and result.success else "error"
