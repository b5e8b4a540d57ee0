"""Names that a function reads when it is called, told from the sources of a stored session: its values are no longer there to be asked."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import Protocol

from ..names import reads_of
from .selection import Observed, versions_of
from .syntax import parse


class WithSource(Observed, Protocol):
    """An execution whose source is known."""

    @property
    def source(self) -> str:
        """The cell's text as it ran."""


def late_reads(executions: Sequence[WithSource], name: str) -> list[str]:
    """Names that the value of ``name`` needs to be used, as it stands after the last of these executions.

    Followed are functions, classes and lambdas of the notebook under that name, those that it keeps (``{"a": clean}``,
    ``partial(clean, 2)``), and what each of them reads in turn.
    """
    versions = versions_of(executions)
    sources = {execution.order: execution.source for execution in executions}
    found: dict[str, None] = {}
    todo, seen = [name], {name}
    while todo:
        current = todo.pop()
        for maker in versions.makers(current):
            for read, is_used in _reads(sources[maker.order], current):
                if not versions.makers(read):
                    continue
                if is_used and read != name:
                    found[read] = None
                if read not in seen:
                    seen.add(read)
                    todo.append(read)
    return list(found)


def _reads(source: str, name: str) -> Iterator[tuple[str, bool]]:
    """Names behind what a cell binds to a name, and whether calling it reads them: others are kept in it, and were read then."""
    tree = parse(source)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.FunctionDef(name=bound) | ast.AsyncFunctionDef(name=bound) | ast.ClassDef(name=bound) if bound == name:
                yield from ((read, True) for read in reads_of(node))
            case ast.Assign(targets=targets, value=value) if any(_binds(target, name) for target in targets):
                yield from _of_value(value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) if _binds(target, name):
                yield from _of_value(value)


def _binds(target: ast.expr, name: str) -> bool:
    return any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target))


def _of_value(value: ast.expr) -> Iterator[tuple[str, bool]]:
    """Of functions that are kept, not of those that made a value: those have read already."""
    match value:
        case ast.Lambda():
            yield from ((read, True) for read in reads_of(ast.Expr(value)))
        case ast.Name(id=name):
            yield name, False
        case ast.Dict(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            for part in parts:
                yield from _of_value(part)
        case ast.Call(func=ast.Name(id="partial") | ast.Attribute(attr="partial"), args=[function, *_]):
            yield from _of_value(function)
