"""The spool on disk: what is in it comes out once, in order, whatever is cut off or damaged."""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellkeep import frames, spool
from cellkeep.spool import Batch, Spool, SpoolFull, SpoolInUse

LIMIT = 10**9


def payload(*numbers: int) -> bytes:
    return b",".join(b'{"n":%d}' % number for number in numbers)


def numbers(batch: Batch | None) -> list[int]:
    assert batch is not None
    return [record["n"] for record in json.loads(batch.body)["records"]]


def taken(spool: Spool) -> Batch:
    batch = spool.take()
    assert batch is not None
    return batch


def drain(spool: Spool) -> list[int]:
    """All that is left, acknowledged batch by batch."""
    found = []
    while (batch := spool.take()) is not None:
        found += numbers(batch)
        spool.acknowledge(batch.number)
    return found


def test_a_batch_is_what_was_written_until_it_is_taken(tmp_path: Path) -> None:
    root = tmp_path / "spool"
    spool = Spool.create(root, {}, LIMIT)
    spool.append(payload(1, 2), 2)
    spool.append(payload(3), 1)
    first = spool.take()
    spool.append(payload(4), 1)
    assert numbers(first) == [1, 2, 3]
    assert spool.take() == first  # not acknowledged: the same again, with the same number
    assert first is not None
    assert first.records == 3
    assert spool.waiting_records == 4
    spool.acknowledge(first.number)
    assert numbers(spool.take()) == [4]
    spool.close(remove=True)
    assert list(root.iterdir()) == []


def test_batches_are_numbered_from_one_and_say_who_writes(tmp_path: Path) -> None:
    spool = Spool.create(tmp_path, {}, LIMIT)
    for number in (1, 2):
        spool.append(payload(number), 1)
        batch = spool.take()
        assert batch is not None
        body = json.loads(batch.body)
        assert (body["writer"], body["seq"]) == (spool.folder.name, number)
        spool.acknowledge(batch.number)
    spool.close(remove=True)


def test_acknowledged_segments_leave_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 100)
    kept = Spool.create(tmp_path, {}, LIMIT)
    for number in range(20):
        kept.append(payload(number), 1)
    assert len(list(kept.folder.glob("*.seg"))) > 3
    assert drain(kept) == list(range(20))
    assert list(kept.folder.glob("*.seg")) == []
    assert kept.bytes == 0
    kept.close(remove=True)


def test_a_living_process_keeps_its_spool(tmp_path: Path) -> None:
    kept = Spool.create(tmp_path, {}, LIMIT)
    with pytest.raises(SpoolInUse):
        Spool.adopt(kept.folder)
    kept.close(remove=False)
    adopted = Spool.adopt(kept.folder)
    with pytest.raises(SpoolInUse):
        Spool.adopt(kept.folder)
    adopted.close(remove=True)


def test_an_adopted_spool_goes_on_after_the_last_acknowledged_batch(tmp_path: Path) -> None:
    kept = Spool.create(tmp_path, {"pid": 1}, LIMIT)
    for number in range(3):
        kept.append(payload(number), 1)
        batch = kept.take()
        assert batch is not None
        if number == 0:
            kept.acknowledge(batch.number)
    kept.append(payload(3), 1)
    kept.close(remove=False)
    adopted = Spool.adopt(kept.folder)
    assert adopted.meta["pid"] == 1
    body = json.loads(taken(adopted).body)
    assert body["seq"] == 2
    assert drain(adopted) == [1, 2, 3]
    adopted.close(remove=True)


def test_a_new_writer_numbers_what_is_left_from_one(tmp_path: Path) -> None:
    kept = Spool.create(tmp_path, {}, LIMIT)
    kept.append(payload(1), 1)
    kept.acknowledge(taken(kept).number)
    kept.append(payload(2), 1)
    kept.start_new_writer()
    kept.close(remove=False)
    adopted = Spool.adopt(kept.folder)
    body = json.loads(taken(adopted).body)
    assert body["seq"] == 1
    assert body["writer"] != kept.folder.name
    adopted.close(remove=True)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12))
