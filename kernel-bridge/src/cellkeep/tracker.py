"""The one tracker of this process: joins session, journal, spool and sender, and ends them in order.

It is made when it is first needed and made anew in a forked child, which writes to a spool of its own and logs to its parent's runs.
"""

from __future__ import annotations

import _thread
import atexit
import logging
import os
import signal
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import active, settings
from .forks import has_forked
from .git import GitProbe
from .journal import Deferred, Journal, report_once
from .outbox import Outbox
from .sender import Sender
from .session import Session, detect_session, host_name, now_ms
from .snapshots.parts import SentParts
from .snapshots.taking import Snapshots
from .spool import Spool
from .wire import IngestRecord

if TYPE_CHECKING:
    from .runs import Run
    from .system import Pulse

logger = logging.getLogger("cellkeep")
_RECENT_RUNS = 50
_PROBLEM_SHOWN = 60.0  # seconds


@dataclass
class Executing:
    """The execution that runs now in the main thread."""

    id: str
    cell_id: str | None
    count: int | None


class Tracker:
    """State of one process. Listeners are called from worker threads, at most five times a second, when something changed."""

    def __init__(self, session: Session, inherited: Session | None = None) -> None:
        self.session = inherited or session
        self.is_child = inherited is not None
        self.experiment: str | None = None
        self.executing: Executing | None = None
        self.implicit: Run | None = None
        self.recent: list[Run] = []
        self.listeners: list[Callable[[], None]] = []
        self._problem: str | None = None
        self._problem_until = 0.0
        self.uncaught: BaseException | None = None
        self.git = GitProbe()
        self.pulse: Pulse | None = None
        self.report = report_once(set(), self._show)
        self._changed = False
        self._spool: Spool | None = None
        self._outbox: Outbox | None = None
        self._spool_mutex = threading.Lock()
        self._closed = False
        self.after_write: list[Callable[[], None]] = []
        """Called in the journal's thread after each write to the spool, at least every five seconds once something was recorded."""
        self.last_order: int | None = None
        """Order of the execution of this session that began last."""
        self.parts = SentParts(lambda: self.outbox, lambda: self._spool.writer if self._spool is not None else "")
        self.snapshots = Snapshots(self)
        self.root = settings.spool_root()
        self.journal = Journal(self._open_spool, self._after_write, self.report)
        self.sender = Sender(self.root, self.changed, self.report)

    def _show(self, problem: str) -> None:
        """One line, once a kind: to the log (a cell shows it on stderr) and into the state."""
        self._problem, self._problem_until = problem, time.monotonic() + _PROBLEM_SHOWN
        self._changed = True
        logger.warning("%s", problem)

    @property
    def problem(self) -> str | None:
        """What has gone wrong in the last minute."""
        return self._problem if time.monotonic() < self._problem_until else None

    def changed(self) -> None:
        """Tell the listeners, soon and from a worker thread."""
        self._changed = True
        if not self._closed and (self._spool is not None or self.listeners):
            self.journal.touch()

    def connect(self, wait: float = 0.0) -> None:
        """Look for the server although nothing is to be sent yet: somebody wants to know.

        Parameters
        ----------
        wait
            Seconds to wait for its first answer.
        """
        if not self._closed:
            self.sender.start()
            if wait:
                self.sender.wait_until_known(wait)

    def _after_write(self) -> None:
        if self._spool is not None:
            self.sender.wake()
        for call in list(self.after_write):
            try:
                call()
            except Exception as error:
                self.report(f"recording failed: {type(error).__name__}: {error}")
        if self._changed:
            self._changed = False
            for listener in list(self.listeners):
                try:
                    listener()
                except Exception as error:  # a broken channel to the browser must not end the recording
                    logger.debug("a listener failed: %s", type(error).__name__)

    def _open_spool(self) -> tuple[Spool, Outbox]:
        with self._spool_mutex:
            if self._spool is None or self._outbox is None:
                spool = self._created_spool()
                self._spool, self._outbox = spool, Outbox(spool)
                self.sender.attach(spool, self._outbox)
            return self._spool, self._outbox

    def _created_spool(self) -> Spool:
        try:
            server = settings.current_server()
        except settings.InvalidSettings:
            server = None
        meta: dict[str, object] = {
            "pid": os.getpid(),
            "host": host_name(),
            "startedAt": now_ms(),
            "url": server.url if server else None,
        }
        try:
            return Spool.create(self.root, meta, settings.spool_limit())
        except OSError as error:
            other = _private_folder() / "spool"
            self.report(f"the spool cannot be kept in {self.root} ({error.strerror}); it is in {other}, where a restart may remove it")
            return Spool.create(other, meta, settings.spool_limit())

    @property
    def outbox(self) -> Outbox:
        """The artifacts of this process.

        Raises
        ------
        OSError
            No spool can be made.
        """
        return self._open_spool()[1]

    @property
    def waiting(self) -> int:
        """Records that the server has not acknowledged, artifacts included."""
        spool = self._spool.waiting_records if self._spool is not None else 0
        return spool + self.journal.held_records + (len(self._outbox) if self._outbox is not None else 0)

    def record(self, make: Deferred) -> None:
        """Record what ``make`` returns, in order with everything else; it is called in the journal's thread."""
        self.journal.append(make)

    def announce(self) -> Iterable[IngestRecord]:
        """The session's first record, once."""
        if self.session.announced or self.is_child:
            return ()
        self.session.announced = True
        return ({"type": "session.start", "session": self.session.record()},)

    def move_notebook(self, path: str) -> None:
        """The notebook has another path now (contents path, or absolute)."""
        if not path or path == self.session.notebook_path or len(path) > 4_096:
            return
        self.session.notebook_path = path
        self.session.kind = "notebook"
        if self.session.announced:
            session = self.session.id
            self.record(lambda: ({"type": "session.move", "sessionId": session, "notebookPath": path},))

    def default_experiment(self) -> str | None:
        """What ``cellkeep.experiment`` said, else the notebook's or script's name; None leaves it to the server."""
        return self.experiment or self.session.stem or None

    def remember(self, run: Run) -> None:
        """Keep a run among those that the state names."""
        self.recent = [*self.recent[-_RECENT_RUNS + 1 :], run]
        if self.pulse is None:
            from .system import Pulse

            self.pulse = Pulse(self)
        self.pulse.start()
        self.changed()

    def flush(self, timeout: float, give_up_offline: bool = False) -> bool:
        """Bring everything recorded so far to the server.

        Returns
        -------
        bool
            Whether the server has acknowledged all of it within ``timeout`` seconds.
        """
        if not self.journal.flush(timeout):
            return False
        self.sender.retry_now()
        return self.sender.wait_until_delivered(timeout, give_up_offline) and self.journal.held_records == 0

    def close(self) -> None:
        """End what is open, send what can be sent in time, and let go of the spool. Safe to call twice."""
        if self._closed:
            return
        for run in active.open_runs():
            run.end_at_exit(self.uncaught)
        if self.session.announced and not self.is_child:
            session, at = self.session.id, now_ms()
            self.record(lambda: ({"type": "session.end", "sessionId": session, "at": at},))
        if self.pulse is not None:
            self.pulse.stop()
        self.snapshots.close(settings.exit_timeout())
        self.journal.stop(10.0)
        self._closed = True
        if self._spool is None:
            self.sender.stop(1.0)
            return
        if has_forked.is_set():
            self.sender.adopt_last()
        self.sender.retry_now()  # a server that is back is not to be missed because a delay runs
        delivered = self.sender.wait_until_delivered(settings.exit_timeout(), give_up_offline=True)
        delivered = delivered and self.journal.held_records == 0
        waiting = self.waiting
        self.sender.stop(1.0)
        self._spool.close(remove=delivered)
        lost = self.journal.held_records + self.journal.dropped
        if lost:
            logger.warning("%d records are lost: the spool could not grow (%s)", lost, self._problem)
        if not delivered and not self.is_child:
            reason = self.sender.error or "the server did not answer in time"
            logger.warning("%d records wait in %s (%s); `cellkeep sync` sends them", waiting, self._spool.folder, reason)

    def forget_after_fork(self) -> None:
        """In a forked child: let go of the parent's files."""
        if self._spool is not None:
            self._spool.forget_after_fork()


