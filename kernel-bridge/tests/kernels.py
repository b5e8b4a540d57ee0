"""A real ipykernel in a process of its own, driven as JupyterLab drives it."""

from __future__ import annotations

import os
import queue
import signal
import time
from typing import Any

from jupyter_client.manager import KernelManager

SECONDS = 60.0


class Reply:
    """What a cell has shown."""

    def __init__(self) -> None:
        self.text = ""
        self.html = ""
        self.error: str | None = None
        self.execution_count: int | None = None


class Kernel:
    """Cells run with ids, as JupyterLab sends them; comm messages are kept as they come."""

    def __init__(self, **env: str) -> None:
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(env={**os.environ, **env})
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(timeout=SECONDS)
        self.comm: list[dict[str, Any]] = []

    @property
    def pid(self) -> int:
        provisioner: Any = self._manager.provisioner
        return int(provisioner.pid)

    def begin(self, code: str, cell: str | None = None, **content: object) -> str:
        """Send a cell and return at once with the request's id."""
        request = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": True,
            **content,
        }
        message = self._client.session.msg("execute_request", request, metadata={"cellId": cell} if cell else {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def finish(self, request: str) -> Reply:
        """Wait for the end of a cell."""
        reply = Reply()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            message = self._next(1.0)
            if message is None or message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                reply.text += content["text"]
            elif kind in ("execute_result", "display_data"):
                reply.text += content["data"].get("text/plain", "")
                reply.html += content["data"].get("text/html", "")
            elif kind == "execute_input":
                reply.execution_count = content["execution_count"]
            elif kind == "error":
                reply.error = content["ename"]
            elif kind == "status" and content["execution_state"] == "idle":
                return reply
        raise AssertionError(f"the cell did not end within {SECONDS:g} s")

    def run(self, code: str, cell: str | None = None, **content: object) -> Reply:
        """Run a cell to its end."""
        return self.finish(self.begin(code, cell, **content))

    def wait_for_stream(self, text: str) -> None:
        """Wait until a running cell has printed this."""
        end = time.monotonic() + SECONDS
        seen = ""
        while time.monotonic() < end:
            message = self._next(1.0)
            if message is not None and message["msg_type"] == "stream":
                seen += message["content"]["text"]
                if text in seen:
                    return
        raise AssertionError(f"the cell did not print {text!r}; it printed {seen!r}")

    def _next(self, timeout: float) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = self._client.get_iopub_msg(timeout=timeout)
        except queue.Empty:
            return None
        if message["msg_type"] == "comm_msg":
            self.comm.append(message["content"]["data"])
        return message

    def open_comm(self, data: dict[str, Any]) -> str:
        """As the extension does."""
        message = self._client.session.msg("comm_open", {"comm_id": "from-test", "target_name": "cellkeep", "data": data})
        self._client.shell_channel.send(message)
        return "from-test"

    def send_comm(self, comm: str, data: dict[str, Any]) -> None:
        self._client.shell_channel.send(self._client.session.msg("comm_msg", {"comm_id": comm, "data": data}))

    def wait_for_comm(self, **fields: object) -> dict[str, Any]:
        """The next comm message in which these fields have these values."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            while self.comm:
                found = self.comm.pop(0)
                if all(found.get(name) == value for name, value in fields.items()):
                    return found
            self._next(0.2)
        raise AssertionError(f"no comm message with {fields}")

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Shut down as Jupyter does: ask first."""
        self._client.stop_channels()
        if self._manager.has_kernel:
            self._manager.shutdown_kernel()
        self._manager.cleanup_resources()
        self._client.context.destroy()
