"""What a person may hand to log, params and tags, and what is refused at the call."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from cellkeep import values, wire

NUMBERS = [
    ("int", 3, 3.0),
    ("bool", True, 1.0),
    ("numpy float32", np.float32(0.5), 0.5),
    ("numpy int64", np.int64(7), 7.0),
    ("numpy bool", np.bool_(True), 1.0),
    ("0-d array", np.array(2.5), 2.5),
    ("array of one", np.array([2.5]), 2.5),
    ("decimal", Decimal("0.25"), 0.25),
    ("fraction", Fraction(1, 4), 0.25),
    ("infinity", -math.inf, -math.inf),
    ("least subnormal", 5e-324, 5e-324),
]


@pytest.mark.parametrize(("given", "kept"), [row[1:] for row in NUMBERS], ids=[row[0] for row in NUMBERS])
def test_a_number_is_kept_as_float64(given: object, kept: float) -> None:
    assert values.checked_number("loss", given) == kept


def test_nan_stays_nan() -> None:
    assert math.isnan(values.checked_number("loss", np.float16("nan")))


NO_NUMBERS = [
    ("text", "0.5", TypeError, "texts go to"),
    ("None", None, TypeError, "None"),
    ("array", np.zeros(3), TypeError, "shape (3,)"),
    ("matrix of one", np.zeros((1, 1)), TypeError, "shape (1, 1)"),
    ("complex", 1j, TypeError, "complex"),
    ("list", [1.0], TypeError, "list"),
    ("numpy text", np.str_("x"), TypeError, "texts go to"),
    ("int beyond float64", 10**400, ValueError, "too large"),
]


@pytest.mark.parametrize(("given", "error", "text"), [row[1:] for row in NO_NUMBERS], ids=[row[0] for row in NO_NUMBERS])
def test_what_is_no_number_is_refused_with_its_key(given: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error) as caught:
        values.checked_number("loss", given)
    assert "'loss'" in str(caught.value)
    assert text in str(caught.value)


GOOD_KEYS = ["loss", "train/loss", "precision@10", "Größe", "学習率", "a b", "f(x)=[1,2]", "x" * 250, "..a", "a..b"]
BAD_KEYS = ["", "/a", "a/", "a//b", "../a", "a/./b", "a\nb", "<b>", "a;b", "x" * 251, "🙂" * 3, '"; drop table runs; --']


@pytest.mark.parametrize("key", GOOD_KEYS)
def test_a_clean_key_is_taken(key: str) -> None:
    assert values.checked_key(key) == key


@pytest.mark.parametrize("key", BAD_KEYS)
def test_another_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        values.checked_key(key)


def test_a_key_that_is_no_string_is_refused() -> None:
    with pytest.raises(TypeError, match="int: 3"):
        values.checked_key(3)


def test_nested_dicts_are_joined_with_slashes() -> None:
    assert list(values.flatten({"train": {"loss": 1, "deep": {"er": 2}}, "n": 3}, "metric")) == [
        ("train/loss", 1),
        ("train/deep/er", 2),
        ("n", 3),
    ]


def test_a_joined_key_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="250"):
        list(values.flatten({"a" * 130: {"b" * 130: 1}}, "metric"))


@pytest.mark.parametrize("given", [[("loss", 1)], "loss", None, 3])
def test_metrics_come_as_a_dict(given: object) -> None:
    with pytest.raises(TypeError, match="dict"):
        list(values.flatten(given, "metric"))


STEPS = [(3, 3), (np.int64(-4), -4), (2**53 - 1, 2**53 - 1)]


@pytest.mark.parametrize(("given", "kept"), STEPS)
def test_a_step_is_a_whole_number(given: object, kept: int) -> None:
    assert values.checked_step(given) == kept


@pytest.mark.parametrize("given", [1.0, "1", True, None, np.float32(1)])
def test_another_step_is_refused(given: object) -> None:
    with pytest.raises(TypeError, match="whole number"):
        values.checked_step(given)


def test_a_step_that_json_cannot_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="2\\*\\*53"):
        values.checked_step(2**53)


def test_params_are_kept_as_text() -> None:
    assert values.checked_params({"a": 1, "b": True, "c": None, "d": {"e": [1, 2]}, "f": "x\x00y"}) == {
        "a": "1",
        "b": "True",
        "c": "None",
        "d/e": "[1, 2]",
        "f": "x\N{REPLACEMENT CHARACTER}y",
    }


def test_a_param_that_is_too_long_is_refused_with_a_way_out() -> None:
    with pytest.raises(ValueError, match=r"cellkeep\.text"):
        values.checked_params({"a": "x" * (wire.PARAM_VALUE_LIMIT + 1)})


def test_tags_may_be_names_alone() -> None:
    assert values.checked_tags(["baseline", "v2"]) == {"baseline": "", "v2": ""}
    assert values.checked_tags("baseline") == {"baseline": ""}
    assert values.checked_tags({"team": "ml", "n": 3}) == {"team": "ml", "n": "3"}


PATHS = ["../x", "/etc/passwd", "a//b", "a/..", "a\\b", "a\nb", "", "x" * 1025]


@pytest.mark.parametrize("path", PATHS)
def test_an_artifact_stays_within_its_run(path: str) -> None:
    with pytest.raises(ValueError, match="artifact"):
        values.checked_artifact_path(path)


def test_a_long_text_loses_its_middle() -> None:
    text = values.cut("a" * 500 + "b" * 500, 100)
    assert len(text) <= 100
    assert text.startswith("aaa")
    assert text.endswith("bbb")
    assert "left out" in text


def test_lengths_count_as_in_javascript() -> None:
    assert values.utf16_length("🙂") == 2
    assert values.utf16_length(values.cut("🙂" * 100, 80)) <= 80


def test_half_a_surrogate_is_replaced() -> None:
    assert values.storable("a\ud800b") == "a?b"