def test_a_cut_off_tail_loses_only_what_was_cut(data: st.DataObject, sizes: list[int]) -> None:
    with tempfile.TemporaryDirectory() as root:
        kept = Spool.create(Path(root), {}, LIMIT)
        written, ends, size = [], [0], 0
        for first, count in enumerate(sizes):
            block = list(range(first * 10, first * 10 + count))
            kept.append(payload(*block), count)
            written.append(block)
            size += frames.HEADER_BYTES + len(payload(*block))
            ends.append(size)
            if data.draw(st.booleans()):
                kept.take()
        kept.close(remove=False)
        (segment,) = kept.folder.glob("*.seg")
        cut = data.draw(st.integers(0, size))
        os.truncate(segment, cut)
        whole = sum(1 for end in ends if end <= cut) - 1
        adopted = Spool.adopt(kept.folder)
        assert drain(adopted) == [number for block in written[:whole] for number in block]
        adopted.close(remove=True)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), count=st.integers(2, 8))
def test_a_damaged_byte_never_yields_a_wrong_record(data: st.DataObject, count: int) -> None:
    with tempfile.TemporaryDirectory() as root:
        kept = Spool.create(Path(root), {}, LIMIT)
        for number in range(count):
            kept.append(payload(number), 1)
        kept.close(remove=False)
        (segment,) = kept.folder.glob("*.seg")
        content = bytearray(segment.read_bytes())
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
        segment.write_bytes(content)
        adopted = Spool.adopt(kept.folder)
        damaged = at // (len(content) // count)  # frames of one digit are equally long
        assert drain(adopted) == list(range(damaged))
        adopted.close(remove=True)


def test_a_damaged_segment_in_the_middle_leaves_numbers_without_gaps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "SEGMENT_BYTES", 1)
    kept = Spool.create(tmp_path, {}, LIMIT)
    for number in range(3):
        kept.append(payload(number), 1)
        kept.append(payload(number + 10), 1)
        kept._seal()
    kept.close(remove=False)
    second = sorted(kept.folder.glob("*.seg"))[2]
    second.write_bytes(b"rubbish")
    adopted = Spool.adopt(kept.folder)
    seqs, found = [], []
    while (batch := adopted.take()) is not None:
        seqs.append(json.loads(batch.body)["seq"])
        found += numbers(batch)
        adopted.acknowledge(batch.number)
    assert seqs == [1, 2, 3]
    assert found == [0, 10, 11, 2, 12]
    adopted.close(remove=True)


def test_a_full_spool_says_so_and_keeps_what_it_has(tmp_path: Path) -> None:
    kept = Spool.create(tmp_path, {}, limit=100)
    kept.append(payload(1), 1)
    with pytest.raises(SpoolFull, match="CELLKEEP_SPOOL_LIMIT"):
        kept.append(b" " * 100, 1)
    with pytest.raises(SpoolFull):
        kept.reserve(100)
    assert drain(kept) == [1]
    kept.append(b'{"n":2}', 1)  # there is room again
    assert drain(kept) == [2]
    kept.close(remove=True)


def test_a_full_disk_leaves_whole_frames(tmp_path: Path) -> None:
    """RLIMIT_FSIZE stands in for the end of the disk: a write stops in the middle with an error."""
    program = """
import resource, signal, sys
from pathlib import Path
from cellkeep.spool import Spool, SpoolFull
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool.create(Path(sys.argv[1]), {}, 10**9)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
n = 0
try:
    while True:
        spool.append(b'{"n":%d}' % n, 1)
        n += 1
except SpoolFull as error:
    print(error.errno, n)
"""
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path / "spool")], capture_output=True, text=True, check=True)
    number, written = map(int, done.stdout.split())
    assert number == errno.EFBIG
    (folder,) = (tmp_path / "spool").iterdir()
    adopted = Spool.adopt(folder)
    assert drain(adopted) == list(range(written))
    assert written > 20
    adopted.close(remove=True)
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_what_a_killed_process_has_written_is_there(tmp_path: Path) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from cellkeep.spool import Spool
spool = Spool.create(Path(sys.argv[1]), {}, 10**9)
for n in range(500):
    spool.append(b'{"n":%d}' % n, 1)
os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "spool")], check=False)
    (folder,) = (tmp_path / "spool").iterdir()
    adopted = Spool.adopt(folder)
    assert drain(adopted) == list(range(500))
    adopted.close(remove=True)


def test_many_threads_append_whole_frames(tmp_path: Path) -> None:
    import threading

    kept = Spool.create(tmp_path, {}, LIMIT)

    def write(first: int) -> None:
        for number in range(first, first + 200):
            kept.append(payload(number), 1)

    threads: list[Any] = [threading.Thread(target=write, args=(first,)) for first in range(0, 800, 200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = drain(kept)
    assert sorted(found) == list(range(800))
    assert [n for n in found if n < 200] == list(range(200))  # each thread's own stay in order
    kept.close(remove=True)
