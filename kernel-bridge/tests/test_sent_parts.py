"""Parts of snapshots on their way: each once, large ones as files before the records that name them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cellkeep.delivery import deliver_batch
from cellkeep.journal import Journal
from cellkeep.link import Refused, ServerAway
from cellkeep.outbox import Outbox, PendingArtifact
from cellkeep.snapshots.canonical import digest_of
from cellkeep.snapshots.parts import SentParts
from cellkeep.spool import Spool
from cellkeep.wire import PART_INLINE_LIMIT, IngestOutput

LARGE = "x" * (PART_INLINE_LIMIT + 1)


class Link:
    """What is asked of the server, in order; ``refuses`` is raised for a part."""

    class server:  # noqa: N801
        url = "http://server"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses: Exception | None = None

    def put_part(self, digest: str, kind: str, content: Path) -> object:
        self.asked.append(f"{kind} {digest[:6]} {content.stat().st_size}")
        if self.refuses is not None:
            raise self.refuses
        return None

    def send_batch(self, body: bytes) -> IngestOutput:
        self.asked.append(" ".join(record["type"] for record in json.loads(body)["records"]))
        return {"accepted": 1, "duplicate": False, "rejected": []}  # type: ignore[typeddict-item]


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool.create(tmp_path, {}, 2**30)
    yield spool
    spool.close(remove=True)


@pytest.fixture
def outbox(spool: Spool) -> Outbox:
    return Outbox(spool)


def record(spool: Spool, outbox: Outbox, *texts: str) -> SentParts:
    """Write parts and a record that names them, as the journal does."""
    parts = SentParts(lambda: outbox, lambda: spool.writer)
    journal = Journal(lambda: (spool, outbox), lambda: None, lambda _: None)

    def records() -> Iterator[object]:
        for text in texts:
            _, part = parts.new("output", text)
            if part is not None:
                yield part
        yield {"type": "heartbeat", "runIds": []}

    journal.append(records)  # type: ignore[arg-type]
    journal.stop(10)
    return parts


def test_a_part_is_given_once_until_the_server_has_lost_it(spool: Spool, outbox: Outbox) -> None:
    parts = SentParts(lambda: outbox, lambda: spool.writer)
    assert parts.new("cell", "a")[1] == {"type": "part", "part": {"digest": digest_of("a"), "kind": "cell", "body": "a"}}
    assert parts.new("cell", "a") == (digest_of("a"), None)
    assert parts.known() == [digest_of("a")]
    spool.start_new_writer()
    assert parts.known() == []
    assert parts.new("cell", "a")[1] is not None


def test_characters_beyond_the_first_plane_count_as_the_server_counts_them(spool: Spool, outbox: Outbox) -> None:
    parts = SentParts(lambda: outbox, lambda: spool.writer)
    assert isinstance(parts.new("output", "\N{GRINNING FACE}" * (PART_INLINE_LIMIT // 2 + 1))[1], PendingArtifact)


def test_a_large_part_goes_before_the_records_that_name_it(spool: Spool, outbox: Outbox) -> None:
    record(spool, outbox, "small", LARGE)
    link = Link()
    while deliver_batch(spool, outbox, link, pytest.fail):  # type: ignore[arg-type]
        pass
    assert link.asked == [f"output {digest_of(LARGE)[:6]} {len(LARGE)}", "part heartbeat"]
    assert (len(outbox), spool.waiting_records) == (0, 0)


def test_while_the_server_is_away_part_and_records_wait(spool: Spool, outbox: Outbox) -> None:
    record(spool, outbox, LARGE)
    link = Link()
    link.refuses = ServerAway("away")
    with pytest.raises(ServerAway):
        deliver_batch(spool, outbox, link, pytest.fail)  # type: ignore[arg-type]
    assert (len(outbox), spool.waiting_records) == (1, 1)
    link.refuses = None
    assert deliver_batch(spool, outbox, link, pytest.fail)  # type: ignore[arg-type]
    assert (len(outbox), spool.waiting_records) == (0, 0)


def test_a_part_that_is_refused_holds_nothing_up_and_is_told(spool: Spool, outbox: Outbox) -> None:
    record(spool, outbox, LARGE)
    link, told = Link(), list[str]()
    link.refuses = Refused("no such thing", 400, "BAD_REQUEST")
    assert deliver_batch(spool, outbox, link, told.append)  # type: ignore[arg-type]
    assert "no such thing" in told[0]
    assert (len(outbox), spool.waiting_records) == (0, 0)


def test_a_cell_with_much_to_show_becomes_many_frames(spool: Spool, outbox: Outbox) -> None:
    record(spool, outbox, *(f"{n}" + "y" * 3_000_000 for n in range(8)))
    link = Link()
    while deliver_batch(spool, outbox, link, pytest.fail):  # type: ignore[arg-type]
        pass
    assert "".join(link.asked).count("part") == 8
    assert len(link.asked) >= 3  # batches of at most eight megabytes or so
