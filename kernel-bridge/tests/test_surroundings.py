"""Environment variables beside a program that changes them."""

from __future__ import annotations

import os
import threading

import pytest

from cellkeep.surroundings import surroundings


def test_they_are_read_while_another_thread_adds_and_removes_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CELLKEEP_TEST_STAYS", "yes")
    stop = threading.Event()

    def change() -> None:
        while not stop.is_set():
            os.environ["CELLKEEP_TEST_GOES"] = "x"
            del os.environ["CELLKEEP_TEST_GOES"]

    thread = threading.Thread(target=change)
    thread.start()
    try:
        found = [surroundings(ADDED="1") for _ in range(3_000)]
    finally:
        stop.set()
        thread.join()
    assert {(one["CELLKEEP_TEST_STAYS"], one["ADDED"]) for one in found} == {("yes", "1")}
