"""Cells, outputs and diffs on their way: each once a spool, small ones among the records, large ones as files before the records."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from ..outbox import PendingArtifact
from ..values import utf16_length
from ..wire import PART_INLINE_LIMIT, PartRecord
from .canonical import digest_of

if TYPE_CHECKING:
    from ..outbox import Outbox

Kind = Literal["cell", "output", "diff", "variable"]


class SentParts:
    """What was given to the spool already.

    Parameters
    ----------
    outbox
        Where large parts wait.
    writer
        Under which id the spool's batches are sent. A new one means that the server was set back and may have lost parts: then all of
        them are sent again.
    """

    def __init__(self, outbox: Callable[[], Outbox], writer: Callable[[], str]) -> None:
        self._outbox = outbox
        self._writer = writer
        self._known: dict[str, None] = {}
        self._known_to = ""
        self._mutex = threading.Lock()

    def first_time(self, digest: str) -> bool:
        """Whether something of this digest is given now for the first time; it counts as given from now on."""
        writer = self._writer()
        with self._mutex:
            if writer != self._known_to:
                self._known, self._known_to = {}, writer
            is_new = digest not in self._known
            self._known[digest] = None
        return is_new

    def known(self) -> list[str]:
        """Digests that were given already."""
        with self._mutex:
            return list(self._known) if self._writer() == self._known_to else []

    def new(self, kind: Kind, text: str, digest: str | None = None) -> tuple[str, PartRecord | PendingArtifact | None]:
        """The digest of a part, and what is to be recorded before it is named; None where that was done already.

        Raises
        ------
        OSError
            A large part cannot be kept: no room in the spool.
        """
        digest = digest or digest_of(text)
        if not self.first_time(digest):
            return digest, None
        if len(text) <= PART_INLINE_LIMIT and (text.isascii() or utf16_length(text) <= PART_INLINE_LIMIT):
            return digest, {"type": "part", "part": {"digest": digest, "kind": kind, "body": text}}
        try:
            return digest, self._outbox().keep_part(digest, kind, text.encode())
        except OSError:
            with self._mutex:
                self._known.pop(digest, None)
            raise
