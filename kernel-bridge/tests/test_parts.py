"""Large artifacts in parts: what is there is not sent again, and what arrives is the file."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from server import Api, Server

from cellkeep import parts
from cellkeep.delivery import deliver_artifact
from cellkeep.link import ServerAway, ServerLink
from cellkeep.outbox import Outbox
from cellkeep.parts import read_parts
from cellkeep.settings import Server as Address
from cellkeep.spool import Spool

PART = 64 * 1024
DATA = os.urandom(5 * PART + 17)


class BreakingLink(ServerLink):
    """Counts the parts that it sends, and loses the connection after some of them."""

    def __init__(self, server: Server, breaks_after: int | None = None) -> None:
        super().__init__(Address(server.url, server.token))
        self.sent: list[int] = []
        self.breaks_after = breaks_after

    def send_part(self, path: str, content: Path, start: int, size: int, digest: str) -> object:
        if len(self.sent) == self.breaks_after:
            raise ServerAway("the connection broke")
        self.sent.append(int(path.rpartition("/")[2]))
        return super().send_part(path, content, start, size, digest)


@pytest.fixture
def outbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outbox]:
    monkeypatch.setattr(parts, "PART", PART)
    monkeypatch.setattr("cellkeep.delivery.LARGE", PART)
    spool = Spool.create(home / "spool", {}, 100_000_000)
    yield Outbox(spool)
    spool.close(remove=True)


def keep(outbox: Outbox, api: Api) -> str:
    run = str(api.post("runs", {"id": uuid.uuid4().hex})["id"])
    outbox.commit(outbox.keep(run, "weights.bin", "file", "application/octet-stream", DATA), after=0)
    return run


def deliver(outbox: Outbox, server: Server, breaks_after: int | None = None) -> list[int]:
    """Numbers of the parts that were sent by this try."""
    problems: list[str] = []
    link = BreakingLink(server, breaks_after)
    try:
        deliver_artifact(outbox, link, problems.append)
    except ServerAway:
        assert breaks_after is not None
    finally:
        link.close()
    assert problems == []
    return link.sent


def test_a_broken_upload_sends_the_parts_that_are_missing(server: Server, api: Api, outbox: Outbox) -> None:
    run = keep(outbox, api)
    assert deliver(outbox, server, breaks_after=2) == [1, 2]
    assert deliver(outbox, server, breaks_after=1) == [3]
    assert deliver(outbox, server) == [4, 5, 6]
    assert api.content(run, "weights.bin") == DATA
    assert list((outbox.content(outbox.keep(run, "x", "file", "x/y", b"")).parent).glob("*.upload")) == []


def test_a_part_that_the_server_has_otherwise_is_sent_again(server: Server, api: Api, outbox: Outbox) -> None:
    run = keep(outbox, api)
    deliver(outbox, server, breaks_after=3)
    artifact = outbox.first()
    assert artifact is not None
    upload = json.loads(outbox.upload_state(artifact).read_text())["upload"]
    link = BreakingLink(server)
    other = outbox.content(artifact).with_name("other")
    other.write_bytes(b"something else")
    link.send_part(f"runs/{run}/artifacts/uploads/{upload}/parts/2", other, 0, 14, hashlib.sha256(b"something else").hexdigest())
    link.close()
    assert deliver(outbox, server) == [2, 4, 5, 6]
    assert api.content(run, "weights.bin") == DATA


@pytest.mark.parametrize("lost", ["canceled", "another id", "no JSON"])
def test_an_upload_that_the_server_no_longer_has_is_begun_anew(server: Server, api: Api, outbox: Outbox, lost: str) -> None:
    run = keep(outbox, api)
    deliver(outbox, server, breaks_after=3)
    artifact = outbox.first()
    assert artifact is not None
    state = outbox.upload_state(artifact)
    upload = json.loads(state.read_text())["upload"]
    if lost == "canceled":
        link = BreakingLink(server)
        link.call("DELETE", f"runs/{run}/artifacts/uploads/{upload}")
        link.close()
    else:
        state.write_text("" if lost == "no JSON" else json.dumps({"upload": str(uuid.uuid4()), "part": PART}))
    assert deliver(outbox, server) == [1, 2, 3, 4, 5, 6]
    assert api.content(run, "weights.bin") == DATA


@pytest.mark.parametrize("size", [0, 1, 9, 10, 11, 20, 25])
def test_the_parts_of_a_file_are_all_of_it(tmp_path: Path, size: int) -> None:
    file = tmp_path / "file"
    data = os.urandom(size)
    file.write_bytes(data)
    found = list(read_parts(file, 10))
    assert [part.number for part in found] == list(range(1, max(1, -(-size // 10)) + 1))
    assert b"".join(data[part.start : part.start + part.size] for part in found) == data
    assert all(part.digest == hashlib.sha256(data[part.start : part.start + part.size]).hexdigest() for part in found)
