"""Variables to bytes and back, without a server: what shares objects stays together, what changes alone is stored alone."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cellkeep.checkpoints.pickles import PART_BYTES, dump, load
from cellkeep.checkpoints.sharing import Group, groups


def namespace(code: str) -> dict[str, Any]:
    made: dict[str, Any] = {"__name__": "__main__", "np": np, "pd": pd}
    exec(textwrap.dedent(code), made)
    return made


def variables(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if not name.startswith("__") and name not in ("np", "pd")}


def kept(made: dict[str, Any]) -> tuple[dict[str, Any], list[Group]]:
    """All that can be stored, brought back into a namespace of its own, which has the two modules."""
    found = groups(variables(made), made)
    back: dict[str, Any] = {"__name__": "__main__", "np": np, "pd": pd}
    for group in found:
        if not group.problem:
            parts = dump({name: made[name] for name in group.names}, made, group.roots)
            back.update(load([bytes(part) for part in parts], back))
    return back, found


def names(found: list[Group]) -> list[list[str]]:
    return sorted(group.names for group in found)


SHARING = [
    ("numbers and texts are each their own", "a = 1; b = 1; c = 'x'; d = 'x'", [["a"], ["b"], ["c"], ["d"]]),
    ("one list under two names", "a = [1]; b = a; c = [1]", [["a", "b"], ["c"]]),
    ("a list in another one", "a = [1]; b = {'deep': ([a],)}; c = [a]", [["a", "b", "c"]]),
    ("a view and its array", "a = np.arange(9.0); b = a[::2]; c = a.copy()", [["a", "b"], ["c"]]),
    ("an attribute", "class C: pass\no = C(); o.v = [1]; v = o.v; w = [1]", [["C"], ["o", "v"], ["w"]]),
    ("two views of an array that has no name", "a = np.arange(9.0)[1:]; b = a[2:]; c = np.ones(3)", [["a", "b"], ["c"]]),
    ("empty lists are told apart", "a = []; b = []", [["a"], ["b"]]),
]


@pytest.mark.parametrize(("code", "expected"), [case[1:] for case in SHARING], ids=[case[0] for case in SHARING])
def test_variables_are_grouped_by_what_they_share(code: str, expected: list[list[str]]) -> None:
    made = namespace(code)
    assert names(groups(variables(made), made)) == expected


def test_what_was_one_object_is_one_again_and_a_view_stays_a_view() -> None:
    back, _ = kept(
        namespace("""
        row = [1, 2]
        table = {'first': row, 'both': (row, row)}
        a = np.arange(12.0).reshape(3, 4)
        column = a[:, 1]
        backwards = a[::-1]
        """)
    )
    back["row"].append(3)
    assert back["table"]["first"] == [1, 2, 3]
    assert back["table"]["both"][1] is back["row"]
    back["a"][0, 1] = 99
    assert back["column"][0] == 99
    assert back["backwards"][2, 1] == 99


def test_a_view_of_an_array_that_nothing_else_sees_is_stored_without_the_rest() -> None:
    made = namespace("big = np.zeros(1_000_000); small = big[:10]; del big")
    (group,) = groups(variables(made), made)
    assert sum(len(part) for part in dump({"small": made["small"]}, made, group.roots)) < 2_000


def test_functions_read_the_globals_of_where_they_are_restored() -> None:
    back, _ = kept(
        namespace("""
        rate = 2
        def scaled(n, by=3): return n * rate * by
        def factorial(n): return 1 if n == 0 else n * factorial(n - 1)
        def counter():
            seen = [0]
            def count():
                seen[0] += 1
                return seen[0]
            return count
        count = counter()
        count()
        class Model:
            def __init__(self): self.rate = rate
            def predict(self, n): return scaled(n)
        model = Model()
        """)
    )
    back["rate"] = 10
    assert back["scaled"](1) == 30
    assert back["factorial"](5) == 120
    assert back["count"]() == 2
    assert isinstance(back["model"], back["Model"])
    assert back["model"].predict(1) == 30
    assert back["model"].rate == 2


def test_what_shares_with_what_cannot_be_stored_is_not_stored_either() -> None:
    _, found = kept(namespace("items = [1, 2]; lazy = (i for i in items); other = [1, 2]"))
    (bad,) = [group for group in found if group.problem]
    assert bad.names == ["items", "lazy"]
    assert "`lazy` cannot be stored (TypeError" in bad.problem


def test_a_hostile_reduction_is_only_a_variable_that_cannot_be_stored() -> None:
    made = namespace("""
        class Bad:
            def __reduce__(self): raise RuntimeError('no')
        class Deep: pass
        bad = Bad()
        deep = []
        for _ in range(100_000): deep = [deep]
        good = [1]
        """)
    found = {name: group.problem for group in groups(variables(made), made) for name in group.names}
    assert "RuntimeError: no" in found["bad"]
    assert found["deep"] != ""
    assert found["good"] == ""
    while made["deep"]:  # taken down by hand: its own end would recurse as deep
        made["deep"] = made["deep"].pop()


def test_only_the_parts_of_an_array_that_changed_are_new() -> None:
    made = namespace(f"a = np.zeros({5 * PART_BYTES // 8})")

    def digests() -> list[str]:
        return [hashlib.sha256(part).hexdigest() for part in dump({"a": made["a"]}, made, frozenset())]

    before = digests()
    made["a"][0] = 1
    after = digests()
    assert len(before) == len(after) == 7  # a header, the pickle, and five pieces, of which four are equal zeros
    assert [one for one in after if one not in before] == [after[2]]


def test_a_column_more_is_all_that_is_new_of_a_table() -> None:
    made = namespace("df = pd.DataFrame({'x': np.arange(200_000.0)})")
    before = {hashlib.sha256(part).digest() for part in dump({"df": made["df"]}, made, frozenset())}
    made["df"]["y"] = np.arange(200_000.0) * 2
    parts = dump({"df": made["df"]}, made, frozenset())
    new = sum(len(part) for part in parts if hashlib.sha256(part).digest() not in before)
    assert 1_600_000 < new < 1_700_000


@pytest.mark.parametrize("parts", [[], [b"{}"], [b"no json"], [b'{"format": 2, "parts": [1], "readonly": []}', b"x"]])
def test_bytes_that_are_no_kept_variable_are_refused(parts: list[bytes]) -> None:
    with pytest.raises(ValueError, match="kept"):
        load(parts, {})


_LEAVES = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary())


@settings(max_examples=60, deadline=None)
@given(
    st.recursive(
        _LEAVES, lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner), st.tuples(inner, inner)), max_leaves=20
    )
)
def test_any_value_comes_back_equal(value: object) -> None:
    made = {"__name__": "__main__", "v": value}
    (group,) = groups({"v": value}, made)
    back = load([bytes(part) for part in dump({"v": value}, made, group.roots)], {})
    assert back == {"v": value}


def test_another_process_gets_the_same_values_classes_included() -> None:
    made = namespace("""
        class Point:
            def __init__(self, x): self.x = x
            def double(self): return self.x * scale
        scale = 2
        points = [Point(i) for i in range(3)]
        frame = pd.DataFrame({'x': [1.5, 2.5], 'name': ['a', 'b']})
        """)
    parts = [
        [bytes(part).hex() for part in dump({name: made[name] for name in group.names}, made, group.roots)]
        for group in groups(variables(made), made)
    ]
    code = f"""
        from cellkeep.checkpoints.pickles import load
        for parts in {parts!r}:
            globals().update(load([bytes.fromhex(part) for part in parts], globals()))
        scale = 5
        assert type(points[2]) is Point
        print(points[2].double(), frame.x.sum(), frame.name.tolist())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=False)
    assert done.stdout == "10 4.0 ['a', 'b']\n", done.stderr
