"""Large artifacts in parts: an upload that broke off goes on where it stopped, whichever side was restarted in between.

Beside the content in the spool a small file says which upload of the server it belongs to. Whoever takes the artifact up again asks the
server which parts it has, and sends the others. A part is known by its SHA-256, so one that was cut off or changed is sent again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

from .link import Refused, ServerAway, ServerLink
from .outbox import Outbox, PendingArtifact
from .wire import UPLOAD_PARTS_LIMIT, Upload

#: bytes; smaller artifacts are sent whole, with one request
LARGE = 64 * 1024 * 1024
#: bytes; what a broken connection may cost
PART = 32 * 1024 * 1024
_READ = 1024 * 1024
_AGAIN = 0.5  # seconds
_PATIENCE = 1800.0  # seconds


class Part(NamedTuple):
    """A stretch of the file. ``start`` and ``size`` in bytes; ``digest`` is its SHA-256 in hex."""

    number: int
    start: int
    size: int
    digest: str


def part_size(size: int) -> int:
    """Bytes of each part but the last, so that a file of ``size`` bytes has no more parts than the server takes.

    Examples
    --------
    >>> part_size(5 * 2**30) == PART, -(-(2**50) // part_size(2**50)) <= UPLOAD_PARTS_LIMIT
    (True, True)
    """
    return max(PART, -(-size // UPLOAD_PARTS_LIMIT))


def send_in_parts(outbox: Outbox, artifact: PendingArtifact, link: ServerLink) -> None:
    """Upload the content of an artifact, from where an earlier try has come.

    Raises
    ------
    ServerAway, TokenRefused
        What has arrived stays on the server, and its place in the spool.
    Refused
        The server will never take this artifact.
    FileNotFoundError
        The content is gone.
    """
    content, state = outbox.content(artifact), outbox.upload_state(artifact)
    base = f"runs/{artifact.run_id}/artifacts/uploads"
    upload, size, there = _open(link, base, artifact, state)
    parts: list[dict[str, object]] = []
    for part in read_parts(content, size):
        if there.get(part.number) != part.digest:
            link.send_part(f"{base}/{upload}/parts/{part.number}", content, part.start, part.size, part.digest)
        parts.append({"number": part.number, "digest": part.digest})
    try:
        _complete(link, f"{base}/{upload}", parts)
    except Refused as error:
        if error.code != "CONFLICT":
            raise
        # A part has gone there: the next try asks again what there is. What cannot be completed at all is begun anew.
        if _state(link, f"{base}/{upload}") != "open":
            state.unlink(missing_ok=True)
        raise ServerAway(f"the parts of {artifact.path!r} are not all there: {error}") from error


def _open(link: ServerLink, base: str, artifact: PendingArtifact, state: Path) -> tuple[str, int, dict[int, str]]:
    """Id of the upload, the size of its parts, and what the server has of it."""
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(state.read_bytes())
        upload, size = str(kept["upload"]), int(kept["part"])
        with contextlib.suppress(Refused):
            found = cast("Upload", link.call("GET", f"{base}/{upload}"))
            if found["state"] != "canceled" and size > 0:
                return upload, size, {part["number"]: part["digest"] for part in found["parts"]}
    size = part_size(artifact.size)
    begun = {"path": artifact.path, "kind": artifact.kind, "mediaType": artifact.media_type}
    upload = cast("Upload", link.call("POST", base, begun))["id"]
    temporary = state.with_suffix(".tmp")
    temporary.write_text(json.dumps({"upload": upload, "part": size}), encoding="utf-8")
    os.replace(temporary, state)
    return upload, size, {}


def _complete(link: ServerLink, address: str, parts: list[dict[str, object]]) -> None:
    """Ask until the file is made: of many gigabytes that takes longer than a connection may be silent."""
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            link.call("POST", f"{address}/complete", {"parts": parts})
            return
        except ServerAway:
            if time.monotonic() > end:
                raise
            link.call("GET", address)  # where the server itself is away, this raises
            time.sleep(_AGAIN)


def _state(link: ServerLink, address: str) -> str:
    try:
        return cast("Upload", link.call("GET", address))["state"]
    except Refused:
        return "gone"


def read_parts(content: Path, size: int) -> Iterator[Part]:
    """The parts of a file, each read once to know its digest.

    Parameters
    ----------
    content
        The file.
    size
        Bytes of each part but the last.
    """
    with content.open("rb") as file:
        for number in range(1, UPLOAD_PARTS_LIMIT + 1):
            start = file.tell()
            digest = hashlib.sha256()
            left = size
            while left > 0 and (chunk := file.read(min(_READ, left))):
                digest.update(chunk)
                left -= len(chunk)
            if left == size and number > 1:
                return
            yield Part(number, start, size - left, digest.hexdigest())
            if left > 0:
                return
