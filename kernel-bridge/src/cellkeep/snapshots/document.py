"""The notebook as it lies on disk, where no editor answers: nbformat 3 to 4.5 brought to 4.5, what is broken in it repaired and told.

A script is a notebook of one cell. Nothing here needs nbformat, which a kernel's environment may not have.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, cast

from ..values import cut
from ..wire import CELLS_LIMIT, NAME_LIMIT, OUTPUTS_OF_CELL_LIMIT, SOURCE_LIMIT, CellEntry, NotebookDocument
from .canonical import canonical, cell_part, joined
from .outputs import CELL_LIMIT, clean_output
from .upgrade import cells_of

PutPart = Callable[[Literal["cell", "output"], str], str]
"""Sends a part, if that was not done before, and returns its digest."""
_CELL_TYPES = ("code", "markdown", "raw")
_METADATA_LIMIT = 1_000_000  # characters
_FILE_LIMIT = 2 * 1024**3


class UnreadableNotebook(ValueError):
    """There is no document to be had; the text says why."""


class _Warnings(list[str]):
    def add(self, text: str) -> None:
        """Note it once."""
        if text not in self and len(self) < 100:
            self.append(cut(text, 1_000))


def read_notebook(path: Path, put: PutPart, sources: list[tuple[str, str, str]] | None = None) -> NotebookDocument:
    """The notebook at a path, its cells and outputs put as parts; ``sources`` gets (id, type, source) of each cell.

    Raises
    ------
    UnreadableNotebook
        There is no such file, it is no JSON or no notebook.
    """
    try:
        if path.stat().st_size > _FILE_LIMIT:
            raise UnreadableNotebook(f"{path} has more than {_FILE_LIMIT:,} bytes and is not read")
        content = json.loads(path.read_text(encoding="utf-8-sig", errors="replace"))
    except OSError as error:
        raise UnreadableNotebook(f"{path} cannot be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableNotebook(f"{path} is no JSON ({error}); save the notebook again") from error
    return document_of(content, put, str(path), sources)


def document_of(
    content: Any, put: PutPart, path: str = "the notebook", sources: list[tuple[str, str, str]] | None = None
) -> NotebookDocument:
    """A notebook's JSON as a document; see ``read_notebook``.

    Raises
    ------
    UnreadableNotebook
        It is no notebook of nbformat 3 or 4.
    """
    major, minor = _version(content)
    if major not in (3, 4):
        raise UnreadableNotebook(f"{path} is of nbformat {major}; open it in Jupyter and save it again")
    warnings = _Warnings()
    metadata = content.get("metadata") if isinstance(content.get("metadata"), dict) else {}
    if len(canonical(metadata)) > _METADATA_LIMIT:
        warnings.add("the notebook's metadata are too large and left out, but for kernelspec and language_info")
        metadata = {name: metadata[name] for name in ("kernelspec", "language_info") if name in metadata}
    ids: set[str] = set()
    cells: list[CellEntry] = []
    for index, cell in enumerate(cells_of(content, major)):
        if index >= CELLS_LIMIT:
            warnings.add(f"cells after the first {CELLS_LIMIT:,} are left out")
            break
        if not isinstance(cell, dict) or cell.get("cell_type") not in _CELL_TYPES:
            warnings.add(f"cell {index + 1} is left out: it is no code, Markdown or raw cell")
            continue
        entry = _entry(cell, index, ids, put, warnings, has_ids=(major, minor) >= (4, 5))
        cells.append(entry)
        if sources is not None:
            source = joined(cell.get("source", ""))
            sources.append((entry["id"], entry["type"], source if isinstance(source, str) else ""))
    return {"takenFrom": "disk", "nbformat": [major, minor], "metadata": metadata, "cells": cells, "warnings": list(warnings)}


def _version(content: Any) -> tuple[int, int]:
    if not isinstance(content, dict):
        return 0, 0
    found = [content.get(name, 0) for name in ("nbformat", "nbformat_minor")]
    return cast("tuple[int, int]", tuple(value if isinstance(value, int) and 0 <= value < 2**31 else 0 for value in found))


def _entry(cell: dict[str, Any], index: int, ids: set[str], put: PutPart, warnings: _Warnings, has_ids: bool) -> CellEntry:
    source = joined(cell.get("source", ""))
    if not isinstance(source, str):
        warnings.add(f"cell {index + 1} has no source")
        source = ""
    if len(source) > SOURCE_LIMIT:
        warnings.add(f"cell {index + 1} has more than {SOURCE_LIMIT:,} characters; its middle is left out")
    clean = {"cell_type": cell["cell_type"], "metadata": cell.get("metadata"), "source": cut(source, SOURCE_LIMIT)}
    count = cell.get("execution_count")
    return {
        "id": _id(cell.get("id"), index, ids, warnings, has_ids),
        "type": cell["cell_type"],
        "cell": put("cell", cell_part({**clean, "attachments": cell.get("attachments")})),
        "executionCount": count if isinstance(count, int) and not isinstance(count, bool) and abs(count) < 2**31 else None,
        "outputs": list(_outputs(cell, index, put, warnings)),
    }


def _id(given: Any, index: int, ids: set[str], warnings: _Warnings, has_ids: bool) -> str:
    """The cell's id, or one that is the same each time the same notebook is read."""
    if isinstance(given, str) and given and given not in ids and len(given) <= NAME_LIMIT:
        ids.add(given)
        return given
    if has_ids:
        is_taken = isinstance(given, str) and given in ids
        warnings.add(f"cell {index + 1} has {'the id of another one' if is_taken else 'no valid id'}; it was given a new one")
    made, round_ = "", 0
    while not made or made in ids:
        made, round_ = uuid.uuid5(uuid.NAMESPACE_URL, f"cellkeep:cell:{index}:{round_}").hex[:8], round_ + 1
    ids.add(made)
    return made


