"""What is told while a run is verified: to the server, so that it is seen there and can be stopped, and to whoever waits at a terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Literal, cast

from ..link import LinkError, Refused, ServerLink
from ..wire import Verdict, VerdictFindings, VerdictProgress
from .errors import Cancelled

Stage = Literal["snapshot", "environment", "data", "execute", "compare", "done"]
#: Seconds. The server takes one that is silent for five minutes for lost.
_HEARTBEAT = 10.0
_AT_MOST_EVERY = 0.5
_LAST_TRIES = 5


class Teller:
    """Tells how far one verification is. A thread says now and then that it lives, and hears whether it is still wanted."""

    def __init__(self, link: ServerLink, verdict_id: str, show: Callable[[str], None]) -> None:
        self.id = verdict_id
        self._link = link
        self._show = show
        self._progress: VerdictProgress = {"stage": "snapshot", "done": 0, "total": 0, "text": ""}
        self._shown = ""
        self._cancelled = False
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="cellkeep-verify", daemon=True)
        self._thread.start()

    def tell(self, stage: Stage, text: str = "", done: int = 0, total: int = 0) -> None:
        """Say where it is.

        Raises
        ------
        Cancelled
            Somebody has stopped it.
        """
        self.check()
        self._progress = {"stage": stage, "done": done, "total": total, "text": text[:1_000]}
        self._changed.set()
        if text and text != self._shown:
            self._shown = text
            self._show(f"{text} ({done}/{total})" if total else text)

    def check(self) -> None:
        """Whether to go on.

        Raises
        ------
        Cancelled
            Somebody has stopped it.
        """
        if self._cancelled:
            raise Cancelled

    def end(self, status: Literal["reproduced", "drifted", "failed", "cancelled"], findings: VerdictFindings | None) -> Verdict | None:
        """Store the end; None where the server does not take it, which is shown."""
        self.stop()
        body: dict[str, Any] = {"status": status, **({"findings": findings} if findings is not None else {})}
        for tries in range(_LAST_TRIES):
            try:
                return cast("Verdict", self._link.call("PATCH", f"verdicts/{self.id}", body))
            except Refused as error:
                self._show(f"the server refused the verdict: {error}")
                return None
            except LinkError as error:
                if tries == _LAST_TRIES - 1:
                    self._show(f"the verdict could not be stored: {error}")
                else:
                    time.sleep(2**tries / 2)
        return None

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._changed.wait(_HEARTBEAT)
            self._changed.clear()
            if self._stopping:
                return
            try:
                told = cast("Verdict", self._link.call("PATCH", f"verdicts/{self.id}", {"status": "running", "progress": self._progress}))
                self._cancelled = told["status"] != "running"
            except LinkError:
                pass  # it may come back; the end is told with more patience
            time.sleep(_AT_MOST_EVERY)
