"""What happens when a kernel loads the extension ``cellkeep``: hooks, comm target, magic,
MLflow's address. Nothing heavy; no thread starts here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import comm, magic, mlflow_plugin
from .recorder import Recorder

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_loaded: tuple[Recorder, comm.Channels | None] | None = None
_recorder: Recorder | None = None  # outlives an unload: it knows how many cells there were


def load(shell: InteractiveShell) -> None:
    """Begin to record in this shell; a second call changes nothing. Of several shells of a process the last one is recorded."""
    global _loaded, _recorder
    if _loaded is not None:
        if _loaded[0].shell is shell:
            return
        unload(_loaded[0].shell)
    if _recorder is None or _recorder.shell is not shell:
        _recorder = Recorder(shell, _recorder.order if _recorder is not None else 0)
    _recorder.connect()
    magic.register(shell)
    mlflow_plugin.configure()
    _loaded = (_recorder, comm.register(shell))


def is_loaded() -> bool:
    """Whether a shell of this process is being recorded."""
    return _loaded is not None


def recorder() -> Recorder | None:
    """The recorder of this process; None before the extension was loaded."""
    return _recorder


def unload(shell: InteractiveShell) -> None:
    """Stop recording; what was recorded is still sent."""
    global _loaded
    if _loaded is None:
        return
    recorder, channels = _loaded
    recorder.disconnect()
    if channels is not None:
        shell.kernel.comm_manager.unregister_target(comm.TARGET, channels.opened)
        channels.close()
    shell.magics_manager.magics["line"].pop("cellkeep", None)
    _loaded = None
