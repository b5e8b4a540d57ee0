"""Figures, tables and texts as bytes: what they are told from by duck, so that nothing is imported that the user has not imported."""

from __future__ import annotations

import csv
import io
import mimetypes
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple


class Content(NamedTuple):
    """Bytes, their media type, and the extension that a name without one gets."""

    data: bytes
    media_type: str
    extension: str


_IMAGES = (
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"GIF8", "image/gif", ".gif"),
    (b"%PDF-", "application/pdf", ".pdf"),
    (b"<svg", "image/svg+xml", ".svg"),
    (b"<?xml", "image/svg+xml", ".svg"),
)


def figure_content(figure: Any) -> Content:
    """A matplotlib figure, axes or module as PNG (144 dpi), a plotly figure as HTML, a PIL image as PNG, image bytes as they are.

    Raises
    ------
    TypeError
        It is none of these.
    ValueError
        The bytes are no PNG, JPEG, GIF, WebP, SVG or PDF.
    """
    if isinstance(figure, (bytes, bytearray, memoryview)):
        return _image_bytes(bytes(figure))
    target = figure
    if hasattr(figure, "get_figure") and not hasattr(figure, "savefig"):
        target = figure.get_figure()  # Axes
    elif hasattr(figure, "figure") and hasattr(figure.figure, "savefig"):
        target = figure.figure  # seaborn's grids
    if hasattr(target, "savefig"):  # Figure, or the module matplotlib.pyplot
        buffer = io.BytesIO()
        target.savefig(buffer, format="png", dpi=144, bbox_inches="tight")
        return Content(buffer.getvalue(), "image/png", ".png")
    if hasattr(figure, "to_html") and hasattr(figure, "to_plotly_json"):
        return Content(figure.to_html(include_plotlyjs=True, full_html=True).encode(), "text/html", ".html")
    if hasattr(figure, "save") and hasattr(figure, "convert") and hasattr(figure, "mode"):
        buffer = io.BytesIO()
        image = figure if figure.mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I") else figure.convert("RGB")
        image.save(buffer, format="PNG")
        return Content(buffer.getvalue(), "image/png", ".png")
    raise TypeError(
        f"a figure is a matplotlib or plotly figure, a PIL image or the bytes of an image, not {type(figure).__name__}; "
        "a file goes to cellkeep.artifact"
    )


def _image_bytes(data: bytes) -> Content:
    for start, media_type, extension in _IMAGES:
        if data.lstrip()[: len(start)] == start:
            return Content(data, media_type, extension)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return Content(data, "image/webp", ".webp")
    raise ValueError("these bytes are no PNG, JPEG, GIF, WebP, SVG or PDF; other files go to cellkeep.artifact")


def table_content(table: Any) -> Content:
    """A pandas or polars frame, a list of dicts or a dict of columns, as CSV in UTF-8.

    pandas: an index that is not just 0, 1, 2 … becomes the first columns.

    Raises
    ------
    TypeError
        It is none of these.
    ValueError
        Columns differ in length.
    """
    if hasattr(table, "to_csv"):
        return _csv(_pandas_csv(table))
    if hasattr(table, "write_csv"):
        return _csv(table.write_csv())
    if isinstance(table, Mapping):
        columns = {str(name): list(values) for name, values in table.items()}
        if len({len(values) for values in columns.values()}) > 1:
            lengths = {name: len(values) for name, values in columns.items()}
            raise ValueError(f"the columns of a table are equally long; these are {lengths}")
        return _csv(_rows_csv(list(columns), zip(*columns.values(), strict=True)))
    if isinstance(table, Sequence) and not isinstance(table, (str, bytes)) and all(isinstance(row, Mapping) for row in table):
        names = list(dict.fromkeys(str(name) for row in table for name in row))
        by_name = ({str(name): value for name, value in row.items()} for row in table)
        return _csv(_rows_csv(names, ([row.get(name, "") for name in names] for row in by_name)))
    raise TypeError(f"a table is a pandas or polars frame, a list of dicts or a dict of columns, not {type(table).__name__}")


def _pandas_csv(frame: Any) -> str:
    index = getattr(frame, "index", None)
    plain = type(index).__name__ == "RangeIndex" and index is not None and index.name is None
    return str(frame.to_csv(index=not plain))


def _rows_csv(names: list[str], rows: Iterable[Iterable[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue()


def _csv(text: str) -> Content:
    return Content(text.encode("utf-8", "replace"), "text/csv", ".csv")


def named(name: str, extension: str) -> str:
    """The name, with the extension unless it has one of its own.

    Examples
    --------
    >>> named("roc", ".png"), named("roc.svg", ".png"), named("v1.2 roc", ".png")
    ('roc.png', 'roc.svg', 'v1.2 roc.png')
    """
    return name if mimetypes.guess_type(name)[0] or name.endswith(extension) else name + extension


def media_type_of(path: str | Path) -> str:
    """Media type by extension; bytes of unknown kind are ``application/octet-stream``."""
    found = {
        ".md": "text/markdown",
        ".csv": "text/csv",
        ".ipynb": "application/x-ipynb+json",
        ".parquet": "application/vnd.apache.parquet",
    }
    extension = Path(path).suffix.lower()
    return found.get(extension) or mimetypes.guess_type(str(path))[0] or "application/octet-stream"


def kind_of(media_type: str) -> str:
    """What a file is to the person: figure, table, text or just a file."""
    if media_type.startswith("image/"):
        return "figure"
    if media_type in ("text/csv", "text/tab-separated-values"):
        return "table"
    return "text" if media_type.startswith("text/") and media_type != "text/html" else "file"
