# ruff: noqa: N802, N815, D102 -- methods are named for the nodes of Python's syntax
"""Statements of a cell, in order, on their branches; the walk begins here."""

from __future__ import annotations

import ast
from typing import Any

from . import purity
from .bindings import Bindings
from .findings import Before, Effect, Findings, Suspect
from .known_values import UNKNOWN

_SIZED_CALLS = {"enumerate", "zip", "sorted", "reversed", "list", "tuple", "set", "tqdm", "trange", "iter"}
_SIZED_METHODS = {"items", "keys", "values", "iterrows", "itertuples"}


def walk(tree: ast.Module, before: Before, stop_line: int | None = None) -> Findings:
    """Findings of a cell.

    Parameters
    ----------
    tree
        Its syntax.
    before
        What was known when it began.
    stop_line
        Line at which it failed; the statement there has run in part, those after it not at all.

    Examples
    --------
    >>> nothing = Before(lambda name: None, lambda name: False)
    >>> found = walk(ast.parse("total = price * n"), nothing)
    >>> sorted(found.reads), sorted(found.certain)
    (['n', 'price'], ['total'])
    """
    walker = Statements(before)
    statements = tree.body
    if stop_line is not None:
        statements = [s for s in statements if (s.end_lineno or s.lineno) < stop_line]
        failed = [s for s in tree.body if s.lineno <= stop_line <= (s.end_lineno or s.lineno)]
        walker.block(statements)
        kept = set(walker.certain)
        walker.branches += 1
        walker.block(failed)
        walker.certain &= kept
    else:
        walker.block(statements)
    walker.found.certain = walker.certain & walker.found.binds
    return walker.found


