"""Frames: how records stand in a segment file of the spool.

A frame is a header (little endian: magic ``CKF1``, bytes of payload, CRC-32, records in it, number of its batch) and a payload: the
records as JSON, joined by commas, without brackets, so that a batch is built from its frames without parsing them again. The CRC
covers the rest of the header and the payload. A file ends at its first frame that is cut off or damaged.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HEADER = struct.Struct("<4sIIIQ")
_MAGIC = b"CKF1"
_COUNTED = struct.Struct("<IIQ")
#: A damaged length must not make the reader ask for gigabytes; the writer cuts frames far below.
PAYLOAD_LIMIT = 128 * 1024 * 1024


@dataclass(frozen=True)
class Frame:
    """Where a frame lies: its batch, its records, and the place of its payload in the file (bytes)."""

    batch: int
    records: int
    offset: int
    length: int

    @property
    def end(self) -> int:
        """First byte after the frame."""
        return self.offset + self.length


def _checksum(length: int, records: int, batch: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(_COUNTED.pack(length, records, batch)))


def encode_frame(batch: int, records: int, payload: bytes) -> bytes:
    """The frame's bytes.

    Examples
    --------
    >>> len(encode_frame(1, 1, b'{"type":"heartbeat","runIds":[]}'))
    56
    """
    length = len(payload)
    return _HEADER.pack(_MAGIC, length, _checksum(length, records, batch, payload), records, batch) + payload


HEADER_BYTES = _HEADER.size


def read_frames(path: Path) -> Iterator[Frame]:
    """The whole frames of a file, in order, up to the first damaged or cut-off one."""
    with path.open("rb") as file:
        offset = 0
        while True:
            header = file.read(HEADER_BYTES)
            if len(header) < HEADER_BYTES:
                return
            magic, length, checksum, records, batch = _HEADER.unpack(header)
            if magic != _MAGIC or length > PAYLOAD_LIMIT:
                return
            payload = file.read(length)
            if len(payload) < length or _checksum(length, records, batch, payload) != checksum:
                return
            yield Frame(batch, records, offset + HEADER_BYTES, length)
            offset += HEADER_BYTES + length


def read_payload(path: Path, frame: Frame) -> bytes:
    """The payload of a frame that ``read_frames`` or the writer has placed."""
    with path.open("rb") as file:
        file.seek(frame.offset)
        return file.read(frame.length)
