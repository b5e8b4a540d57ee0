"""The five steps of a promotion, told while they go: to the server, and to whoever waits in the notebook or at a terminal."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Literal, cast

from ..link import LinkError, ServerLink
from ..session import now_ms
from .errors import Cancelled

Step = Literal["snapshot", "export", "check", "register", "serve"]
STEPS: tuple[Step, ...] = ("snapshot", "export", "check", "register", "serve")
_SIGNS = {"waiting": "·", "running": "…", "done": "✓", "failed": "✗", "skipped": "-"}
_HEARTBEAT = 10.0  # seconds; the server takes one that is silent for five minutes for lost
_TEXT_LIMIT = 1_000


class Teller:
    """Tells how far one promotion is. A thread tells the server, and hears whether it is still wanted.

    Parameters
    ----------
    link
        To the server.
    promotion_id
        Its id there.
    show
        Told the steps whenever one changes.
    """

    def __init__(self, link: ServerLink, promotion_id: str, show: Callable[[list[dict[str, Any]]], None]) -> None:
        self.id = promotion_id
        self._link = link
        self._show = show
        self.steps: list[dict[str, Any]] = [{"step": step, "status": "waiting", "text": ""} for step in STEPS]
        self._cancelled = False
        self._changed = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="cellkeep-promotion", daemon=True)
        self._thread.start()

    @contextlib.contextmanager
    def step(self, name: Step) -> Iterator[Callable[[str], None]]:
        """A step, for a ``with`` block that is given a function to say what is done; left by an error it has failed.

        Raises
        ------
        Cancelled
            Somebody has stopped it.
        """
        self.check()
        self._set(name, status="running", startedAt=now_ms())

        def say(text: str) -> None:
            self.check()
            self._set(name, text=text)

        try:
            yield say
        except BaseException as error:
            self._set(name, status="failed", text=_told(error), endedAt=now_ms())
            raise
        self._set(name, status="done", endedAt=now_ms())

    def say(self, name: Step, text: str) -> None:
        """A step goes on.

        Raises
        ------
        Cancelled
            Somebody has stopped it.
        """
        self.check()
        self._set(name, status="running", text=text)

    def skip(self, name: Step, text: str) -> None:
        """A step that is not needed."""
        self._set(name, status="skipped", text=text)

    def put(self, steps: list[dict[str, Any]]) -> None:
        """Steps as the server tells them."""
        if [(one["status"], one["text"]) for one in steps] != [(one["status"], one["text"]) for one in self.steps]:
            self.steps = [dict(one) for one in steps]
            self._show(self.steps)

    def check(self) -> None:
        """Whether to go on.

        Raises
        ------
        Cancelled
            Somebody has stopped it.
        """
        if self._cancelled:
            raise Cancelled("the promotion was cancelled")

    def _set(self, name: Step, **change: Any) -> None:
        one = next(one for one in self.steps if one["step"] == name)
        before = (one["status"], one["text"])
        if "text" in change:
            change["text"] = change["text"][:_TEXT_LIMIT]
        one.update(change)
        if (one["status"], one["text"]) != before:
            self._show(self.steps)
            self._changed.set()

    def tell(self, **more: Any) -> None:
        """Say now what is so, with further fields of ``promotionUpdate``.

        Raises
        ------
        LinkError
            The server does not take it.
        Cancelled
            Somebody has stopped it.
        """
        self._heard(cast("dict[str, Any]", self._link.call("PATCH", f"promotions/{self.id}", self._body(**more))))
        self.check()

    def fail(self, error: BaseException) -> None:
        """Tell the end; where the server does not take it, it finds out by itself."""
        is_stop = isinstance(error, Cancelled | KeyboardInterrupt)
        for one in self.steps:
            if one["status"] == "waiting":
                one["status"] = "skipped"
        with contextlib.suppress(LinkError):
            if is_stop:
                self._link.call("POST", f"promotions/{self.id}/cancel", {"id": self.id})
            else:
                self._link.call("PATCH", f"promotions/{self.id}", self._body(status="failed", error=_told(error)[:8_000]))

    def stop(self) -> None:
        """End the thread."""
        self._stopping = True
        self._changed.set()
        self._thread.join()

    def _body(self, **more: Any) -> dict[str, Any]:
        told = [{key: value for key, value in one.items() if value is not None} for one in self.steps if one["step"] != "serve"]
        return {"id": self.id, "steps": told, **more}

    def _heard(self, promotion: dict[str, Any]) -> None:
        self._cancelled = self._cancelled or promotion["status"] not in ("queued", "running", "done")

    def _run(self) -> None:
        while not self._stopping:
            self._changed.wait(_HEARTBEAT)
            self._changed.clear()
            if self._stopping:
                return
            with contextlib.suppress(LinkError):  # it may come back; what decides is told by ``tell``
                self._heard(cast("dict[str, Any]", self._link.call("PATCH", f"promotions/{self.id}", self._body())))


def _told(error: BaseException) -> str:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return " ".join((str(error) or type(error).__name__).split())


def line_of(name: str, steps: list[dict[str, Any]]) -> str:
    """The steps in one line.

    Examples
    --------
    >>> line_of("late", [{"step": "snapshot", "status": "done", "text": ""}, {"step": "export", "status": "running", "text": "ONNX"}])
    'late   ✓ snapshot   … export (ONNX)'
    """
    parts = [f"{_SIGNS[one['status']]} {one['step']}" + (f" ({one['text']})" if one["text"] else "") for one in steps]
    return "   ".join([name, *parts])


class Shown:
    """Shows the steps of one promotion: in a notebook one line that is updated, at a terminal a line for each step."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._display = _display_of_kernel()
        self._id = f"cellkeep-{uuid.uuid4()}"
        self._begun = False
        self._told: set[tuple[str, str]] = set()
        self._started = time.monotonic()

    def __call__(self, steps: list[dict[str, Any]]) -> None:
        """Show them as they are now."""
        if self._display is not None:
            self._display({"text/plain": line_of(self._name, steps)}, self._id, self._begun)
            self._begun = True
            return
        for one in steps:
            key = (one["step"], one["status"])
            if one["status"] in ("done", "failed", "skipped") and key not in self._told:
                self._told.add(key)
                text = f": {one['text']}" if one["text"] else ""
                print(f"{time.monotonic() - self._started:6.1f} s  {_SIGNS[one['status']]} {one['step']}{text}", file=sys.stderr)


def _display_of_kernel() -> Callable[[dict[str, str], str, bool], None] | None:
    """Shows or updates a plain output of the cell that runs; None where this is no kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or getattr(shell, "kernel", None) is None:
        return None
    from IPython.display import display

    def show(data: dict[str, str], identity: str, again: bool) -> None:
        display(data, raw=True, display_id=identity, update=again)

    return show