def _outputs(cell: dict[str, Any], index: int, put: PutPart, warnings: _Warnings) -> Iterator[str]:
    given = cell.get("outputs") if cell["cell_type"] == "code" else None
    size = 0
    for at, output in enumerate(given if isinstance(given, list) else []):
        text = clean_output(output)
        if text is None:
            warnings.add(f"an output of cell {index + 1} is left out: it is none of nbformat 4")
            continue
        size += len(text)
        if size > CELL_LIMIT or at >= OUTPUTS_OF_CELL_LIMIT:
            warnings.add(f"cell {index + 1}: outputs beyond {CELL_LIMIT:,} bytes or {OUTPUTS_OF_CELL_LIMIT:,} of them are left out")
            return
        yield put("output", text)


def script_document(path: Path, put: PutPart) -> NotebookDocument:
    """A script as a notebook of one cell.

    Raises
    ------
    UnreadableNotebook
        It cannot be read.
    """
    try:
        source = path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise UnreadableNotebook(f"{path} cannot be read ({error.strerror})") from error
    warnings = [f"the script has more than {SOURCE_LIMIT:,} characters; its middle is left out"] if len(source) > SOURCE_LIMIT else []
    cell = {"cell_type": "code", "metadata": {}, "source": cut(source, SOURCE_LIMIT)}
    entry: CellEntry = {"id": "script", "type": "code", "cell": put("cell", cell_part(cell)), "executionCount": None, "outputs": []}
    return {
        "takenFrom": "disk",
        "nbformat": [4, 5],
        "metadata": {"language_info": {"name": "python"}},
        "cells": [entry],
        "warnings": warnings,
    }


def locate(notebook: str) -> Path | None:
    """The file of a notebook that Jupyter names by its contents path; None where it cannot be found.

    The root may be told by ``CELLKEEP_JUPYTER_ROOT``; else the kernel runs in the notebook's folder, as Jupyter starts it.
    """
    root = os.environ.get("CELLKEEP_JUPYTER_ROOT")
    named = os.environ.get("JPY_SESSION_NAME", "")
    candidates = [Path(notebook)] if os.path.isabs(notebook) else []
    if root:
        candidates.append(Path(root) / notebook.lstrip("/"))
    if named.endswith("/" + notebook.lstrip("/")):
        candidates.append(Path(named))
    candidates += [Path.cwd() / notebook, Path.cwd() / Path(notebook).name]
    return next((path for path in candidates if path.is_file()), None)