class Statements(Bindings):
    """Walks statements; only what comes for sure counts as certain."""

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            method = getattr(self, f"_do_{type(statement).__name__}", None)
            if method is not None:
                method(statement)
            else:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.expr(child)

    # control

    def _do_Expr(self, node: ast.Expr) -> None:
        value = node.value
        effects = len(self.found.effects)
        self.expr(value)
        self._library_state(value, effects)

    def _do_Assign(self, node: ast.Assign) -> None:
        effects = len(self.found.effects)
        super()._do_Assign(node)
        if isinstance(node.value, ast.Call) and purity.sets_and_tells(_callee(node.value)):
            self._library_state(node.value, effects)

    def _library_state(self, value: ast.expr, effects: int) -> None:
        """A call for nothing but what it does to a library's state; ``effects`` were known before it."""
        called = value.value if isinstance(value, ast.Await) else value
        if not isinstance(called, ast.Call) or len(self.found.effects) > effects:
            return
        root, steps = self.steps(called.func)
        if not isinstance(root, ast.Name) or self.local(root.id) is not None:
            return
        look = self.look_before(root.id)
        name = steps[-1][1] if steps else root.id
        if look is None or not isinstance(name, str) or not purity.sets_state(name) or name in ("seed", "manual_seed"):
            return
        if look.kind == "module" or (not steps and look.kind == "atom" and look.package not in ("builtins", "")):
            shown = any(
                isinstance(a, ast.Constant) and isinstance(a.value, str) and a.value.startswith(("display", "plotting", "styler"))
                for a in called.args
            )
            key = "display" if shown or name == "set_printoptions" else "path" if any(s[1] == "path" for s in steps) else "*"
            if look.package not in ("os", "shutil", "builtins"):
                self.found.effects.append(Effect(look.package, key))

    def _do_If(self, node: ast.If) -> None:
        known = self.evaluate(node.test)
        self.expr(node.test)
        if known is not UNKNOWN:
            self.block(node.body if known else node.orelse)
            return
        start = set(self.certain)
        self.branches += 1
        self.block(node.body)
        after_body = self.certain if not _leaves(node.body) else None
        self.certain = set(start)
        self.block(node.orelse)
        after_else = self.certain if not _leaves(node.orelse) else None
        self.branches -= 1
        ways = [way for way in (after_body, after_else) if way is not None]
        self.certain = set.intersection(*ways) if ways else start

    def _do_For(self, node: Any) -> None:
        flow = self.expr(node.iter)
        self.called_through(flow)
        if isinstance(node.iter, ast.Name):
            self.enter_named(node.iter.id)
        for source in self.found.sources(flow):
            if self.may_run_out(source):
                self.found.suspects.append(Suspect(source, "is iterated over", True, None))
        runs = self.never_empty(node.iter)
        start = set(self.certain)
        self.store(node.target, flow)
        bound = set(self.certain)
        counts = node.iter.func.id if isinstance(node.iter, ast.Call) and isinstance(node.iter.func, ast.Name) else ""
        if counts in ("range", "enumerate") and not self.before.exists(counts) and self.local(counts) is None:
            count = node.target if counts == "range" else (getattr(node.target, "elts", None) or [None])[0]
            self.counters |= {count.id} if isinstance(count, ast.Name) else set()
        for part in ast.walk(node.target):
            if isinstance(part, ast.Name):
                self.constants.pop(part.id, None)
        self.branches += 1
        self.block(node.body)
        self.branches -= 1
        if not runs:
            self.certain = start
        elif any(isinstance(part, ast.Break | ast.Continue) for part in ast.walk(node)):
            self.certain = bound
        self.block(node.orelse)

    _do_AsyncFor = _do_For

    def never_empty(self, node: ast.expr) -> bool:
        """Whether an iterable has an element for sure, as far as can be told before the cell runs."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return any(not isinstance(e, ast.Starred) for e in node.elts)
        if isinstance(node, ast.Dict):
            return bool(node.keys)
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str | bytes) and bool(node.value)
        if isinstance(node, ast.Name):
            known = self.evaluate(node)
            if isinstance(known, str):
                return bool(known)
            look = self.look_behind(node)
            return look is not None and bool(look.size)
        if isinstance(node, ast.Attribute):
            return node.attr == "columns" and self.never_empty(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            if node.func.id == "range":
                values: list[Any] = [self.evaluate(argument) for argument in node.args]
                if all(isinstance(value, int) and not isinstance(value, bool) for value in values):
                    try:
                        return len(range(*values)) > 0
                    except (ValueError, OverflowError):
                        return False
                return False
            return node.func.id in _SIZED_CALLS and all(self.never_empty(argument) for argument in node.args if argument is not None)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _SIZED_METHODS:
            return self.never_empty(node.func.value)
        return False

    def _do_While(self, node: ast.While) -> None:
        known = self.evaluate(node.test)
        self.expr(node.test)
        start = set(self.certain)
        self.branches += 1
        self.block(node.body)
        self.branches -= 1
        if not (known is not UNKNOWN and known) or any(isinstance(p, ast.Break | ast.Continue) for p in ast.walk(node)):
            self.certain = start
        self.block(node.orelse)

    def _do_With(self, node: Any) -> None:
        for item in node.items:
            flow = self.expr(item.context_expr)
            self.called_through(flow)
            if item.optional_vars is not None:
                self.store(item.optional_vars, flow)
        self.block(node.body)

    _do_AsyncWith = _do_With

    def _do_Try(self, node: Any) -> None:
        start = set(self.certain)
        self.branches += 1
        self.block(node.body)
        self.block(node.orelse)
        ways = [self.certain] if not _leaves([*node.body, *node.orelse]) else []
        for handler in node.handlers:
            self.certain = set(start)
            self.expr(handler.type)
            if handler.name:
                self.bind(handler.name, set())
                self.found.unbinds.add(handler.name)
            self.block(handler.body)
            self.certain.discard(handler.name)
            if not _leaves(handler.body):
                ways.append(self.certain)
        self.certain = set.intersection(*ways) if ways else set(start)
        self.branches -= 1
        self.block(node.finalbody)

    _do_TryStar = _do_Try

    def _do_Match(self, node: ast.Match) -> None:
        flow = self.expr(node.subject)
        start = set(self.certain)
        self.branches += 1
        for case in node.cases:
            self.certain = set(start)
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(part, ast.MatchAs | ast.MatchStar | ast.MatchMapping) and isinstance(name, str):
                    self.bind(name, flow)
                if isinstance(part, ast.MatchValue):
                    self.expr(part.value)
            self.expr(case.guard)
            self.block(case.body)
        self.branches -= 1
        self.certain = start

    def _do_Global(self, node: ast.Global) -> None:
        if self.globals_of:
            self.globals_of[-1].update(node.names)

    def _do_Nonlocal(self, node: ast.Nonlocal) -> None:
        return


def _callee(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id if isinstance(node.func, ast.Name) else ""


def _leaves(body: list[Any]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise | ast.Return | ast.Break | ast.Continue)
