"""From the buffer to the spool: order, columns, what happens when the spool cannot grow."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cellkeep.journal import Journal, Points, report_once
from cellkeep.outbox import Outbox
from cellkeep.spool import Spool
from cellkeep.wire import TagsRecord


class Writing:
    """A journal with a spool of a given size, and what it has reported."""

    def __init__(self, root: Path, limit: int) -> None:
        self.spool = Spool.create(root, {}, limit)
        self.outbox = Outbox(self.spool)
        self.reports: list[str] = []
        self.journal = Journal(lambda: (self.spool, self.outbox), lambda: None, self.reports.append)

    def records(self) -> list[Any]:
        """All that is in the spool, acknowledged."""
        found: list[Any] = []
        while (batch := self.spool.take()) is not None:
            found += json.loads(batch.body)["records"]
            self.spool.acknowledge(batch.number)
        return found


@pytest.fixture
def writing(tmp_path: Path) -> Iterator[Writing]:
    writing = Writing(tmp_path / "spool", 10**6)
    yield writing
    writing.journal.stop(5)
    writing.spool.close(remove=True)


def test_points_of_a_run_are_joined_into_columns(writing: Writing) -> None:
    writing.journal.append(Points("a", 1, [("loss", 0, 0.5), ("acc", 0, 1.0)]))
    writing.journal.append(Points("b", 2, [("loss", 7, 2.0)]))
    writing.journal.append(Points("a", 3, [("loss", 1, math.nan), ("acc", 5, -math.inf)]))
    assert writing.journal.flush(5)
    assert writing.records() == [
        {
            "type": "points",
            "runId": "a",
            "series": [
                {"key": "loss", "steps": [0, 1], "times": [1, 3], "values": [0.5, "NaN"]},
                {"key": "acc", "steps": [0, 5], "times": [1, 3], "values": [1.0, "-Infinity"]},
            ],
        },
        {"type": "points", "runId": "b", "series": [{"key": "loss", "steps": [7], "times": [2], "values": [2.0]}]},
    ]


def test_records_and_points_stay_in_order(writing: Writing) -> None:
    writing.journal.append(lambda: [{"type": "params", "runId": "a", "params": {}}])
    writing.journal.append(Points("a", 1, [("loss", 0, 0.5)]))
    writing.journal.append(lambda: [{"type": "tags", "runId": "a", "tags": {}}])
    assert writing.journal.flush(5)
    assert [record["type"] for record in writing.records()] == ["params", "points", "tags"]


def test_a_record_that_cannot_be_made_costs_only_itself(writing: Writing) -> None:
    def broken() -> list[Any]:
        raise RuntimeError("no git today")

    writing.journal.append(lambda: [{"type": "params", "runId": "a", "params": {}}])
    writing.journal.append(broken)
    writing.journal.append(lambda: [{"type": "tags", "runId": "a", "tags": {}}])
    assert writing.journal.flush(5)
    assert [record["type"] for record in writing.records()] == ["params", "tags"]
    assert writing.reports == ["a record could not be made: RuntimeError: no git today"]


def test_an_artifact_waits_for_the_batch_before_it(writing: Writing) -> None:
    artifact = writing.outbox.keep("a", "x.txt", "text", "text/plain", b"hello")
    writing.journal.append(lambda: [{"type": "params", "runId": "a", "params": {}}])
    writing.journal.append(artifact)
    writing.journal.append(Points("a", 1, [("loss", 0, 0.5)]))
    assert writing.journal.flush(5)
    assert writing.outbox.ready() is None
    writing.records()
    found = writing.outbox.ready()
    assert found is not None
    assert writing.outbox.content(found).read_bytes() == b"hello"
    writing.outbox.remove(found)
    assert len(writing.outbox) == 0


def test_while_the_spool_is_full_records_wait_in_memory_and_say_so(tmp_path: Path) -> None:
    writing = Writing(tmp_path / "spool", 300)
    text = "x" * 150
    for number in range(3):
        record: TagsRecord = {"type": "tags", "runId": str(number), "tags": {"t": text}}
        writing.journal.append([record].copy)
        assert writing.journal.flush(5)
    assert writing.journal.held_records == 2
    assert "CELLKEEP_SPOOL_LIMIT" in writing.reports[0]
    first = writing.records()
    writing.journal.touch()  # the server has taken some: there is room again
    assert writing.journal.flush(5)
    rest = first + writing.records()
    writing.journal.touch()
    assert writing.journal.flush(5)
    rest += writing.records()
    assert [record["runId"] for record in rest] == ["0", "1", "2"]
    writing.journal.stop(5)
    writing.spool.close(remove=True)


def test_what_was_appended_before_the_end_is_written(writing: Writing) -> None:
    for number in range(10_000):
        writing.journal.append(Points("a", number, [("loss", number, 0.5)]))
    writing.journal.stop(5)
    steps = [step for record in writing.records() for step in record["series"][0]["steps"]]
    assert steps == list(range(10_000))


def test_a_report_is_made_once_a_kind() -> None:
    told: list[str] = []
    report = report_once(set(), told.append)
    for text in ("3 records were refused", "4 records were refused", "something else"):
        report(text)
    assert told == ["3 records were refused", "something else"]
