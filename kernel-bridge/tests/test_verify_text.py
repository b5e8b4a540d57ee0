"""Text and tables as they are compared: what is a result is never taken for an address, and no text takes long."""

from __future__ import annotations

import time

import pytest

from cellkeep.verifying.compare_numbers import Tolerance
from cellkeep.verifying.compare_tables import compare_tables, read_html
from cellkeep.verifying.compare_text import compare_text

DIGEST, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
UUID, OTHER_UUID = "01234567-89ab-cdef-0123-456789abcdef", "fedcba98-7654-3210-fedc-ba9876543210"
SAME = [
    ("an address within a representation", "<Tree at 0x7f3a1234abcd>", "<Tree at 0x7f0000000010>"),
    ("a dead object", "<weakref at 0x7f3a1234abcd; dead>", "<weakref at 0x7f0000000010; dead>"),
    ("a folder of a run", f"s3://bucket/mlruns/7/{DIGEST}/artifacts/a", f"s3://bucket/mlruns/7/{OTHER}/artifacts/a"),
    ("the address of a run", f"http://a/#/experiments/1/runs/{DIGEST}", f"http://a/#/experiments/1/runs/{OTHER}"),
    ("an id of a run in a representation", f"<Run: run_id='{UUID}'>", f"<Run: run_id='{OTHER_UUID}'>"),
    ("a model of a run", f"runs:/{DIGEST}/model", f"runs:/{OTHER}/model"),
    ("a logged model", f"models:/m-{DIGEST}", f"models:/m-{OTHER}"),
    ("the place of a plot", f'<div id="{UUID}">', f'<div id="{OTHER_UUID}">'),
    (
        "a marker of matplotlib's SVG",
        '<path id="m0123456789"/><use href="#m0123456789"/>',
        '<path id="mabcdef6789"/><use href="#mabcdef6789"/>',
    ),
    ("a line that was overwritten", "10%\r 50%\r100%\nauc 0.9", "33%\r100%\nauc 0.9"),
    ("a cell below a folder", "in /tmp/a/ipykernel_1/2.py:3", "in /var/b/ipykernel_77/1.py:9"),
]
DIFFERENT = [
    ("a digest of data", f"md5 {DIGEST}", f"md5 {OTHER}"),
    ("an id that is data", f"user {UUID}", f"user {OTHER_UUID}"),
    ("a hexadecimal result", "mask 0x1234567", "mask 0x1234568"),
    ("a result that begins like an address", "found at 0x1234567", "found at 0x1234568"),
    ("what is left of a line", "10%\rauc 0.91", "10%\rauc 0.92"),
    ("an empty line", "a\n\nb", "a\nb"),
    ("a result beside a page's address", "auc 0.91 View run x at: http://a", "auc 0.92 View run x at: http://a"),
]


@pytest.mark.parametrize(("was", "now"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_what_differs_from_process_to_process_is_known_by_where_it_stands(was: str, now: str) -> None:
    assert compare_text(was, now) is None


@pytest.mark.parametrize(("was", "now"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_what_only_looks_like_an_address_is_a_result(was: str, now: str) -> None:
    assert compare_text(was, now) is not None


def test_the_line_that_differs_is_named_by_its_number_in_the_text() -> None:
    found = compare_text("a\nb\nc\nd", "a\nb\nx\nd")
    assert found is not None
    assert (found.was, found.now) == ("line 3: c", "line 3: x")
    shorter = compare_text("a\nb", "a")
    assert shorter is not None
    assert (shorter.was, shorter.now) == ("line 2: b", "(ends after 1 lines)")


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "/",
        "a\r",
        "/ipykernel_1",
        "/ipykernel_1/2.py ",
        "/var/folders/a/",
        "in View run at: http ",
        "run ",
        " at 0x1234567",
        "0123abcd-",
        "<dc:date>",
    ],
)
def test_a_megabyte_in_one_line_is_compared_in_less_than_two_seconds(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    assert compare_text(text + "x", text + "y") is not None
    assert time.process_time() - began < 2


def test_cells_of_many_digits_are_compared_as_fast_as_they_are_read() -> None:
    digits = "1" * 1_000_000
    began = time.process_time()
    assert compare_tables([[digits + "x"]], [[digits + "y"]], Tolerance(0.1, 0)) is not None
    assert compare_tables([["1" * 350]], [["2" * 350]], Tolerance(0.1, 0)) is not None, "both are beyond a double, and no infinity"
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("1,234,567.5", "1234567.5", True),
        ("1,5", "15", False),
        ("12,34", "1234", False),
        ("5%", "5.0%", True),
        ("5%", "5", False),
        ("nan", "NaN", True),
        ("\N{MINUS SIGN}1", "-1.0", True),
    ],
)
def test_a_cell_is_a_number_with_its_unit(was: str, now: str, same: bool) -> None:
    assert (compare_tables([[was]], [[now]], Tolerance(1e-9, 0)) is None) == same


def test_html_is_its_tables_the_text_around_them_and_its_images() -> None:
    images = '<img src="data:image/png;base64,AA"><img src="a.png">'
    found = read_html(f"<h2>A &amp; B</h2><style>x</style><table><tr><td>1</td></tr></table><p>2  rows</p>{images}")
    assert found is not None
    assert (found.table, found.text, found.images[1]) == ([["1"]], "A & B\n2 rows", "a.png")
    assert found.images[0].startswith("data with SHA-256 ")
    assert read_html("<p>no table</p>") is None


@pytest.mark.parametrize(
    "html", ["<table" * 100_000, "<table><tr><td>1</td></tr>" + "<![" * 500], ids=["never closed", "broken declarations"]
)
def test_html_that_is_none_is_compared_as_text_and_takes_no_time(html: str) -> None:
    began = time.process_time()
    assert read_html(html) is None
    assert time.process_time() - began < 2
