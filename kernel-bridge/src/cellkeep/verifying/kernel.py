"""A kernel of the chosen interpreter, to which recorded executions are sent one after the other, as an editor would send them."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..linking import link_package
from ..snapshots.outputs import CellOutputs, Output
from .errors import CannotVerify, Failed

_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_START = 120.0  # seconds; a first import of ipykernel on a cold disk
_END = 10.0
_POLL = 0.2
_LAST_WORDS = 2_000

#: Runs in the kernel, unseen. The recorded folder comes last: the scratch folder has copies of what was read.
_PREPARE = """
def _cellkeep_prepare(folder):
    import sys
    from IPython import get_ipython
    shell = get_ipython()
    for name in ("pip", "uv", "conda", "mamba", "micromamba"):  # by the stubs at the front of the path, as `!pip` is
        shell.register_magic_function(lambda line, name=name: shell.system(name + " " + line), "line", name)
    if folder and folder not in sys.path:
        sys.path.append(folder)
    shell.extension_manager.load_extension("cellkeep")
_cellkeep_prepare({folder!r})
del _cellkeep_prepare
"""


@dataclass
class Executed:
    """What an execution has shown. ``error`` is (name, message, traceback); times are milliseconds since the epoch."""

    outputs: CellOutputs
    started: float
    ended: float = 0.0
    error: tuple[str, str, str] | None = None


class VerifyKernel:
    """One process.

    Parameters
    ----------
    python, work, variables
        Interpreter, working folder and environment.
    root
        Scratch folder for what belongs to the kernel itself.
    own_group
        In a process group of its own, so that Ctrl-C in a terminal does not reach it first.
    check
        Called several times a second while a cell runs; what it raises ends the wait.
    """

    def __init__(
        self,
        python: str,
        work: Path,
        root: Path,
        variables: Mapping[str, str],
        own_group: bool,
        check: Callable[[], None],
    ) -> None:
        try:
            from jupyter_client import BlockingKernelClient, write_connection_file
        except ImportError as error:
            raise CannotVerify("executing cells needs jupyter_client; install ipykernel beside cellkeep") from error
        link_package(root / "bridge")
        self._own_group = own_group
        self._check = check
        file = root / "kernel.json"
        write_connection_file(str(file), ip="127.0.0.1")
        self._log = root / "kernel.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [python, "-m", "ipykernel_launcher", "-f", str(file)],
                cwd=work,
                env={**variables, "JPY_PARENT_PID": str(os.getpid())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=own_group,
            )
        self._client: Any = BlockingKernelClient(connection_file=str(file))
        self._displays: dict[str, list[Output]] = {}
        try:
            self._client.load_connection_file()
            self._client.start_channels()
            self._wait_for_start()
        except BaseException:
            self.close()
            raise

    def _wait_for_start(self) -> None:
        end = time.monotonic() + _START
        while True:
            if self._process.poll() is not None:
                raise Failed("KernelDied", f"the kernel did not start: {self._last_words()}")
            try:
                self._client.wait_for_ready(timeout=1)
                return
            except RuntimeError as error:
                if time.monotonic() > end:
                    raise Failed("KernelDied", f"the kernel did not answer within {_START:g} s: {self._last_words()}") from error

    def prepare(self, folder: str) -> None:
        """Load the bridge, unless the environment's own configuration has, and let modules beside the notebook be found."""
        request = self._send(_PREPARE.format(folder=folder), None, silent=True)
        done = self._finish(request, Executed(CellOutputs(), 0), time.monotonic() + _START)
        if done.error is not None:
            raise Failed("BridgeNotLoaded", f"cellkeep cannot be loaded in that environment: {done.error[0]}: {done.error[1]}")

    def run(self, source: str, cell_id: str | None, deadline: float, interrupt_after: float | None = None) -> Executed:
        """Execute one cell to its end.

        Parameters
        ----------
        source
            What the cell holds.
        cell_id
            As the editor would tell it.
        deadline
            ``time.monotonic()`` after which it is given up.
        interrupt_after
            Seconds after which it is interrupted, as a person has done.

        Raises
        ------
        Failed
            The kernel died, or the time was up.
        """
        executed = Executed(CellOutputs(), time.time() * 1000)
        request = self._send(source, cell_id)
        self._finish(request, executed, deadline, interrupt_after)
        executed.ended = time.time() * 1000
        return executed

    def _send(self, source: str, cell_id: str | None, silent: bool = False) -> str:
        content = {
            "code": source,
            "silent": silent,
            "store_history": not silent,
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        message = self._client.session.msg("execute_request", content, metadata={"cellId": cell_id} if cell_id else {})
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def _finish(self, request: str, executed: Executed, deadline: float, interrupt_after: float | None = None) -> Executed:
        interrupt_at = None if interrupt_after is None else time.monotonic() + interrupt_after
        while True:
            self._check()
            now = time.monotonic()
            if now > deadline:
                raise Failed("Timeout", "the time for this verification was up; give it more with --timeout")
            if interrupt_at is not None and now > interrupt_at:
                interrupt_at = None
                self._process.send_signal(signal.SIGINT)
            try:
                message = self._client.get_iopub_msg(timeout=_POLL)
            except queue.Empty:
                if self._process.poll() is not None:
                    raise Failed("KernelDied", f"the kernel ended in this cell: {self._last_words()}") from None
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "update_display_data":
                for output in self._displays.get(str((content.get("transient") or {}).get("display_id")), ()):
                    output.show(content, len(str(content)))
                continue
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                return executed
            if kind in ("stream", "display_data", "execute_result", "error", "clear_output"):
                self._take(kind, content, executed)

    def _take(self, kind: str, content: dict[str, Any], executed: Executed) -> None:
        display_id = (content.get("transient") or {}).get("display_id")
        made = executed.outputs.take(kind, content, len(str(content)) if kind != "stream" else len(content["text"]))
        if made is not None and isinstance(display_id, str):
            self._displays.setdefault(display_id, []).append(made)
        if kind == "error":
            traceback = _ESCAPE.sub("", "\n".join(content.get("traceback") or []))
            executed.error = (str(content.get("ename", "")), str(content.get("evalue", "")), traceback)

    def _last_words(self) -> str:
        """How the process ended, and what it wrote beside its messages."""
        code = self._process.poll()
        how = "it runs" if code is None else f"it was ended by signal {-code}" if code < 0 else f"it ended with {code}"
        with contextlib.suppress(OSError):
            lines = [line for line in _ESCAPE.sub("", self._log.read_text("utf-8", "replace")).splitlines() if line.strip()]
            told = "\n".join(line for line in lines if "without encryption" not in line)[-_LAST_WORDS:]
            return f"{how}; it wrote: {told}" if told else how
        return how

    def shut_down(self) -> None:
        """Ask the kernel to end, so that the bridge writes what it has; whatever is left of it is ended by ``close``."""
        with contextlib.suppress(Exception):  # it may be gone already, in any of the client's ways
            self._client.shutdown(reply=False)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END)

    def close(self) -> None:
        """End the process and all that it has started, and close the sockets."""
        if self._own_group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._client.stop_channels()
        context = self._client.context
        if context is not None:
            context.destroy(linger=0)
