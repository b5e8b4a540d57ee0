"""Hidden state: where the kernel holds what the notebook does not say, so that running it from the top would give something else.

``check`` is a pure function of the recorded executions and the document's cells. A notebook that was run from top to bottom has no
finding, whatever its cells change: an alarm needs a cell that ran *after* another one although it stands *before* it, one that was edited
after it ran, or one that is gone. What was bound to an equal value again, and edits of spaces and comments, are no changes.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from .names import analyse
from .slicing.selection import versions_of
from .slicing.slices import Executed
from .slicing.syntax import parse
from .slicing.versions import Versions, split

if TYPE_CHECKING:
    from .slicing.observer import Observer

Kind = Literal["stale", "edited", "gone", "order", "undefined"]
_STATES = ("random:", "out:", "module:", "figure:", "env:", "cwd:", "magic:", "run:", "same:", "equal:")

document: Callable[[], Sequence[tuple[str, str, str]] | None] | None = None
"""Gives the cells of the open notebook as (id, type, source), in order; set by the channel to the front end. None: read from disk."""


class DocumentCell(NamedTuple):
    """A cell of the document. ``type`` is ``code``, ``markdown`` or ``raw``."""

    id: str
    type: str
    source: str


@dataclass
class Finding:
    """One thing that a reader of the notebook cannot see.

    Attributes
    ----------
    cell_id : str
        The cell that is concerned; for ``gone`` the cell that reads what the deleted one has left.
    kind : str
        ``stale``: its inputs changed since it ran. ``edited``: it was edited after it ran and what the old text made is still there.
        ``gone``: it reads what a deleted cell has made. ``order``: it read what a later cell has made. ``undefined``: it reads a name
        that no cell defines.
    reason : str
        A sentence with the numbers of the executions and the names.
    executions : tuple of int
        Orders of the executions that are concerned.
    names : tuple of str
        Names that are concerned.
    """

    cell_id: str
    kind: Kind
    reason: str
    executions: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


@dataclass
class _Notebook:
    """Executions and cells, joined."""

    executions: Sequence[Executed]
    cells: list[DocumentCell]
    versions: Versions
    place: dict[str, int] = field(default_factory=dict)
    last: dict[str, Executed] = field(default_factory=dict)
    cell_of: dict[int, str] = field(default_factory=dict)
    by_order: dict[int, Executed] = field(default_factory=dict)


def check(
    executions: Sequence[Executed], document_cells: Iterable[tuple[str, str, str]] | None, known: Iterable[str] = ()
) -> list[Finding]:
    """What is hidden in a kernel's state.

    Parameters
    ----------
    executions
        Of the kernel's session, in order, with what each needed and touched.
    document_cells
        (id, type, source) of each cell in the document's order; None where the document is not known: then cells count as standing in the
        order in which they first ran, and only ``stale`` and ``order`` can be told.
    known
        Names that are there without any cell (of IPython's start-up files).

    Returns
    -------
    list of Finding
        In the document's order.
    """
    notebook = _joined(executions, document_cells)
    findings: list[Finding] = []
    stale = _stale(notebook)
    for cell in notebook.cells:
        ran = notebook.last.get(cell.id)
        if ran is None:
            continue
        edited = _edited(notebook, cell, ran) if document_cells is not None else None
        gone = _gone(notebook, cell, ran) if document_cells is not None else None
        left = set(gone.names) if gone is not None else set()
        undefined = _undefined(notebook, cell, left | set(known)) if document_cells is not None else None
        findings += [found for found in (stale.get(cell.id), edited, gone, _order(notebook, cell, ran), undefined) if found is not None]
    return findings


def _joined(executions: Sequence[Executed], document_cells: Iterable[tuple[str, str, str]] | None) -> _Notebook:
    cells = [DocumentCell(*cell) for cell in document_cells or () if cell[1] == "code"]
    told = any(execution.cell_id for execution in executions)
    by_source: dict[str, str] = {}
    for cell in cells if not all(execution.cell_id for execution in executions) else []:
        by_source.setdefault(_meaning(cell.source), cell.id)
    ids = {cell.id for cell in cells}
    notebook = _Notebook(executions, cells, versions_of(executions))
    for execution in executions:
        cell_id = execution.cell_id
        if cell_id is None or (cell_id not in ids and document_cells is not None and not told):
            # Runners that tell no ids: a cell is known by its text.
            cell_id = by_source.get(_meaning(execution.source), f"#{execution.order}")
        notebook.cell_of[execution.order] = cell_id
        notebook.by_order[execution.order] = execution
        notebook.last[cell_id] = execution
        if document_cells is None and cell_id not in ids:
            ids.add(cell_id)
            notebook.cells.append(DocumentCell(cell_id, "code", execution.source))
    notebook.place = {cell.id: place for place, cell in enumerate(notebook.cells)}
    return notebook


@lru_cache(maxsize=4_096)
def _meaning(source: str) -> str:
    """A cell's text without spaces and comments."""
    tree = parse(source)
    return ast.dump(tree) if tree is not None else source.strip()


def _is_value(name: str) -> bool:
    return not name.startswith(_STATES)


def _label(execution: Executed) -> str:
    return f"In[{execution.number}]" if execution.number is not None else f"execution {execution.order}"


def _shown(name: str) -> str:
    return f"the file `{name[5:]}`" if name.startswith("file:") else f"`{name}`"


def _meets(read: str, touched: str) -> bool:
    """Whether a touch concerns what was read: the same name, and not another part of it."""
    (one, part), (other, changed) = split(read), split(touched)
    return one == other and (not part or not changed or part == changed)


def _stale(notebook: _Notebook) -> dict[str, Finding]:
    """Cells whose inputs were changed by a cell above them that ran after them, directly or through a stale cell."""
    changes: list[tuple[Executed, str, str]] = []
    for execution in notebook.executions:
        touches = execution.flow["touches"]
        equal = {touch["name"].partition(":")[2] for touch in touches if touch["name"].startswith(("same:", "equal:"))}
        changes += [
            (execution, touch["name"], touch["how"]) for touch in touches if _is_value(touch["name"]) and touch["name"] not in equal
        ]
    by_root: dict[str, list[tuple[Executed, str, str]]] = {}
    for change in changes:
        by_root.setdefault(split(change[1])[0], []).append(change)
    found: dict[str, Finding] = {}
    for cell in notebook.cells:
        ran = notebook.last.get(cell.id)
        if ran is None:
            continue
        own = {split(touch["name"])[0] for touch in ran.flow["touches"]}
        for need in ran.flow["needs"]:
            finding = _stale_by(notebook, cell, ran, need["names"], need["order"], own, by_root, found)
            if finding is not None:
                found[cell.id] = finding
                break
    return found


def _stale_by(
    notebook: _Notebook,
    cell: DocumentCell,
    ran: Executed,
    names: Sequence[str],
    maker: int,
    own: set[str],
    changes: Mapping[str, Sequence[tuple[Executed, str, str]]],
    found: Mapping[str, Finding],
) -> Finding | None:
    place = notebook.place[cell.id]
    for name in names:
        if not _is_value(name):
            continue
        root = split(name)[0]
        for later, touched, how in reversed(changes.get(root, ())):
            if later.order <= ran.order:
                break
            above = notebook.place.get(notebook.cell_of[later.order], place) < place
            # What this cell has itself changed is changed further by others as a matter of course; bound anew it was not.
            if not above or not _meets(name, touched) or (root in own and how != "bound"):
                continue
            verb = {"bound": "bound anew", "changed": "changed", "deleted": "deleted"}[how]
            return Finding(
                cell.id,
                "stale",
                f"reads {_shown(root)}, which {_label(later)} {verb} after this ran as {_label(ran)}",
                (ran.order, later.order),
                (root,),
            )
    source = notebook.cell_of.get(maker, "")
    if source in found and source != cell.id and notebook.last[source].order == maker:
        values = [name for name in names if _is_value(name)]
        if values:
            text = f"reads {_shown(values[0])}, which {_label(notebook.by_order[maker])} made and which is stale itself"
            return Finding(cell.id, "stale", text, (ran.order, maker), tuple(values))
    return None


def _alive(notebook: _Notebook, order: int) -> list[str]:
    """Names that are still what an execution made of them."""
    names = {split(touch["name"])[0] for touch in notebook.by_order[order].flow["touches"] if _is_value(touch["name"])}
    return sorted(name for name in names if any(maker.order == order for maker in notebook.versions.makers(name)))


def _edited(notebook: _Notebook, cell: DocumentCell, ran: Executed) -> Finding | None:
    if cell.source == ran.source or _meaning(cell.source) == _meaning(ran.source):
        return None
    names = _alive(notebook, ran.order)
    if not names:
        return None
    shown = " and ".join(_shown(name) for name in names[:3])
    verb = "is" if len(names) == 1 else "are"
    reason = f"was edited after it ran as {_label(ran)}; {shown} {verb} still what the old text made"
    return Finding(cell.id, "edited", reason, (ran.order,), tuple(names))


def _gone(notebook: _Notebook, cell: DocumentCell, ran: Executed) -> Finding | None:
    for need in ran.flow["needs"]:
        maker = notebook.by_order.get(need["order"])
        if maker is None or notebook.cell_of[maker.order] in notebook.place:
            continue
        alive = set(_alive(notebook, maker.order))
        names = tuple(dict.fromkeys(split(name)[0] for name in need["names"] if _is_value(name) and split(name)[0] in alive))
        if names:
            reason = f"reads {_shown(names[0])}, which {_label(maker)} made in a cell that is gone"
            return Finding(cell.id, "gone", reason, (ran.order, maker.order), names)
    return None


def _order(notebook: _Notebook, cell: DocumentCell, ran: Executed) -> Finding | None:
    place = notebook.place[cell.id]
    for need in ran.flow["needs"]:
        maker = notebook.by_order.get(need["order"])
        source = notebook.cell_of[maker.order] if maker is not None else ""
        if maker is None or notebook.place.get(source, -1) <= place:
            continue
        names = tuple(dict.fromkeys(split(name)[0] for name in need["names"] if _is_value(name)))
        names = tuple(name for name in names if not _made_above(notebook, name, maker.order, place))
        if names:
            reason = f"read {_shown(names[0])} as {_label(ran)}, from a cell below it, which had run before as {_label(maker)}"
            return Finding(cell.id, "order", reason, (ran.order, maker.order), names)
    return None


def _made_above(notebook: _Notebook, name: str, order: int, place: int) -> bool:
    """Whether the execution bound a name to what a cell above had bound it to before."""
    touches = notebook.by_order[order].flow["touches"]
    if not any(touch["name"] in (f"same:{name}", f"equal:{name}") for touch in touches):
        return False
    return any(
        notebook.place.get(notebook.cell_of[earlier.order], place) < place
        and any(touch["name"] == name and touch["how"] == "bound" for touch in earlier.flow["touches"])
        for earlier in notebook.executions
        if earlier.order < order
    )


def _undefined(notebook: _Notebook, cell: DocumentCell, known: set[str]) -> Finding | None:
    missing = [name for name in sorted(_reads(cell.source)) if name not in known and not _is_defined(notebook, name)]
    if not missing:
        return None
    shown = " and ".join(f"`{name}`" for name in missing[:3])
    return Finding(cell.id, "undefined", f"reads {shown}, which no cell defines", (notebook.last[cell.id].order,), tuple(missing))


@lru_cache(maxsize=4_096)
def _reads(source: str) -> frozenset[str]:
    return frozenset(analyse(source).reads)


@lru_cache(maxsize=4_096)
def _writes(source: str) -> frozenset[str]:
    return frozenset(analyse(source).writes)


def _is_defined(notebook: _Notebook, name: str) -> bool:
    for cell in notebook.cells:
        if name in _writes(cell.source):
            return True
        ran = notebook.last.get(cell.id)
        if ran is not None and any(touch["name"] == name and touch["how"] == "bound" for touch in ran.flow["touches"]):
            return True
    return False


class Findings(list[Finding]):
    """Findings as a notebook shows them."""

    def __init__(self, found: Iterable[Finding], numbers: Mapping[str, int | None]) -> None:
        super().__init__(found)
        self._numbers = dict(numbers)

    def __repr__(self) -> str:
        if not self:
            return "no hidden state: run from top to bottom, the notebook gives what is here"
        return "\n".join(f"{self._place(found):10} {found.kind:9} {found.reason}" for found in self)

    def _place(self, found: Finding) -> str:
        number = self._numbers.get(found.cell_id)
        return f"In[{number}]" if number is not None else found.cell_id[:8]


def check_kernel() -> Findings:
    """Findings of this kernel and its notebook; see ``cellkeep.check``.

    Raises
    ------
    RuntimeError
        No cells are recorded here.
    """
    from .kernel import recorder

    found = recorder()
    if found is None:
        raise RuntimeError("no cells are recorded here: load the extension in an IPython kernel (`%load_ext cellkeep`)")
    executions = found.observer.executions
    findings = check_observed(found.observer, _document_cells())
    numbers = {e.cell_id if e.cell_id is not None else f"#{e.order}": e.number for e in executions}
    return Findings(findings, numbers)


def check_observed(observer: Observer, cells: Sequence[tuple[str, str, str]] | None) -> list[Finding]:
    """``check`` of what an observer has seen; names of its namespace that none of it has made are known."""
    executions = list(observer.executions)
    made = {split(touch["name"])[0] for e in executions for touch in e.flow["touches"]}
    known = [name for name in observer.namespace if name not in made]
    return check(executions, cells, known)


def _document_cells() -> list[DocumentCell] | None:
    told = document() if document is not None else None
    if told is not None:
        return [DocumentCell(*cell) for cell in told]
    from .tracker import tracker

    path = tracker().session.notebook_path
    return read_document(path) if path else None


def read_document(path: str) -> list[DocumentCell] | None:
    """Cells of a notebook on disk; None where it cannot be read."""
    import os

    place = Path(path)
    if not place.is_absolute():
        place = Path(os.environ.get("CELLKEEP_JUPYTER_ROOT", ".")) / place
    try:
        notebook = json.loads(place.read_text(encoding="utf-8"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        return [
            DocumentCell(
                str(cell.get("id") or f"cell-{at}"), str(cell.get("cell_type", "")), _joined_text(cell.get("source", cell.get("input", "")))
            )
            for at, cell in enumerate(cells)
        ]
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None


def _joined_text(source: object) -> str:
    return "".join(str(line) for line in source) if isinstance(source, list) else str(source)
