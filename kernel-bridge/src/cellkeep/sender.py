"""Two threads that bring the spool to the server: batches at once, artifacts beside them so that a large file delays no point.

While the server is away they wait longer and longer (with jitter, so that a hundred kernels do not return in one instant), at most ten
seconds. They also take over the spools of dead processes of this user.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from .delivery import adoptable, bind, deliver_artifact, deliver_batch
from .link import LinkError, ServerAway, ServerLink, TokenRefused
from .outbox import Outbox
from .settings import InvalidSettings, Server, current_server
from .spool import Spool

ServerState = Literal["online", "offline", "unconfigured"]

_FIRST_DELAY = 0.25  # seconds
_LONGEST_DELAY = 10.0
_ADOPT_EVERY = 20.0
#: How often the settings are looked at while nothing is configured or the token is refused: a person may log in meanwhile.
_SETTINGS_EVERY = 2.0
NOT_CONFIGURED = "no server is configured: run `cellkeep login URL` in a terminal, or set CELLKEEP_URL and CELLKEEP_TOKEN"


class Sender:
    """Delivery of one process's spool. ``changed`` is called, from its threads, whenever state or waiting records change."""

    def __init__(self, root: Path, changed: Callable[[], None], report: Callable[[str], None]) -> None:
        self.state: ServerState = "offline"
        self.error: str | None = None
        self._known = False
        self._own_bound = False
        self.server: Server | None = None
        self._root = root
        self._changed = changed
        self._report = report
        self._own: tuple[Spool, Outbox] | None = None
        self._adopted: list[tuple[Spool, Outbox]] = []
        self._link: ServerLink | None = None
        self._workspace = ""
        self._mutex = threading.Lock()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Condition()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._failures = 0
        self._next_adoption = 0.0
        self._adopting_last = False
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to talk to the server, unless that has begun."""
        with self._mutex:
            if self._threads or self._stopping.is_set():
                return
            self._threads = [
                threading.Thread(target=self._deliver_batches, name="cellkeep-send", daemon=True),
                threading.Thread(target=self._deliver_artifacts, name="cellkeep-upload", daemon=True),
            ]
        for thread in self._threads:
            thread.start()

    def attach(self, spool: Spool, outbox: Outbox) -> None:
        """Deliver this process's spool from now on."""
        self._own = (spool, outbox)
        self._own_bound = False
        self.start()

    def wait_until_known(self, timeout: float) -> None:
        """Wait, at most ``timeout`` seconds, until the server has answered or is known to be away."""
        with self._idle:
            self._idle.wait_for(lambda: self._known, timeout)

    def wake(self) -> None:
        """There is something to send."""
        self._wake.set()
        self._work.set()

    def retry_now(self) -> None:
        """Do not wait out the delay after a failure: a person is looking."""
        self._failures = 0
        self._hurry.set()
        self.wake()

    def wait_until_delivered(self, timeout: float, give_up_offline: bool = False) -> bool:
        """Wait until everything of this process is acknowledged.

        Parameters
        ----------
        timeout
            Seconds.
        give_up_offline
            Return as soon as the server is known to be away.
        """
        end = time.monotonic() + timeout
        with self._idle:
            while not self.delivered:
                left = end - time.monotonic()
                away = self.state == "unconfigured" or (self.state == "offline" and self._failures > 1)
                if left <= 0 or (give_up_offline and away):
                    return False
                self._idle.wait(min(left, 0.5))
        return True

    @property
    def delivered(self) -> bool:
        """Nothing of this process waits; at its end, nothing of its children either."""
        if self._adopting_last and (self._adopted or time.monotonic() >= self._next_adoption):
            return False
        return self._own is None or (self._own[0].waiting_records == 0 and len(self._own[1]) == 0)

    def adopt_last(self) -> None:
        """The process ends: take over at once what its children have left."""
        self._adopting_last = True
        self._next_adoption = 0.0
        self.wake()

    def stop(self, timeout: float) -> None:
        """End both threads; what was not sent stays in the spool."""
        self._stopping.set()
        self._hurry.set()
        self.wake()
        for thread in self._threads:
            thread.join(timeout)
        if self._link is not None:
            self._link.close()
        for spool, _ in self._adopted:
            spool.close(remove=False)

    def _deliver_batches(self) -> None:
        while not self._stopping.is_set():
            delay = _ADOPT_EVERY
            try:
                link = self._connected()
                if link is None:
                    delay = _SETTINGS_EVERY
                else:
                    self._send_all(link)
            except (LinkError, InvalidSettings) as error:
                delay = self._failed(error)
            except Exception as error:  # the spool's own disk; whatever it is, this thread goes on
                delay = self._failed(ServerAway(f"sending failed: {type(error).__name__}: {error}"))
            # After a failure new records do not shorten the delay; a person who asks does.
            signal = self._wake if self.state == "online" else self._hurry
            signal.wait(delay)
            signal.clear()

    def _connected(self) -> ServerLink | None:
        """The link, once the server has said whose workspace it is; None where no server is configured."""
        if self._link is not None and self.state == "online":
            self._bind_own(self._link)
            return self._link
        server = current_server()
        if server is None:
            self._set_state("unconfigured", NOT_CONFIGURED)
            return None
        with self._mutex:
            if self._link is None or self._link.server != server:
                if self._link is not None:
                    self._link.close()
                self._link = ServerLink(server)
                self.server = server
            link = self._link
        self._workspace = workspace_of(link)
        self._bind_own(link)
        self._failures = 0
        self._set_state("online", None)
        self._work.set()
        return link

    def _bind_own(self, link: ServerLink) -> None:
        if self._own is not None and not self._own_bound:
            bind(self._own[0], link, self._workspace)
            self._own_bound = True

    def _send_all(self, link: ServerLink) -> None:
        while not self._stopping.is_set():
            if self._own is not None and self._own_bound and deliver_batch(*self._own, link, self._report):
                self._progress()
            elif not self._send_adopted(link):
                return

    def _send_adopted(self, link: ServerLink) -> bool:
        if time.monotonic() >= self._next_adoption:
            self._next_adoption = time.monotonic() + _ADOPT_EVERY
            found = adoptable(self._root, link.server.url, self._workspace)
            with self._mutex:
                self._adopted += found
        for spool, outbox in self._adopted:
            if deliver_batch(spool, outbox, link, self._report):
                self._work.set()
                return True
            if len(outbox) == 0:
                with self._mutex:
                    self._adopted.remove((spool, outbox))
                spool.close(remove=True)
                return True
        with self._idle:
            self._idle.notify_all()
        return False

    def _deliver_artifacts(self) -> None:
        failures = 0
        while not self._stopping.is_set():
            link = self._link if self.state == "online" else None
            sent = False
            try:
                sent = link is not None and self._send_artifact(link)
            except Exception as error:
                # The state is the other thread's to tell: an upload may fail alone, where the blobs' disk is full.
                failures += 1
                self.error = f"an artifact waits: {error}"
                self._changed()
                self._stopping.wait(_backoff(failures))
                continue
            if sent:
                if failures:
                    failures, self.error = 0, None
                self._wake.set()
                self._progress()
            else:
                self._work.wait()
                self._work.clear()

    def _send_artifact(self, link: ServerLink) -> bool:
        with self._mutex:
            outboxes = [outbox for _, outbox in ([self._own] if self._own else []) + self._adopted]
        return any(deliver_artifact(outbox, link, self._report) for outbox in outboxes)

    def _progress(self) -> None:
        self._work.set()
        with self._idle:
            self._idle.notify_all()
        self._changed()

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        self._set_state("offline", str(error))
        if isinstance(error, TokenRefused):
            if error.status == 401:  # a person who may not write would log in as the same one
                self.error = f"{str(error).rstrip('.')}. Run `cellkeep login` again."
            return _SETTINGS_EVERY
        return _backoff(self._failures)

    def _set_state(self, state: ServerState, error: str | None) -> None:
        if (state, error) != (self.state, self.error):
            self.state, self.error = state, error
            self._changed()
        with self._idle:
            self._known = True
            self._idle.notify_all()


def _backoff(failures: int) -> float:
    """Seconds to wait after this many failures in a row."""
    longest = min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(failures, 10))
    return random.uniform(longest / 2, longest)


def workspace_of(link: ServerLink) -> str:
    """Id of the workspace that the token opens.

    Raises
    ------
    LinkError
        The server is away, refuses the token or is none of ours.
    """
    answer = link.call("GET", "me")
    workspace = answer.get("workspace") if isinstance(answer, dict) else None
    if not isinstance(workspace, dict) or not isinstance(workspace.get("id"), str):
        raise ServerAway(f"{link.server.url} does not answer as a Cellkeep server; check the address")
    return str(workspace["id"])
