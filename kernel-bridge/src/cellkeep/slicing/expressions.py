# ruff: noqa: N802, N815, D102 -- methods are named for the nodes of Python's syntax
"""Expressions of a cell: which names they read, call and may change, and from which names their results may come."""

from __future__ import annotations

import ast
import re
import string
from typing import Any, Literal

from . import purity
from .findings import NOTHING, Before, Effect, Findings, Keys, Suspect
from .looks import FALSE, Look
from .syntax import PYTHON_MAGICS, filled_in, magic_of, parse, without_options

_OWN = re.compile(r"(_|__|___|_\d+|_i+|_i\d+|_oh|_ih|_dh|In|Out|get_ipython|exit|quit|display)\Z")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_HOLE = "cellkeep_hole"
_NUMBERED = re.compile(r"_i?(\d+)\Z")
_MODULE_CODE = {"exec", "eval"}
_NAMESPACES = {"globals", "locals", "vars"}
_WHERE = {"loc", "iloc", "at", "iat"}
Step = tuple[Literal["attribute", "item"], Any]
_UNKNOWN = object()


class Expressions:
    """The walk's lower half. ``certain`` are names that an earlier line of the cell has bound for sure."""

    def __init__(self, before: Before) -> None:
        self.before = before
        self.found = Findings()
        self.certain: set[str] = set()
        self.scopes: list[dict[str, set[str]]] = []
        self.globals_of: list[set[str]] = []
        self.branches = 0
        self.constants: dict[str, object] = {}
        self.calls = 0
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

    def load(self, name: str, keys: Keys) -> set[str]:
        local = self.local(name)
        if local is not None:
            return local
        if _HOLE in name:
            self.found.wildcards.add(name.replace(_HOLE, r"\w*"))
            return set()
        if _OWN.match(name) and not self._bound_by_user(name):
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
        if known is _UNKNOWN or known:
            found |= self.expr(node.body)
        if known is _UNKNOWN or not known:
            found |= self.expr(node.orelse)
        return found

    def _on_BoolOp(self, node: ast.BoolOp) -> set[str]:
        found: set[str] = set()
        for value in node.values:
            found |= self.expr(value)
            known = self.evaluate(value)
            if known is not _UNKNOWN and bool(known) is isinstance(node.op, ast.Or):
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
        for part in ast.walk(target):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                self.scopes[-1].setdefault(part.id, set()).update(flow)

    def called_through(self, names: set[str]) -> None:
        """Code of these names, or of what they hold, may run."""
        for source in self.found.sources(names):
            self.found.called.setdefault(source, frozenset(self.certain))

    # chains: x.a["b"].c

    def steps(self, node: ast.AST) -> tuple[ast.AST, list[tuple[str, Any, ast.AST]]]:
        """Root of a chain of attributes and items, and the steps from there."""
        steps: list[tuple[str, Any, ast.AST]] = []
        while isinstance(node, ast.Attribute | ast.Subscript):
            if isinstance(node, ast.Attribute):
                self.found.attributes.add(node.attr)
                steps.append(("attribute", node.attr, node))
            else:
                steps.append(("item", self.key(node.slice), node))
            node = node.value
        return node, steps[::-1]

    def key(self, node: ast.AST) -> object:
        """Value of a constant key, a frozenset for a list of them; ``_UNKNOWN`` otherwise."""
        if isinstance(node, ast.List) and node.elts and all(isinstance(e, ast.Constant) for e in node.elts):
            return frozenset(e.value for e in node.elts if isinstance(e, ast.Constant))
        if isinstance(node, ast.Tuple):
            return tuple(self.key(e) for e in node.elts)
        value = self.evaluate(node)
        return value if isinstance(value, str | int | type(None)) else _UNKNOWN

    def keys_of(self, look: Look | None, steps: list[tuple[str, Any, ast.AST]], method: str = "") -> Keys:
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
        if look.kind == "dict" and key is not _UNKNOWN and look.type_name in ("dict", "OrderedDict"):
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
            look = self.look_before(root.id) if self.local(root.id) is None else None
            if look is not None and look.package == "os" and steps and steps[0][1] in ("environ", "getenv"):
                self._environment(steps)
            keys = self.keys_of(look, steps)
            found = self.load(root.id, keys)
            if steps[0][0] == "attribute":
                self.called_through(found & {root.id})
            return found
        if isinstance(root, ast.Call) and isinstance(root.func, ast.Name) and root.func.id in _NAMESPACES and not root.args:
            return self._namespace(steps)
        return self.expr(root)

    def _indexed(self, name: str, steps: list[tuple[str, Any, ast.AST]]) -> None:
        key = steps[0][1] if steps[0][0] == "item" else _UNKNOWN
        target = self.found.outputs if name in ("Out", "_oh") else self.found.inputs
        if isinstance(key, int) and key >= 0:
            target.add(key)
        elif key == -1 and name in ("In", "_ih"):
            return
        else:
            self.found.everything = f"looks into {name}"

    def _environment(self, steps: list[tuple[str, Any, ast.AST]]) -> None:
        key = next((key for how, key, _ in steps[1:] if how == "item"), None)
        if isinstance(key, str):
            self.found.environment.add(key)
        elif len(steps) == 1 and steps[0][1] == "environ":
            self.found.environment_whole = True

    def _namespace(self, steps: list[tuple[str, Any, ast.AST]]) -> set[str]:
        """``globals()["x"]``."""
        key = steps[0][1] if steps and steps[0][0] == "item" else _UNKNOWN
        if isinstance(key, str):
            return self.load(key, None)
        text = self.text_of(getattr(steps[0][2], "slice", ast.Constant(0))) if steps and steps[0][0] == "item" else None
        if text is not None and _HOLE in text and text != _HOLE:
            self.found.wildcards.add(text.replace(_HOLE, r"\w*"))
        elif steps and steps[0][1] not in ("update", "keys", "setdefault"):
            self.found.everything = "looks into the namespace by names that only the running code knows"
        return set()

    # calls

    def _on_Await(self, node: ast.Await) -> set[str]:
        return self.expr(node.value)

    def _on_Call(self, node: ast.Call) -> set[str]:
        magic = magic_of(node)
        if magic is not None:
            self.magic(magic)
            return set()
        arguments = [*node.args, *(keyword.value for keyword in node.keywords)]
        inplace = any(
            (k.arg == "inplace" and not (isinstance(k.value, ast.Constant) and not k.value.value)) or k.arg == "out" for k in node.keywords
        )
        function = node.func
        name = function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
        builtin = isinstance(function, ast.Name) and name in purity.BUILTINS and self.local(name) is None
        builtin = builtin and name not in self.found.binds and not self.before.exists(name)
        if builtin and name in _MODULE_CODE | _NAMESPACES | {"setattr", "getattr", "delattr", "__import__", "next", "input"}:
            handled = self._special(name, node)
            if handled is not None:
                return handled
        if name in ("str", "repr", "format", "to_string", "to_html", "array2string", "array_str", "array_repr", "ascii", "write"):
            self.found.stringifies = True
        if self._names_formatted(function, arguments):
            return set()
        inert = (builtin and name in purity.INERT) or name in ("partial", "wraps", "append", "add", "setdefault", "insert", "register")
        receiver = self._receiver(function, name, inplace, node)
        flows: set[str] = set()
        for argument in arguments:
            flow = self.expr(argument)
            if isinstance(argument, ast.Lambda):
                self.enter(argument)
            elif isinstance(argument, ast.Name) and argument.id in self.found.functions:
                lazy = isinstance(self.found.functions[argument.id][0], ast.GeneratorExp)
                if lazy or not inert:
                    self.enter_named(argument.id)
            if not inert or any(self._may_run_out(source) for source in flow):
                self.called_through(flow)
            flows |= flow
        if isinstance(function, ast.Name):
            self.enter_named(name)
            if not (builtin and name in purity.INERT):
                self.called_through(receiver)
        elif isinstance(function, ast.Lambda):
            self.enter(function)
        elif isinstance(function, ast.Attribute):
            self._enter_methods(name)
            self.called_through(receiver)
        else:
            self.called_through(receiver)
        self._arguments(node, name, builtin, inplace, flows)
        if not builtin:
            self.calls += 1
        if name in ("query", "eval") and not builtin:
            for text in (a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)):
                for used in re.findall(r"@([^\W\d]\w*)", text):
                    self.load(used, None)
        if builtin and name in purity.FRESH:
            return set()
        return flows | (receiver if not builtin else set())

    def _receiver(self, function: ast.AST, name: str, inplace: bool, node: ast.Call) -> set[str]:
        """What is called, or on which object; a method may change that."""
        if not isinstance(function, ast.Attribute):
            return self.expr(function)
        self.found.attributes.add(name)
        root, steps = self.steps(function.value)
        plain = isinstance(root, ast.Name) and self.local(root.id) is None
        look = self.look_before(root.id) if plain and isinstance(root, ast.Name) else None
        if look is not None and look.kind == "module":
            flows = self.chain(function)
            if look.package == "os" and name in ("getenv", "putenv", "get") and node.args:
                key = self.evaluate(node.args[0])
                self.found.environment.add(key) if isinstance(key, str) else None
            self._seeding(name, function, look)
            return flows
        self._seeding(name, function, look)
        keys: Keys = None
        if look is not None and isinstance(root, ast.Name):
            if not steps and name == "get" and look.kind == "dict" and node.args:
                keys = self.keys_of(look, [("item", self.key(node.args[0]), node)])
                flows = self.load(root.id, keys)
            elif steps:
                keys = self.keys_of(look, steps)
                flows = self.chain(function.value)
            elif name == "clear" and look.kind in ("list", "dict", "set", "deque") and self.certainly():
                self.found.overwrites.add(root.id)
                flows = self.load(root.id, frozenset())
            elif name == "fit" and self._fits_anew(look):
                self.found.refits.add(root.id)
                flows = self.load(root.id, frozenset(key for key in look.parts or () if not is_fitted(key)))
            else:
                flows = self.load(root.id, None)
        else:
            flows = self.expr(function.value)
        kind = look.kind if look is not None and not steps else self._kind_of(function.value)
        package = look.package if look is not None else ""
        if name in ("execute", "executescript") and self._selects(node):
            return flows
        if name.startswith("fetch") and isinstance(function.value, ast.Call):
            return flows  # of a cursor that nothing else holds
        changes = purity.method_changes(kind, package, name, inplace)
        if changes is not False:
            for source in flows:
                self.found.suspects.append(Suspect(source, f"calls `.{name}()`", changes is True, keys if source in flows else None))
        return flows

    def certainly(self) -> bool:
        """Whether what is walked runs for sure."""
        return self.branches == 0 and not self.scopes

    def _fits_anew(self, look: Look) -> bool:
        """scikit-learn's ``fit`` forgets what an earlier one has learned, unless ``warm_start`` is set."""
        parts = look.parts
        if look.package != "sklearn" or look.kind != "instance" or parts is None or not self.certainly():
            return False
        return parts.get("warm_start", FALSE) == FALSE

    def _kind_of(self, node: ast.AST) -> str:
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return "atom"
        return ""

    def _selects(self, node: ast.Call) -> bool:
        text = self.text_of(node.args[0]) if node.args else None
        return text is not None and text.lstrip().upper().startswith(("SELECT", "WITH", "PRAGMA", "EXPLAIN"))

    def _seeding(self, name: str, function: ast.Attribute, look: Look | None) -> None:
        if name not in ("seed", "manual_seed", "setstate", "set_state") or (look is not None and look.kind != "module"):
            return
        package = look.package if look is not None else ""
        stream = {"random": "python", "numpy": "numpy", "torch": "torch"}.get(package, "")
        if stream:
            self.found.seeds.setdefault(stream, self.branches == 0 and not self.scopes and self.calls == 0)

    def _arguments(self, node: ast.Call, name: str, builtin: bool, inplace: bool, flows: set[str]) -> None:
        if not flows:
            return
        root, _ = self.steps(node.func)
        look = self.look_before(root.id) if isinstance(root, ast.Name) and self.local(root.id) is None else None
        package = "builtins" if builtin else look.package if look is not None and look.kind in ("module", "atom", "builtin") else ""
        if isinstance(node.func, ast.Attribute) and (look is None or look.kind != "module"):
            # A method keeps or reads its arguments; it changes them only where it is the user's or says so.
            package = "user" if look is not None and look.methods else package or "builtins"
            changes = None if package == "user" else purity.function_changes("builtins", "len" if not inplace else name, inplace)
        elif look is not None and look.codes:
            changes = None
        else:
            changes = purity.function_changes(package, name, inplace)
        if (
            changes is False
            and builtin
            and name in ("list", "sum", "max", "tuple", "set", "any", "all", "sorted", "dict", "enumerate", "zip", "min")
        ):
            changes = None if any(self._may_run_out(source) for source in flows) else False
        if changes is not False:
            for source in flows:
                self.found.suspects.append(Suspect(source, f"is passed to `{name or 'a call'}`", False, None, name))

    def _may_run_out(self, name: str) -> bool:
        look = self.before.look(name)
        return look is not None and look.kind == "iterator"

    def _special(self, name: str, node: ast.Call) -> set[str] | None:
        if name in _MODULE_CODE:
            self._dynamic(node)
            return set()
        if name in _NAMESPACES:
            if name == "vars" and node.args:
                return None
            if not self.scopes or name == "globals":
                self.found.everything = self.found.everything or "hands out the whole namespace"
            return set()
        if name in ("setattr", "delattr") and len(node.args) >= 2:
            flows = self.expr(node.args[0])
            for argument in node.args[1:]:
                self.expr(argument)
            key = self.evaluate(node.args[1])
            for source in flows:
                self.found.suspects.append(Suspect(source, f"calls `{name}`", True, frozenset([key]) if isinstance(key, str) else None))
                look = self.look_before(source)
                if look is not None and look.kind == "module" and look.parts is None:
                    self.found.effects.append(Effect(look.package, key if isinstance(key, str) else "*"))
            return set()
        if name == "getattr" and len(node.args) >= 2:
            key = self.evaluate(node.args[1])
            if isinstance(key, str):
                self.found.attributes.add(key)
        if name == "next" and node.args:
            flows = self.expr(node.args[0])
            self.called_through(flows)
            for source in flows:
                self.found.suspects.append(Suspect(source, "takes its next element", True, None))
            for argument in node.args[1:]:
                self.expr(argument)
            return flows
        return None

    def _dynamic(self, node: ast.Call) -> None:
        """``exec`` and ``eval``: their text is walked where it is known, with holes where only parts of it are."""
        if not node.args:
            return
        code = self.expr(node.args[0])
        if len(node.args) > 1 and not self._is_namespace(node.args[1]):
            # In a namespace of its own, which it may change; what it takes from there may be changed as well.
            for argument in node.args[1:]:
                flows = self.expr(argument)
                self.called_through(flows)
                for source in flows:
                    self.found.suspects.append(Suspect(source, "is the namespace of `exec`", True, None))
            return
        if any((look := self.before.look(source)) is not None and look.codes for source in code):
            self.called_through(code)
            return
        text = self.text_of(node.args[0])
        tree = parse(text) if text is not None else None
        if tree is None:
            # In[3] and such: the text of an earlier cell.
            self.found.everything = "runs text that only the running code knows"
            return
        self.branches += 1 if text is not None and _HOLE in text else 0
        self.block(tree.body)
        self.branches -= 1 if text is not None and _HOLE in text else 0

    def _is_namespace(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _NAMESPACES and not node.args

    def _names_formatted(self, function: ast.AST, arguments: list[ast.expr]) -> bool:
        """``"{a} {b}".format(**globals())`` reads just those."""
        if not isinstance(function, ast.Attribute) or function.attr not in ("format", "format_map"):
            return False
        text = self.text_of(function.value)
        if text is None or not arguments or not all(self._is_namespace(argument) for argument in arguments):
            return False
        try:
            fields = [name for _, name, _, _ in string.Formatter().parse(text) if name]
        except ValueError:
            return False
        for name in fields:
            self.load(re.split(r"[.\[]", name)[0], None)
        return True

    # values that are known before the cell runs

    def text_of(self, node: ast.AST) -> str | None:
        """A text, with a name of our own in place of what is not known."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text_of(part) or "" for part in node.values)
        if isinstance(node, ast.FormattedValue):
            value = self.evaluate(node.value)
            return str(value) if isinstance(value, str | int) else _HOLE
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.text_of(node.left), self.text_of(node.right)
            return (left or _HOLE) + (right or _HOLE) if left is not None or right is not None else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            left = self.text_of(node.left)
            return re.sub(r"%[-\d.]*[sdfr]", _HOLE, left) if left is not None else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            inner = self.text_of(node.func.value)
            if inner is None:
                return None
            if node.func.attr == "format":
                return re.sub(r"\{[^{}]*\}", _HOLE, inner)
            return inner if node.func.attr in ("strip", "lstrip", "rstrip") else None
        value = self.evaluate(node)
        return value if isinstance(value, str) else None

    def evaluate(self, node: ast.AST) -> object:
        """Value of an expression over constants and small values that the cell found; ``_UNKNOWN`` where that cannot be told."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            if self.local(node.id) is not None:
                return _UNKNOWN
            if node.id in self.constants:
                return self.constants[node.id]
            look = self.look_before(node.id)
            return look.value if look is not None and look.kind == "atom" and look.type_name == "" else _UNKNOWN
        if isinstance(node, ast.UnaryOp):
            value = self.evaluate(node.operand)
            if value is _UNKNOWN:
                return _UNKNOWN
            if isinstance(node.op, ast.Not):
                return not value
            return -value if isinstance(node.op, ast.USub) and isinstance(value, int | float) else _UNKNOWN
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            return self._compared(node)
        if isinstance(node, ast.BoolOp):
            values = [self.evaluate(value) for value in node.values]
            if isinstance(node.op, ast.And):
                return False if any(v is not _UNKNOWN and not v for v in values) else _UNKNOWN if _UNKNOWN in values else True
            return True if any(v is not _UNKNOWN and v for v in values) else _UNKNOWN if _UNKNOWN in values else False
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and len(node.args) == 1:
            inner = node.args[0]
            look = self.look_before(inner.id) if isinstance(inner, ast.Name) and self.local(inner.id) is None else None
            return look.size if look is not None and look.size is not None else _UNKNOWN
        return _UNKNOWN

    def _compared(self, node: ast.Compare) -> object:
        left, right, operator = self.evaluate(node.left), node.comparators[0], node.ops[0]
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(left, str) and isinstance(right, ast.Call):
            named = right.func
            if isinstance(named, ast.Name) and named.id in _NAMESPACES and not right.args and not self.scopes:
                inside = left in self.certain or (left not in self.found.binds and self.before.exists(left))
                if not inside and left in self.found.binds:
                    return _UNKNOWN
                return inside is isinstance(operator, ast.In)
        other = self.evaluate(right)
        if left is _UNKNOWN or other is _UNKNOWN:
            return _UNKNOWN
        try:
            match operator:
                case ast.Eq():
                    return left == other
                case ast.NotEq():
                    return left != other
                case ast.Is():
                    return left is other if other is None or isinstance(other, bool) else _UNKNOWN
                case ast.IsNot():
                    return left is not other if other is None or isinstance(other, bool) else _UNKNOWN
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
        return _UNKNOWN

    # magics

    def magic(self, magic: Any) -> None:
        """A magic or shell line: Python in it is walked, names that IPython fills in are read."""
        self.found.magics.append(magic)
        texts = [magic.line] if magic.kind != "cell" or magic.name not in PYTHON_MAGICS else []
        if magic.name in PYTHON_MAGICS:
            line = without_options(magic.line)
            if magic.name == "capture":
                name = line.split()[0] if line else ""
                if name.isidentifier():
                    self.bind(name, set())
                line = ""
            self._python(line, magic.name)
            self._python(magic.body, magic.name)
            return
        if magic.kind == "cell" and magic.name in ("bash", "sh", "script", "sx", "!", "system", "sql"):
            texts.append(magic.body)
        if magic.name == "run" and "-i" in magic.line.split():
            self.found.everything = "runs a script in this namespace"
        if magic.name in ("rerun", "recall", "macro", "rep"):
            self.found.everything = f"%{magic.name} runs what other cells said"
        for text in texts:
            for expression in filled_in(text):
                tree = parse(expression)
                for statement in tree.body if tree is not None else ():
                    if isinstance(statement, ast.Expr):
                        self.expr(statement.value)

    def _python(self, text: str, magic: str) -> None:
        tree = parse(text) if text else None
        if tree is None:
            return
        if magic in ("timeit", "prun"):
            self.scopes.append({})
            self.globals_of.append(set())
            self.block(tree.body)
            self.scopes.pop()
            self.globals_of.pop()
        else:
            self.block(tree.body)

    # given by the upper half

    def block(self, statements: list[ast.stmt]) -> None:
        """Walk statements in order."""
        raise NotImplementedError

    def bind(self, name: str, flow: set[str]) -> None:
        """A name is bound here."""
        raise NotImplementedError

    def enter(self, node: ast.AST) -> None:
        """A function that the cell defines may run here."""
        raise NotImplementedError

    def enter_named(self, name: str) -> None:
        """Functions or classes that the cell has put under this name may run here."""
        if self.local(name) is None or name in self.found.functions:
            for node in self.found.functions.get(name, ()):
                self.enter(node)
            for source in self.found.flow.get(name, ()):
                if source != name and source in self.found.functions and (id(source), name) not in self._entered:  # type: ignore[comparison-overlap]
                    for node in self.found.functions[source]:
                        self.enter(node)

    def _enter_methods(self, name: str) -> None:
        for nodes in list(self.found.functions.values()):
            for node in nodes:
                if isinstance(node, ast.ClassDef):
                    for member in node.body:
                        if isinstance(member, _FUNCTIONS) and getattr(member, "name", "") == name:
                            self.enter(member)


def is_fitted(key: object) -> bool:
    """Whether an attribute of an estimator is one that fitting sets, by scikit-learn's convention."""
    return isinstance(key, str) and key.endswith("_") and not key.endswith("__")


__all__ = ["NOTHING", "Expressions"]
