"""One kernel or script process: what it is, where it runs and which notebook it belongs to."""

from __future__ import annotations

import os
import platform
import socket
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from .values import cut
from .wire import NAME_LIMIT, SessionInput


def now_ms() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


@dataclass
class Session:
    """A process that runs cells or a script. ``notebook_path`` is Jupyter's contents path where Jupyter's root is known."""

    kind: Literal["notebook", "script", "console"]
    notebook_path: str | None
    script: str | None
    kernel: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: int = field(default_factory=now_ms)
    announced: bool = False

    @property
    def stem(self) -> str:
        """Name of the notebook or script without folder and extension: the default experiment; empty where there is neither."""
        path = self.notebook_path or self.script
        return cut(Path(path).stem, NAME_LIMIT) if path else ""

    def record(self) -> SessionInput:
        """The session as the contract wants it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "notebookPath": self.notebook_path,
            "script": self.script,
            "kernel": cut(self.kernel, NAME_LIMIT),
            "python": platform.python_version(),
            "host": cut(host_name(), NAME_LIMIT),
            "pid": os.getpid(),
            "startedAt": self.started_at,
        }


def host_name() -> str:
    """Name of this machine."""
    return socket.gethostname()


def detect_session() -> Session:
    """What this process is, from its environment, its main module and IPython where that is loaded."""
    kernel = _kernel_version()
    if kernel:
        path = notebook_path()
        kind: Literal["notebook", "console"] = "notebook" if path or not _named_as_console() else "console"
        return Session(kind, path, None, kernel)
    interpreter = f"Python {platform.python_version()}"
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    if hasattr(sys, "ps1"):
        return Session("console", None, None, interpreter)
    return Session("script", None, os.path.abspath(main)[:4096] if main else None, interpreter)


def _kernel_version() -> str:
    """``ipykernel 7.1.0`` in a kernel, else an empty text; asks only modules that are loaded already."""
    module = sys.modules.get("ipykernel")
    if module is None or "ipykernel.kernelapp" not in sys.modules:
        return ""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return f"ipykernel {module.__version__}" if hasattr(shell, "kernel") else ""


def _named_as_console() -> bool:
    """Jupyter names the session of a console after the console, not after a notebook."""
    return bool(os.environ.get("JPY_SESSION_NAME"))


def notebook_path() -> str | None:
    """The notebook of this kernel as Jupyter names it, else as an absolute path, else None.

    Jupyter puts an absolute path into ``JPY_SESSION_NAME`` when it starts the kernel; below ``CELLKEEP_JUPYTER_ROOT`` that becomes the
    contents path (``examples/flights.ipynb``). VS Code sets a variable in the namespace. Headless runners say nothing.
    """
    named = os.environ.get("JPY_SESSION_NAME") or _vscode_notebook()
    if not named or not named.endswith(".ipynb"):
        return None
    root = os.environ.get("CELLKEEP_JUPYTER_ROOT")
    if root:
        path, base = os.path.realpath(named), os.path.realpath(root)
        if os.path.commonpath([path, base]) == base and path != base:
            return os.path.relpath(path, base).replace(os.sep, "/")
    return named[:4096]


def _vscode_notebook() -> str | None:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    found = getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__")
    return found if isinstance(found, str) else None