def _private_folder() -> Path:
    """A folder for temporary files that is this user's alone; others may write into its parent."""
    folder = Path(tempfile.gettempdir()) / f"cellkeep-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077:
        return folder
    return Path(tempfile.mkdtemp(prefix="cellkeep-"))


_current: Tracker | None = None
_mutex = threading.RLock()
_inherited_session: Session | None = None


def tracker() -> Tracker:
    """The tracker of this process."""
    return _current if _current is not None else _make()


def existing_tracker() -> Tracker | None:
    """The tracker, if something has needed it already."""
    return _current


def _make() -> Tracker:
    global _current
    with _mutex:
        if _current is None:
            _current = Tracker(detect_session(), _inherited_session)
            multiprocessing = sys.modules.get("multiprocessing")
            if multiprocessing is not None and multiprocessing.parent_process() is not None:
                # A forked worker ends with os._exit, which runs no atexit functions, but multiprocessing's own.
                from multiprocessing.util import Finalize

                Finalize(None, _close, exitpriority=10)
                _write_before_termination()
        return _current


def _write_before_termination() -> None:
    """A pool ends its workers by SIGTERM: what is in the buffer is written to the spool first, for the parent to send."""
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def write_and_end(number: int) -> None:
        if _current is not None:
            _current.journal.stop(5.0)  # under load its thread may wait long for the processor
        os.kill(os.getpid(), number)

    def terminate(number: int, _frame: object) -> None:
        # Not here: the signal may have interrupted this very thread while it holds a lock of the journal. And not by `threading`,
        # whose own lock it may hold as well.
        signal.signal(number, signal.SIG_DFL)
        _thread.start_new_thread(write_and_end, (number,))

    signal.signal(signal.SIGTERM, terminate)


def _close() -> None:
    if _current is not None:
        _current.close()


def _after_fork_in_child() -> None:
    global _current, _mutex, _inherited_session
    _mutex = threading.RLock()
    runs = active.forget_after_fork()
    if _current is not None:
        _current.forget_after_fork()
        _inherited_session = _current.session
        _current = None
    for run in runs:
        run.inherit()


def _watch_uncaught() -> None:
    before = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, frames: object) -> None:
        if _current is not None:
            _current.uncaught = error
        before(kind, error, frames)  # type: ignore[arg-type]

    sys.excepthook = hook


atexit.register(_close)
os.register_at_fork(after_in_child=_after_fork_in_child)
_watch_uncaught()
