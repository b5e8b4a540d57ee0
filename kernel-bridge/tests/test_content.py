"""Figures, tables and texts as bytes."""

from __future__ import annotations

import io

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from cellkeep import content

mpl.use("agg")
PNG = b"\x89PNG\r\n\x1a\n"


def drawn() -> Figure:
    figure = Figure()
    figure.add_subplot().plot([1, 2])
    return figure


def test_a_matplotlib_figure_becomes_png() -> None:
    made = content.figure_content(drawn())
    assert made.data.startswith(PNG)
    assert (made.media_type, made.extension) == ("image/png", ".png")


def test_axes_stand_for_their_figure() -> None:
    assert content.figure_content(drawn().axes[0]).data.startswith(PNG)


def test_a_pil_image_becomes_png() -> None:
    made = content.figure_content(Image.new("CMYK", (2, 3)))
    assert Image.open(io.BytesIO(made.data)).size == (2, 3)


IMAGES = [(PNG + b"x", ".png"), (b"\xff\xd8\xffx", ".jpg"), (b"<svg></svg>", ".svg"), (b"RIFF1234WEBP", ".webp"), (b"%PDF-1.7", ".pdf")]


@pytest.mark.parametrize(("data", "extension"), IMAGES)
def test_image_bytes_stay_as_they_are(data: bytes, extension: str) -> None:
    made = content.figure_content(data)
    assert (made.data, made.extension) == (data, extension)


def test_other_bytes_are_no_figure() -> None:
    with pytest.raises(ValueError, match=r"cellkeep\.artifact"):
        content.figure_content(b"hello")


@pytest.mark.parametrize("given", [None, 3, [1, 2], "a.png"])
def test_what_is_no_figure_is_refused(given: object) -> None:
    with pytest.raises(TypeError, match="figure"):
        content.figure_content(given)


TABLES = [
    ("frame", pd.DataFrame({"a": [1, 2], "b": ["x", "y,z"]}), 'a,b\n1,x\n2,"y,z"\n'),
    ("frame with an index", pd.DataFrame({"a": [1]}, index=pd.Index(["UA"], name="carrier")), "carrier,a\nUA,1\n"),
    ("dicts", [{"a": 1}, {"a": 2, "b": 3}], "a,b\n1,\n2,3\n"),
    ("columns", {"a": [1, 2], "b": [3.5, None]}, "a,b\n1,3.5\n2,\n"),
    ("no rows", [], "\n"),
]


@pytest.mark.parametrize(("table", "text"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_a_table_becomes_csv(table: object, text: str) -> None:
    assert content.table_content(table).data.decode() == text


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="equally long"):
        content.table_content({"a": [1], "b": []})


@pytest.mark.parametrize("given", [None, "a,b", 3, [1, 2]])
def test_what_is_no_table_is_refused(given: object) -> None:
    with pytest.raises(TypeError, match="table"):
        content.table_content(given)


KINDS = [("a.png", "figure"), ("a.csv", "table"), ("a.md", "text"), ("a.html", "file"), ("model.pkl", "file"), ("a.txt", "text")]


@pytest.mark.parametrize(("path", "kind"), KINDS)
def test_what_a_file_is_to_a_person(path: str, kind: str) -> None:
    assert content.kind_of(content.media_type_of(path)) == kind
