"""Variables of a kernel, kept on the server and brought back in a fresh kernel.

``pickles.py`` turns variables into bytes and back; ``sharing.py`` finds which of them share objects and so must travel together;
``keep.py`` stores what the server does not have yet; ``bring_back.py`` loads it, and makes anew, by executing their cells, those that
cannot be stored. What always holds: nothing is unpickled before it is said whose code would run; a part is used only if its bytes have
the digest that names it.
"""

from __future__ import annotations

from .bring_back import Restored, UntrustedCheckpoint, restore
from .keep import Checkpoint, CheckpointError, checkpoint

__all__ = ["Checkpoint", "CheckpointError", "Restored", "UntrustedCheckpoint", "checkpoint", "restore"]
