# ruff: noqa: N802, N815, D102 -- methods are named for the nodes of Python's syntax
"""Expressions of a cell but calls: which names they read, and from which names their results may come."""

from __future__ import annotations

import ast
from typing import Any

from .findings import Keys
from .known_values import HOLE, NAMESPACES, UNKNOWN, KnownValues
from .looks import Look

Step = tuple[str, Any, ast.AST]
"""``attribute`` or ``item``, its name or key, and its node."""


class Expressions(KnownValues):
    """Walks expressions; calls, statements and definitions are the upper parts' (``calls.py``, ``bindings.py``, ``statements.py``)."""

    # expressions

    def expr(self, node: ast.AST | None) -> set[str]:
        """Walk an expression; returns the names from which its result may come."""
        if node is None:
            return set()
        method = getattr(self, f"_on_{type(node).__name__}", None)
        if method is not None:
            result: set[str] = method(node)
            return result
        found: set[str] = set()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr | ast.comprehension | ast.keyword | ast.slice):
                found |= self.expr(child)
        return found

    def _on_Name(self, node: ast.Name) -> set[str]:
        return self.load(node.id, None) if isinstance(node.ctx, ast.Load) else set()

    def _on_Constant(self, node: ast.Constant) -> set[str]:
        if isinstance(node.value, str):
            self.found.strings.add(node.value)
        return set()

    def _on_Compare(self, node: ast.Compare) -> set[str]:
        for part in (node.left, *node.comparators):
            self.expr(part)
        return set()

    def _on_UnaryOp(self, node: ast.UnaryOp) -> set[str]:
        found = self.expr(node.operand)
        return set() if isinstance(node.op, ast.Not) else found

    def _on_JoinedStr(self, node: ast.JoinedStr) -> set[str]:
        self.found.stringifies = True
        for part in node.values:
            self.expr(part)
        return set()

    def _on_NamedExpr(self, node: ast.NamedExpr) -> set[str]:
        found = self.expr(node.value)
        self.bind(node.target.id, found)
        return found

    def _on_IfExp(self, node: ast.IfExp) -> set[str]:
        self.expr(node.test)
        known = self.evaluate(node.test)
        found = set()
        if known is UNKNOWN or known:
            found |= self.expr(node.body)
        if known is UNKNOWN or not known:
            found |= self.expr(node.orelse)
        return found

    def _on_BoolOp(self, node: ast.BoolOp) -> set[str]:
        found: set[str] = set()
        for value in node.values:
            found |= self.expr(value)
            known = self.evaluate(value)
            if known is not UNKNOWN and bool(known) is isinstance(node.op, ast.Or):
                break
        return found

    def _on_Lambda(self, node: ast.Lambda) -> set[str]:
        found: set[str] = set()
        for default in (*node.args.defaults, *node.args.kw_defaults):
            found |= self.expr(default)
        return found

    def _on_ListComp(self, node: Any) -> set[str]:
        return self._comprehension(node)

    _on_SetComp = _on_DictComp = _on_GeneratorExp = _on_ListComp

    def _comprehension(self, node: Any, only_first: bool = False) -> set[str]:
        first = self.expr(node.generators[0].iter)
        self.called_through(first)
        if only_first:
            return first
        self.scopes.append({})
        self.globals_of.append(set())
        self.branches += 1
        for at, generator in enumerate(node.generators):
            flow = first if at == 0 else self.expr(generator.iter)
            self.target_local(generator.target, flow)
            for condition in generator.ifs:
                self.expr(condition)
        found = set()
        for part in ("elt", "key", "value"):
            found |= self.expr(getattr(node, part, None))
        self.branches -= 1
        self.scopes.pop()
        self.globals_of.pop()
        return found | first if isinstance(node, ast.GeneratorExp) else found

    def target_local(self, target: ast.AST, flow: set[str]) -> None:
        for part in (target,) if isinstance(target, ast.Name) else ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.scopes[-1].setdefault(part.id, set()).update(flow)

    def called_through(self, names: set[str]) -> None:
        """Code of these names, or of what they hold, may run."""
        for source in self.found.sources(names):
            self.found.called.setdefault(source, frozenset(self.certain))

    # chains: x.a["b"].c

    def steps(self, node: ast.AST) -> tuple[ast.AST, list[Step]]:
        """Root of a chain of attributes and items, and the steps from there."""
        steps: list[Step] = []
        while isinstance(node, ast.Attribute | ast.Subscript):
            if isinstance(node, ast.Attribute):
                self.found.attributes.add(node.attr)
                steps.append(("attribute", node.attr, node))
            else:
                steps.append(("item", self.key(node.slice), node))
            node = node.value
        return node, steps[::-1]

    def key(self, node: ast.AST) -> object:
        """Value of a constant key, a frozenset for a list of them; ``UNKNOWN`` otherwise."""
        if isinstance(node, ast.List) and node.elts and all(isinstance(e, ast.Constant) for e in node.elts):
            return frozenset(e.value for e in node.elts if isinstance(e, ast.Constant))
        if isinstance(node, ast.Tuple):
            return tuple(self.key(e) for e in node.elts)
        value = self.evaluate(node)
        return value if isinstance(value, str | int | type(None)) else UNKNOWN

    def keys_of(self, look: Look | None, steps: list[Step], method: str = "") -> Keys:
        """Which parts of a value a chain reads."""
        if look is None or not steps or (look.parts is None and look.kind != "module"):
            return None
        how, key, _ = steps[0]
        parts = look.parts or {}
        if look.kind == "module":
            return frozenset([key]) if how == "attribute" else None
        if how == "attribute":
            if look.kind == "frame" and key in ("loc", "at") and len(steps) > 1:
                found = steps[1][1]
                if isinstance(found, tuple) and len(found) == 2 and found[1] in parts:
                    return frozenset([found[1]])
                return None
            return frozenset([key]) if key in parts and look.kind in ("instance", "class", "frame") else None
        if look.kind == "frame" and isinstance(key, frozenset):
            return frozenset(key) if all(k in parts for k in key) else None
        if look.kind == "frame" and isinstance(key, str | int):
            return frozenset([key])
        if look.kind == "dict" and key is not UNKNOWN and look.type_name in ("dict", "OrderedDict"):
            return frozenset([key]) if not isinstance(key, tuple | frozenset) else None
        if look.kind == "list" and isinstance(key, int) and not isinstance(key, bool) and 0 <= key < len(parts):
            return frozenset([key])
        return None

    def _on_Attribute(self, node: ast.Attribute) -> set[str]:
        return self.chain(node)

    _on_Subscript = _on_Attribute

    def chain(self, node: Any, method: bool = False) -> set[str]:
        root, steps = self.steps(node)
        for how, _, step in steps:
            if how == "item" and isinstance(step, ast.Subscript):
                self.called_through(self.expr(step.slice))
        if isinstance(root, ast.Name):
            if root.id in ("Out", "_oh", "In", "_ih") and not self.before.exists(f"{root.id} ") and root.id not in self.certain:
                self._indexed(root.id, steps)
                return set()
            look = self.look_behind(root)
            if look is not None and look.package == "os" and steps and steps[0][1] in ("environ", "getenv"):
                self._environment(steps)
            keys = self.keys_of(look, steps)
            found = self.load(root.id, keys)
            if steps[0][0] == "attribute":
                self.called_through(found & {root.id})
            return found
        if isinstance(root, ast.Call) and isinstance(root.func, ast.Name) and root.func.id in NAMESPACES and not root.args:
            return self._namespace(steps)
        return self.expr(root)

    def _indexed(self, name: str, steps: list[Step]) -> None:
        key = steps[0][1] if steps[0][0] == "item" else UNKNOWN
        target = self.found.outputs if name in ("Out", "_oh") else self.found.inputs
        if isinstance(key, int) and key >= 0:
            target.add(key)
        elif key == -1 and name in ("In", "_ih"):
            return
        else:
            self.found.everything = f"looks into {name}"

    def _environment(self, steps: list[Step]) -> None:
        key = next((key for how, key, _ in steps[1:] if how == "item"), None)
        if isinstance(key, str):
            self.found.environment.add(key)
        elif len(steps) == 1 and steps[0][1] == "environ":
            self.found.environment_whole = True

    def _namespace(self, steps: list[Step]) -> set[str]:
        """``globals()["x"]``."""
        key = steps[0][1] if steps and steps[0][0] == "item" else UNKNOWN
        if isinstance(key, str):
            return self.load(key, None)
        text = self.text_of(getattr(steps[0][2], "slice", ast.Constant(0))) if steps and steps[0][0] == "item" else None
        if text is not None and HOLE in text and text != HOLE:
            self.found.wildcards.add(text.replace(HOLE, r"\w*"))
        elif steps and steps[0][1] not in ("update", "keys", "setdefault"):
            self.found.everything = "looks into the namespace by names that only the running code knows"
        return set()

    # given by the upper parts

    def block(self, statements: list[ast.stmt]) -> None:
        """Walk statements in order."""
        raise NotImplementedError

    def bind(self, name: str, flow: set[str]) -> None:
        """A name is bound here."""
        raise NotImplementedError

    def enter(self, node: ast.AST) -> None:
        """A function that the cell defines may run here."""
        raise NotImplementedError

    def may_run_out(self, name: str) -> bool:
        """Whether a name holds an iterator, which is empty once it was walked through."""
        look = self.before.look(name)
        return look is not None and look.kind == "iterator"
