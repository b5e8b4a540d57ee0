# ruff: noqa: N802, N815, D102 -- methods are named for the nodes of Python's syntax
"""What a cell binds: names, parts of values, functions, classes, imports, deletions."""

from __future__ import annotations

import ast
import sys
from typing import Any

from .calls import CallsInCell
from .findings import Effect, Suspect
from .known_values import UNKNOWN
from .looks import Look

_DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.DictComp, ast.ListComp, ast.SetComp)
_MAKING = {"dict", "list", "set"}


class Bindings(CallsInCell):
    """Walks whatever binds, stores or deletes."""

    is_new = False  # whether what is being bound is an object that nothing else holds

    # binding

    def bind(self, name: str, flow: set[str]) -> None:
        self.counters.discard(name)
        if self.scopes and not any(name in declared for declared in self.globals_of):
            scope = next((s for s in reversed(self.scopes) if name in s), self.scopes[-1])
            scope.setdefault(name, set()).update(flow)
            return
        self.modules.pop(name, None)
        self.found.binds.add(name)
        if not self.is_new:
            self.found.takes.add(name)
        self.certain.add(name)
        self.found.unbinds.discard(name)
        self.found.flow.setdefault(name, set()).update(flow - {name})
        if name not in self.certain or flow:
            self.constants.pop(name, None)

    def _do_Assign(self, node: ast.Assign) -> None:
        flow = self._value(node.value, node.targets)
        for target in node.targets:
            self.is_new = isinstance(target, ast.Name) and self._makes(node.value)
            self.store(target, flow)
            self.is_new = False
            self._remember(target, node.value)

    def _makes(self, value: ast.expr) -> bool:
        """Whether an expression makes a new object, for sure."""
        if not (isinstance(value, ast.Call) and isinstance(value.func, ast.Name)):
            return isinstance(value, _DISPLAYS)
        look = self.look_behind(value.func)
        if look is None:
            return value.func.id in _MAKING and not self.before.exists(value.func.id)
        return (look.kind == "class" and "__new__" not in look.methods) or (look.package == "collections" and look.kind == "atom")

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
            known = self.evaluate(value) if not self.branches else UNKNOWN
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
        look = self.look_behind(root)
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
        plain = look is not None and look.parts is not None and not isinstance(key, tuple | frozenset) and key is not UNKNOWN
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
            mine = source == root.id
            self.found.suspects.append(Suspect(source, "is assigned into", True, keys if mine else None, own=mine and single))
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
                name = alias.asname or alias.name
                self.bind(name, set())
                if alias.name in ("seed", "manual_seed"):
                    self.modules[name] = Look("function", module.partition(".")[0])

    def _bind_star(self, module: str) -> None:
        loaded = sys.modules.get(module)
        members = getattr(loaded, "__dict__", {})
        names = members.get("__all__") or [name for name in members if not name.startswith("_")]
        for name in names:
            if isinstance(name, str):
                self.bind(name, set())


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
