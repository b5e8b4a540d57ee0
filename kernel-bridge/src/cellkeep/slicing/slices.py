"""A slice as people use it: shown, written as a notebook or a script, run again."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .selection import Reason
from .syntax import transformed

if TYPE_CHECKING:
    from .versions import Flow

_FUTURE = re.compile(r"^from __future__ import [^\n]+$", re.MULTILINE)
_SHELL = """\
# Magics and shell commands are calls of IPython, which this starts where it does not run yet.
import sys

try:
    get_ipython()
except NameError:
    from IPython.core.interactiveshell import InteractiveShell

    _shell = InteractiveShell.instance(user_module=sys.modules["__main__"], user_ns=globals())

    def get_ipython():
        return _shell
"""


class Executed(Protocol):
    """An execution with its text and its record."""

    @property
    def order(self) -> int:
        """Place in the session."""

    @property
    def number(self) -> int | None:
        """The number in ``In [n]``."""

    @property
    def cell_id(self) -> str | None:
        """Id of the cell."""

    @property
    def source(self) -> str:
        """Text that ran."""

    @property
    def status(self) -> str:
        """``ok``, ``error`` or ``aborted``."""

    @property
    def flow(self) -> Flow:
        """What it needed and touched."""


@dataclass(frozen=True)
class SliceExecution:
    """An execution in a slice.

    Attributes
    ----------
    number : int or None
        The number in ``In [n]``.
    order : int
        Place in the session; never repeats.
    cell_id : str or None
        Id of the cell, where the front end told one.
    source : str
        Text that ran.
    why : str
        Why it is in the slice.
    sure : bool
        False where it may not be needed and is in to be sure.
    failed : bool
        Whether it ended with an error; what it did before that counts.
    """

    number: int | None
    order: int
    cell_id: str | None
    source: str
    why: str
    sure: bool
    failed: bool = False


class Slice:
    """The executions that a value depends on, in an order that runs.

    Attributes
    ----------
    name : str
        What was asked for.
    executions : tuple of SliceExecution
        In the order in which they ran.
    """

    def __init__(self, name: str, executions: Sequence[SliceExecution], outputs: frozenset[int] = frozenset(), folder: str | None = None):
        self.name = name
        self.executions = tuple(executions)
        self._outputs = outputs
        self._folder = folder

    def __iter__(self) -> Iterator[SliceExecution]:
        return iter(self.executions)

    def __len__(self) -> int:
        return len(self.executions)

    def __repr__(self) -> str:
        lines = [f"slice of {self.name}: {len(self.executions)} executions"]
        for execution in self.executions:
            first = execution.source.strip().split("\n")[0]
            lines.append(f"  {_label(execution):8} {first[:60]:60}  {execution.why}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{escape(_label(e))}</td><td style='text-align:left'><pre>{escape(e.source)}</pre></td>"
            f"<td style='text-align:left'>{escape(e.why)}</td></tr>"
            for e in self.executions
        )
        head = f"<p>Slice of <code>{escape(self.name)}</code>: {len(self.executions)} executions</p>"
        return f"{head}<table><tr><th>ran as</th><th>cell</th><th>why</th></tr>{rows}</table>"

    def to_notebook(self, path: str | os.PathLike[str] | None = None) -> dict[str, Any]:
        """The slice as a notebook (nbformat 4.5) without outputs; written to ``path`` where that is given.

        A cell that failed is marked ``raises-exception``, so that running all cells goes on after it.
        """
        cells: list[dict[str, Any]] = [
            {
                "cell_type": "markdown",
                "id": "slice",
                "metadata": {},
                "source": f"What `{self.name}` depends on, in the order in which it ran.",
            }
        ]
        for execution in self.executions:
            metadata: dict[str, Any] = {"cellkeep": {"number": execution.number, "cellId": execution.cell_id, "why": execution.why}}
            if execution.failed:
                metadata["tags"] = ["raises-exception"]
            cells.append(_code_cell(f"slice-{execution.order}", execution.source, metadata))
            if execution.number in self._outputs:
                cells.append(_code_cell(f"slice-{execution.order}-shown", _keep_output(execution.number), {}))
        notebook = {
            "cells": cells,
            "metadata": {
                "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
                "language_info": {"name": "python"},
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        if path is not None:
            Path(path).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return notebook

    def to_script(self, path: str | os.PathLike[str] | None = None) -> str:
        """The slice as a Python script; written to ``path`` where that is given.

        Magics and shell commands become calls of ``get_ipython()``; so do, as a whole, cells that failed (for their part before the
        error) and cells with ``await`` outside of a function. A script with such calls needs IPython; any other runs on plain Python.
        """
        futures: list[str] = []
        parts: list[str] = []
        for execution in self.executions:
            text, found = _as_python(execution, execution.number in self._outputs)
            futures += [line for line in found if line not in futures]
            parts.append(f"# {_label(execution)}: {execution.why}\n{text}")
        body = "\n\n".join(parts)
        head = [f"# What {self.name} depends on, in the order in which it ran."]
        if futures:
            head.append("\n".join(futures))
        if "get_ipython()" in body:
            head.append(_SHELL.rstrip())
        script = "\n".join(head) + "\n\n" + body + "\n"
        if path is not None:
            Path(path).write_text(script, encoding="utf-8")
        return script

    def run(self, folder: str | os.PathLike[str] | None = None, timeout: float = 600.0) -> Any:
        """Run the slice in a fresh process and return the value that it gives.

        Parameters
        ----------
        folder
            Where it runs; absent: where this kernel was started. Files that its cells write are written there.
        timeout
            Seconds.

        Returns
        -------
        object
            Value of the name; for anything else than a name a dict of what the last execution bound.

        Raises
        ------
        SliceFailed
            A cell failed that had not failed before, the value cannot be brought back, or the time is over.
        """
        from .rerun import run

        return run(self.executions, self.name, folder or self._folder or os.getcwd(), timeout)


def make_slice(name: str, executions: Sequence[Executed], reasons: Mapping[int, Reason], folder: str | None = None) -> Slice:
    """A slice from the records of executions and the reasons for those that are in it."""
    chosen = [execution for execution in executions if execution.order in reasons]
    shown = [
        SliceExecution(e.number, e.order, e.cell_id, e.source, reasons[e.order].text, reasons[e.order].sure, e.status != "ok")
        for e in chosen
    ]
    outputs = {int(name[4:]) for e in chosen for need in e.flow["needs"] for name in need["names"] if name.startswith("out:")}
    return Slice(name, shown, frozenset(outputs), folder)


def _label(execution: SliceExecution) -> str:
    return f"In[{execution.number}]" if execution.number is not None else f"#{execution.order}"


def _code_cell(identity: str, source: str, metadata: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "id": identity, "metadata": metadata, "execution_count": None, "outputs": [], "source": source}


def _keep_output(number: int | None) -> str:
    return f"Out[{number}] = _{number} = _  # what In[{number}] showed, under the number that a later cell reads"


def _as_python(execution: SliceExecution, kept: bool) -> tuple[str, list[str]]:
    """A cell as part of a script, and its ``__future__`` imports, which a script has at its top."""
    try:
        text = transformed(execution.source)
        tree = ast.parse(text)
        compile(text, "<cell>", "exec")
    except (SyntaxError, ValueError):
        return f"get_ipython().run_cell({execution.source!r})", []
    if execution.failed:
        return f"get_ipython().run_cell({execution.source!r})  # it failed: what it did before the error counts", []
    futures = [found[0] for found in _FUTURE.finditer(text)]
    text = _FUTURE.sub("", text).strip("\n")
    if kept and tree.body and isinstance(tree.body[-1], ast.Expr):
        tree = ast.parse(text)
        last = tree.body[-1]
        lines = text.split("\n")
        shown = ast.unparse(last)
        text = "\n".join(
            [
                *lines[: last.lineno - 1],
                f"_ = _{execution.number} = {shown}",
                f"Out = {{**globals().get('Out', {{}}), {execution.number}: _}}",
            ]
        )
    return text, futures
