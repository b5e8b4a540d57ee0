"""Slices of whole histories: exactly the executions that are expected, and, run alone, the same value.

The histories stand in ``slices/*.history``. Each is run for real with the bridge loaded, its slice again in a fresh process.
"""

from __future__ import annotations

import histories
import pytest

ALL = [history for path in sorted(histories.FOLDER.glob("*.history")) for history in histories.read(path)]
#: Larger than least, and why: sound all the same.
KNOWN_LARGER = {
    "a property with a setter": "what a setter stores is seen after the cell, but not that it stores it without reading it",
    "matrix by views of rows": "rows of an array are not told apart",
    "islice and tee": "iterators in C tell nothing of what they share",
    "drawn on the figure that was chosen": "what was current before a figure was chosen is not told from what was drawn on it",
    "singledispatch": "an overload for another type is not told from one that is used",
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, list[histories.Outcome]]:
    """All histories, run in one process."""
    found: dict[str, list[histories.Outcome]] = {}
    for outcome in histories.run_all(ALL):
        found.setdefault(f"{outcome.history.file}: {outcome.history.title}", []).append(outcome)
    return found


def test_every_history_has_a_title_of_its_own() -> None:
    titles = [f"{history.file}: {history.title}" for history in ALL]
    assert len(titles) == len(set(titles))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("history", ALL, ids=[f"{history.file}: {history.title}" for history in ALL])
def test_history(history: histories.History, outcomes: dict[str, list[histories.Outcome]]) -> None:
    for outcome in outcomes[f"{history.file}: {history.title}"]:
        assert outcome.same, f"the slice gives another value: {outcome}"
        if history.title in KNOWN_LARGER:
            assert set(outcome.expected) < set(outcome.found), f"no longer larger than least: {outcome}"
        else:
            assert outcome.found == outcome.expected, str(outcome)
