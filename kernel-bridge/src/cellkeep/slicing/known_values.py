"""Names of a cell as its walk meets them, and what can be told of values before the cell runs: constants, small values, texts."""

from __future__ import annotations

import ast
import re
from typing import Any

from . import purity
from .findings import Before, Findings, Keys
from .looks import Look

OWN = re.compile(r"(_|__|___|_\d+|_i+|_i\d+|_oh|_ih|_dh|In|Out|get_ipython|exit|quit|display)\Z")
#: Stands in a text for what only the running code knows.
HOLE = "cellkeep_hole"
NAMESPACES = {"globals", "locals", "vars"}
UNKNOWN: Any = object()
_NUMBERED = re.compile(r"_i?(\d+)\Z")


class KnownValues:
    """The ground of the walk. ``certain`` are names that an earlier line of the cell has bound for sure."""

    def __init__(self, before: Before) -> None:
        self.before = before
        self.found = Findings()
        self.certain: set[str] = set()
        self.scopes: list[dict[str, set[str]]] = []
        self.globals_of: list[set[str]] = []
        self.branches = 0
        self.constants: dict[str, object] = {}
        self.calls = 0
        self.counters: set[str] = set()
        self.modules: dict[str, Look] = {}
        self._entered: set[int] = set()

    # names

    def local(self, name: str) -> set[str] | None:
        """Sources of a local name of the functions around; None where it is global."""
        for scope, declared in zip(reversed(self.scopes), reversed(self.globals_of), strict=True):
            if name in declared:
                return None
            if name in scope:
                return scope[name]
        return None

    def look_before(self, name: str) -> Look | None:
        """Look of a global name as the cell found it; None once the cell may have bound it, to anything but a module."""
        if name in self.modules:
            return self.modules[name]
        return None if name in self.found.binds else self.before.look(name)

    def look_behind(self, node: ast.AST | None) -> Look | None:
        """Of a global name the look as the cell found it; None of anything else."""
        return self.look_before(node.id) if isinstance(node, ast.Name) and self.local(node.id) is None else None

    def load(self, name: str, keys: Keys) -> set[str]:
        """A name is read; returns the global names from which its object may come."""
        local = self.local(name)
        if local is not None:
            return local
        if HOLE in name:
            self.found.wildcards.add(name.replace(HOLE, r"\w*"))
            return set()
        if OWN.match(name) and not self._bound_by_user(name):
            self._load_own(name)
            return set()
        if name not in self.certain and not (name in purity.BUILTINS and not self.before.exists(name)):
            self.found.read(name, keys)
        return {name}

    def _bound_by_user(self, name: str) -> bool:
        return name in self.certain or (name.startswith("_") and not name.strip("_") and name in self.found.binds)

    def _load_own(self, name: str) -> None:
        numbered = _NUMBERED.match(name)
        if numbered:
            (self.found.inputs if name.startswith("_i") else self.found.outputs).add(int(numbered[1]))
        elif name.strip("_") == "" and name:
            self.found.reads_last_output |= 1 << len(name)

    # values that are known before the cell runs

    def text_of(self, node: ast.AST) -> str | None:
        """A text, with a name of our own in place of what is not known."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text_of(part) or "" for part in node.values)
        if isinstance(node, ast.FormattedValue):
            value = self.evaluate(node.value)
            return str(value) if isinstance(value, str | int) and node.format_spec is None and node.conversion == -1 else HOLE
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text_of(node.left), self.text_of(node.right)
            return (left or HOLE) + (right or HOLE) if left is not None or right is not None else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            left = self.text_of(node.left)
            return re.sub(r"%[-\d.]*[sdfr]", HOLE, left) if left is not None else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inner = self.text_of(node.func.value)
            if inner is None:
                return None
            if node.func.attr == "format":
                return re.sub(r"\{[^{}]*\}", HOLE, inner)
            return inner if node.func.attr in ("strip", "lstrip", "rstrip") else None
        value = self.evaluate(node)
        return value if isinstance(value, str) else None

    def code_in(self, node: ast.AST) -> str | None:
        """The code that ``exec`` gets; in an f-string a number of a loop over ``range`` that stands alone is no name."""
        if not isinstance(node, ast.JoinedStr):
            return self.text_of(node)
        texts = [self.text_of(part) or "" for part in node.values]
        for at, part in enumerate(node.values):
            counts = isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) and part.value.id in self.counters
            if counts and texts[at] == HOLE:
                around = "".join(texts[:at])[-1:] + "".join(texts[at + 1 :])[:1]
                texts[at] = HOLE if re.search(r"\w", around) else "(+0)"  # a number, and nobody knows which
        return "".join(texts)

    def evaluate(self, node: ast.AST) -> object:
        """Value of an expression over constants and small values that the cell found; ``UNKNOWN`` where that cannot be told."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if self.local(node.id) is not None:
                return UNKNOWN
            if node.id in self.constants:
                return self.constants[node.id]
            look = self.look_before(node.id)
            return look.value if look is not None and look.kind == "atom" and look.type_name == "" else UNKNOWN
        if isinstance(node, ast.UnaryOp):
            value = self.evaluate(node.operand)
            if value is UNKNOWN:
                return UNKNOWN
            if isinstance(node.op, ast.Not):
                return not value
            return -value if isinstance(node.op, ast.USub) and isinstance(value, int | float) else UNKNOWN
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node)
        if isinstance(node, ast.BoolOp):
            values = [self.evaluate(value) for value in node.values]
            if isinstance(node.op, ast.And):
                return False if any(v is not UNKNOWN and not v for v in values) else UNKNOWN if UNKNOWN in values else True
            return True if any(v is not UNKNOWN and v for v in values) else UNKNOWN if UNKNOWN in values else False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and len(node.args) == 1:
            inner = node.args[0]
            look = self.look_behind(inner)
            return look.size if look is not None and look.size is not None else UNKNOWN
        return UNKNOWN

    def _compared(self, node: ast.Compare) -> object:
        left, right, operator = self.evaluate(node.left), node.comparators[0], node.ops[0]
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(left, str) and isinstance(right, ast.Call):
            named = right.func
            if isinstance(named, ast.Name) and named.id in NAMESPACES and not right.args and not self.scopes:
                inside = left in self.certain or (left not in self.found.binds and self.before.exists(left))
                if not inside and left in self.found.binds:
                    return UNKNOWN
                return inside is isinstance(operator, ast.In)
        other = self.evaluate(right)
        if left is UNKNOWN or other is UNKNOWN:
            return UNKNOWN
        try:
            match operator:
                case ast.Eq():
                    return left == other
                case ast.NotEq():
                    return left != other
                case ast.Is():
                    return left is other if other is None or isinstance(other, bool) else UNKNOWN
                case ast.IsNot():
                    return left is not other if other is None or isinstance(other, bool) else UNKNOWN
                case ast.Lt():
                    return left < other  # type: ignore[operator]
                case ast.LtE():
                    return left <= other  # type: ignore[operator]
                case ast.Gt():
                    return left > other  # type: ignore[operator]
                case ast.GtE():
                    return left >= other  # type: ignore[operator]
                case ast.In():
                    return left in other  # type: ignore[operator]
                case ast.NotIn():
                    return left not in other  # type: ignore[operator]
        except TypeError:
            pass
        return UNKNOWN
