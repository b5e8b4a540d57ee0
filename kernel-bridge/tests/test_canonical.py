"""Parts are named equally by the kernel and by the editor."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from server import CHECKOUT

from cellkeep.snapshots.canonical import canonical, cell_part, digest_of, number, output_part

VECTORS = json.loads((CHECKOUT / "test/fixtures/parts.json").read_text())["cases"]


@pytest.mark.parametrize("case", VECTORS, ids=[case["name"] for case in VECTORS])
def test_a_part_is_written_as_the_editor_writes_it(case: dict[str, str]) -> None:
    text = (cell_part if case["kind"] == "cell" else output_part)(json.loads(case["json"]))
    expected = case["canonical"]
    assert text == expected
    assert digest_of(text) == case["digest"]


ANY: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(ANY)
def test_canonical_json_reads_back_as_the_same_value(value: Any) -> None:
    def as_a_browser_reads(found: Any) -> Any:
        if isinstance(found, dict):
            return {key: as_a_browser_reads(inner) for key, inner in found.items()}
        if isinstance(found, list):
            return [as_a_browser_reads(inner) for inner in found]
        return float(found) if isinstance(found, int) and not isinstance(found, bool) else found

    assert as_a_browser_reads(json.loads(canonical(value))) == as_a_browser_reads(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value(value: float) -> None:
    assert float(number(value)) == value
