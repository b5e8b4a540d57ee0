# ruff: noqa: N802, N815, D102 -- methods are named for the nodes of Python's syntax
"""Statements of a cell, in order: what they bind, on which branches, and which parts of values they store into."""

from __future__ import annotations

import ast
import sys
from typing import Any

from . import purity
from .expressions import _UNKNOWN, Expressions
from .findings import Before, Effect, Findings, Suspect
from .looks import Look

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


class Statements(Expressions):
    """The walk's upper half."""

    def block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            method = getattr(self, f"_do_{type(statement).__name__}", None)
            if method is not None:
                method(statement)
            else:
                for child in ast.iter_child_nodes(statement):
                    if isinstance(child, ast.expr):
                        self.expr(child)

    # binding

    def bind(self, name: str, flow: set[str]) -> None:
        if self.scopes and not any(name in declared for declared in self.globals_of):
            scope = next((s for s in reversed(self.scopes) if name in s), self.scopes[-1])
            scope.setdefault(name, set()).update(flow)
            return
        self.modules.pop(name, None)
        self.found.binds.add(name)
        self.certain.add(name)
        self.found.unbinds.discard(name)
        self.found.flow.setdefault(name, set()).update(flow - {name})
        if name not in self.certain or flow:
            self.constants.pop(name, None)

    def _do_Assign(self, node: ast.Assign) -> None:
        flow = self._value(node.value, node.targets)
        for target in node.targets:
            self.store(target, flow)
            self._remember(target, node.value)

    def _do_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.expr(node.annotation)
        if node.value is not None:
            self.store(node.target, self._value(node.value, [node.target]))

    def _value(self, value: ast.expr, targets: list[ast.expr]) -> set[str]:
        names = [t.id for t in targets if isinstance(t, ast.Name)]
        if isinstance(value, ast.GeneratorExp) and names:
            for name in names:
                self.found.functions.setdefault(name, []).append(value)
            return self._comprehension(value, only_first=True)
        flow = self.expr(value)
        held = [n for n in ast.walk(value) if isinstance(n, ast.Lambda)]
        for name in names:
            if held:
                self.found.functions.setdefault(name, []).extend(held)
            else:
                self.found.functions.pop(name, None)
        return flow

    def _remember(self, target: ast.expr, value: ast.expr) -> None:
        if isinstance(target, ast.Name) and not self.scopes:
            known = self.evaluate(value) if not self.branches else _UNKNOWN
            if isinstance(known, str | int | float | bool | type(None)):
                self.constants[target.id] = known
            else:
                self.constants.pop(target.id, None)

    def _do_AugAssign(self, node: ast.AugAssign) -> None:
        flow = self.expr(node.value)
        if isinstance(node.target, ast.Name):
            sources = self.load(node.target.id, None)
            look = self.look_before(node.target.id)
            if look is None or look.kind != "atom":
                for source in sources:
                    self.found.suspects.append(Suspect(source, "is changed by an augmented assignment", True, None))
            self.bind(node.target.id, flow | sources)
            self.constants.pop(node.target.id, None)
            return
        self.chain(node.target)
        self._store_part(node.target, flow, again=True)

    def store(self, target: ast.expr, flow: set[str]) -> None:
        """Bind a target, of whatever form."""
        if isinstance(target, ast.Name):
            self.bind(target.id, flow)
        elif isinstance(target, ast.Tuple | ast.List):
            for element in target.elts:
                self.store(element, flow)
        elif isinstance(target, ast.Starred):
            self.store(target.value, flow)
        else:
            self._store_part(target, flow)

    def _store_part(self, target: Any, flow: set[str], again: bool = False) -> None:
        """``x["k"] = …``, ``x.a = …``, ``x[i] = …`` and longer chains."""
        root, steps = self.steps(target)
        for how, _, step in steps:
            if how == "item" and isinstance(step, ast.Subscript):
                self.expr(step.slice)
        if (
            isinstance(root, ast.Call)
            and isinstance(root.func, ast.Name)
            and root.func.id in ("globals", "locals", "vars")
            and not root.args
        ):
            self._store_in_namespace(steps, flow)
            return
        if not isinstance(root, ast.Name):
            for source in self.expr(root):
                self.found.suspects.append(Suspect(source, "is assigned into", True, None))
                look = self.look_before(source)
                if look is not None and look.kind in ("module", "atom") and look.package != "builtins":
                    self.found.effects.append(Effect(look.package, "*"))
            return
        look = self.look_before(root.id) if self.local(root.id) is None else None
        if look is not None and look.kind == "module":
            self.load(root.id, frozenset())
            if not (look.package == "os" and steps[0][1] == "environ"):
                names = [key for how, key, _ in steps if how == "attribute"]
                last = names[-1] if steps[-1][0] == "attribute" and names else "*"
                last = "display" if "display" in names and look.package == "pandas" else last
                if look.parts is None:
                    self.found.effects.append(Effect(look.package, last if isinstance(last, str) else "*"))
                self.found.suspects.append(Suspect(root.id, "is assigned into", True, None))
            return
        how, key, _ = steps[0]
        single = len(steps) == 1
        plain = look is not None and look.parts is not None and not isinstance(key, tuple | frozenset) and key is not _UNKNOWN
        keyed = (
            plain
            and look is not None
            and (
                (how == "item" and look.kind in ("dict", "frame") and isinstance(key, str | int | type(None)))
                or (how == "attribute" and look.kind in ("instance", "class") and key not in look.methods)
            )
        )
        if keyed and single:
            sources = self.load(root.id, frozenset())
            sure = self.branches == 0 and not self.scopes and not again
            self.found.part_stores[root.id, key] = sure
            keys = frozenset([key])
        elif single and not again and self._is_everything(steps[0][2], look):
            keys = None
            sources = self.load(root.id, frozenset())
            self.found.overwrites.add(root.id)
        else:
            keys = self.keys_of(look, steps)
            sources = self.load(root.id, keys)
        for source in sources:
            self.found.suspects.append(Suspect(source, "is assigned into", True, keys if source == root.id else None))
        for name in sources:
            self.found.flow.setdefault(name, set()).update(flow - {name})

    def _is_everything(self, step: ast.AST, look: Look | None) -> bool:
        """``xs[:] = …`` and ``a[...] = …`` of a list or an array, for sure."""
        if look is None or look.kind not in ("list", "array") or not isinstance(step, ast.Subscript) or not self.certainly():
            return False
        index = step.slice
        if isinstance(index, ast.Slice):
            return index.lower is None and index.upper is None and index.step is None
        return isinstance(index, ast.Constant) and index.value is Ellipsis and look.kind == "array"

    def _store_in_namespace(self, steps: list[tuple[str, Any, ast.AST]], flow: set[str]) -> None:
        key = steps[0][1] if steps[0][0] == "item" and len(steps) == 1 else None
        if isinstance(key, str):
            scopes, self.scopes, self.globals_of = (self.scopes, self.globals_of), [], []
            self.bind(key, flow)
            self.scopes, self.globals_of = scopes

    def _do_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            for part in target.elts if isinstance(target, ast.Tuple | ast.List) else [target]:
                if isinstance(part, ast.Name):
                    self._delete_name(part.id)
                else:
                    self._delete_part(part)

    def _delete_name(self, name: str) -> None:
        if self.local(name) is not None:
            return
        self.load(name, frozenset())
        self.certain.discard(name)
        self.found.unbinds.add(name)
        self.constants.pop(name, None)

    def _delete_part(self, part: ast.expr) -> None:
        root, steps = self.steps(part)
        before = len(self.found.part_stores)
        self.chain(part)
        self._store_part(part, set(), again=True)
        if isinstance(root, ast.Name) and len(self.found.part_stores) >= before and (root.id, steps[0][1]) in self.found.part_stores:
            del self.found.part_stores[root.id, steps[0][1]]
            if len(steps) == 1 and self.branches == 0 and not self.scopes:
                self.found.part_deletes.add((root.id, steps[0][1]))

    # definitions and imports

    def _do_FunctionDef(self, node: Any) -> None:
        flow: set[str] = set()
        for part in (*node.args.defaults, *node.args.kw_defaults):
            flow |= self.expr(part)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
        for argument in arguments:
            self.expr(argument.annotation if argument is not None else None)
        self.expr(node.returns)
        for decorator in node.decorator_list:
            used = self.expr(decorator)
            self.called_through(used)
            self.calls += 1
            if isinstance(decorator, ast.Name):
                self.enter_named(decorator.id)
            flow |= used
        self.bind(node.name, flow)
        self.found.functions[node.name] = [node]

    _do_AsyncFunctionDef = _do_FunctionDef

    def _do_ClassDef(self, node: ast.ClassDef) -> None:
        flow: set[str] = set()
        for part in (*node.bases, *(k.value for k in node.keywords), *node.decorator_list):
            used = self.expr(part)
            self.called_through(used)
            flow |= used
        self.scopes.append({})
        self.globals_of.append(set())
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                kept = self.found.functions.get(statement.name)
                self._do_FunctionDef(statement)
                if kept is None:
                    self.found.functions.pop(statement.name, None)
                else:
                    self.found.functions[statement.name] = kept
            else:
                self.block([statement])
        self.scopes.pop()
        self.globals_of.pop()
        self.bind(node.name, flow)
        self.found.functions[node.name] = [node]

    def enter(self, node: ast.AST) -> None:
        if id(node) in self._entered:
            return
        self._entered.add(id(node))
        if isinstance(node, ast.ClassDef):
            for member in node.body:
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef) and member.name.startswith("__"):
                    self.enter(member)
            return
        if isinstance(node, ast.GeneratorExp):
            self._comprehension(node)
            return
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return
        arguments = node.args
        names = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        names |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None}
        body: list[ast.stmt] = [ast.Expr(node.body)] if isinstance(node, ast.Lambda) else node.body
        declared: set[str] = set()
        _collect(body, names, declared)
        self.scopes.append({name: set() for name in names - declared})
        self.globals_of.append(declared)
        self.branches += 1
        kept = set(self.certain)
        self.block(body)
        self.certain = kept
        self.branches -= 1
        self.scopes.pop()
        self.globals_of.pop()

    def _do_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self.found.imports.add(alias.name)
            name, package = alias.asname or alias.name.partition(".")[0], alias.name.partition(".")[0]
            self.bind(name, set())
            if package in sys.modules:
                self.modules[name] = Look("module", package)

    def _do_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        self.found.imports.add(module)
        for alias in node.names:
            if alias.name == "*":
                self.found.stars.add(module)
                self._bind_star(module)
            else:
                self.bind(alias.asname or alias.name, set())

    def _bind_star(self, module: str) -> None:
        loaded = sys.modules.get(module)
        members = getattr(loaded, "__dict__", {})
        names = members.get("__all__") or [name for name in members if not name.startswith("_")]
        for name in names:
            if isinstance(name, str):
                self.bind(name, set())

    # control

    def _do_Expr(self, node: ast.Expr) -> None:
        value = node.value
        effects = len(self.found.effects)
        self.expr(value)
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
        if known is not _UNKNOWN:
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
            if self._may_run_out(source):
                self.found.suspects.append(Suspect(source, "is iterated over", True, None))
        runs = self.never_empty(node.iter)
        start = set(self.certain)
        self.store(node.target, flow)
        bound = set(self.certain)
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
            look = self.look_before(node.id) if self.local(node.id) is None else None
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
        if not (known is not _UNKNOWN and known) or any(isinstance(p, ast.Break | ast.Continue) for p in ast.walk(node)):
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


def _collect(body: list[Any], names: set[str], declared: set[str]) -> None:
    """Local and global names of a function, its inner functions left out."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            todo += [inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)]
            continue
        if isinstance(node, ast.Global):
            declared.update(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name.partition(".")[0])
        elif (isinstance(node, ast.ExceptHandler) and node.name) or (isinstance(node, ast.MatchAs | ast.MatchStar) and node.name):
            names.add(node.name)
        todo += ast.iter_child_nodes(node)


def _leaves(body: list[Any]) -> bool:
    return bool(body) and isinstance(body[-1], ast.Raise | ast.Return | ast.Break | ast.Continue)
