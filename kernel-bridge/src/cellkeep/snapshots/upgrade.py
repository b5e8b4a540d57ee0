"""Notebooks of nbformat 3 (IPython 0.13 to 2) as cells of nbformat 4.

What changed stands in nbformat's documentation, "The Notebook file format", under backward-compatible and other changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_MEDIA_TYPES = {
    "text": "text/plain",
    "html": "text/html",
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "latex": "text/latex",
    "json": "application/json",
    "javascript": "application/javascript",
    "pdf": "application/pdf",
}
_OUTPUT_TYPES = {"pyout": "execute_result", "pyerr": "error", "display_data": "display_data", "stream": "stream"}


def cells_of(notebook: dict[str, Any], major: int) -> Iterator[Any]:
    """Cells in nbformat 4, whatever the notebook is of; anything that is no cell is passed on for the reader to judge."""
    if major >= 4:
        cells = notebook.get("cells")
        yield from cells if isinstance(cells, list) else []
        return
    sheets = notebook.get("worksheets")
    for sheet in sheets if isinstance(sheets, list) else []:
        cells = sheet.get("cells") if isinstance(sheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            yield _cell(cell) if isinstance(cell, dict) else cell


def _cell(cell: dict[str, Any]) -> dict[str, Any]:
    kind = cell.get("cell_type")
    metadata = dict(cell["metadata"]) if isinstance(cell.get("metadata"), dict) else {}
    if kind == "code":
        if cell.get("collapsed") is not None:
            metadata["collapsed"] = bool(cell["collapsed"])
        outputs = cell.get("outputs")
        return {
            "cell_type": "code",
            "metadata": metadata,
            "source": cell.get("input", ""),
            "execution_count": cell.get("prompt_number"),
            "outputs": [_output(output) for output in outputs] if isinstance(outputs, list) else [],
        }
    source = cell.get("source", "")
    if kind == "heading":
        text = "".join(source) if isinstance(source, list) else str(source)
        level = cell.get("level")
        marks = "#" * (min(max(level, 1), 6) if isinstance(level, int) else 1)
        line = re.sub(r"\s*\n\s*", " ", text)
        return {"cell_type": "markdown", "metadata": metadata, "source": f"{marks} {line}"}
    return {"cell_type": "markdown" if kind == "html" else kind, "metadata": metadata, "source": source}


def _output(output: Any) -> Any:
    if not isinstance(output, dict):
        return output
    kind = _OUTPUT_TYPES.get(str(output.get("output_type")))
    if kind == "stream":
        return {"output_type": kind, "name": output.get("stream", "stdout"), "text": output.get("text", "")}
    if kind == "error":
        return {"output_type": kind, **{name: output.get(name) for name in ("ename", "evalue", "traceback")}}
    data = {media_type: output[name] for name, media_type in _MEDIA_TYPES.items() if name in output}
    data.update({name: value for name, value in output.items() if "/" in name})
    metadata = output.get("metadata") if isinstance(output.get("metadata"), dict) else {}
    return {
        "output_type": kind,
        "data": data,
        "metadata": {_MEDIA_TYPES.get(name, name): value for name, value in (metadata or {}).items()},
    }
