# ruff: noqa: N802 -- methods are named for the nodes of Python's syntax
"""Calls in a cell: which code may run, which objects may change, and Python that stands in texts and magics."""

from __future__ import annotations

import ast
import re
import string
from typing import Any

from . import libraries, purity
from .expressions import Expressions
from .findings import Effect, Keys, Suspect
from .known_values import HOLE, NAMESPACES
from .looks import FALSE, Look
from .syntax import PYTHON_MAGICS, filled_in, magic_of, parse, without_options

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_MODULE_CODE = {"exec", "eval"}
_LISTING = {"glob", "iglob", "rglob"}
_EXHAUSTING = {"list", "sum", "max", "tuple", "set", "any", "all", "sorted", "dict", "enumerate", "zip", "min"}
_CONTAINERS = {"list", "dict", "set", "deque"}


class CallsInCell(Expressions):
    """Walks calls and magics."""

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
        if builtin and name in _MODULE_CODE | NAMESPACES | {"setattr", "getattr", "delattr", "__import__", "next", "input"}:
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
            if not inert or any(self.may_run_out(source) for source in flow):
                self.called_through(flow)
            flows |= flow
        self._hand_over(function, name, arguments)
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
        called = self.look_behind(function)
        holds = isinstance(function, ast.Attribute) or (called is not None and called.method)
        for source in receiver if holds else ():
            if not libraries.keeps_nothing(self.look_before(source)):
                self.found.flow.setdefault(source, set()).update(flows - {source})  # `box.append(row)`: it may hold them now
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
        if name in _LISTING:
            pattern = node.args[0] if node.args else None
            self.found.patterns.append(pattern.value if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str) else None)
        if not isinstance(function, ast.Attribute):
            self._seeding(name, self.look_behind(function))
            return self._bound_method(function, inplace)
        self.found.attributes.add(name)
        root, steps = self.steps(function.value)
        look = self.look_behind(root)
        if look is not None and look.kind == "module":
            flows = self.chain(function)
            if look.package == "os" and name in ("getenv", "putenv", "get") and node.args:
                key = self.evaluate(node.args[0])
                self.found.environment.add(key) if isinstance(key, str) else None
            self._seeding(name, look)
            return flows
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
            direct = look is not None and not steps
            own = changes is True and direct and kind in _CONTAINERS
            for source in flows:
                if not (look is None and self._is_left_alone(source, function.value, changes)):
                    self.found.suspects.append(Suspect(source, f"calls `.{name}()`", changes is True, keys, own=own))
        return flows

    def _is_left_alone(self, source: str, made: ast.expr, changes: bool | None) -> bool:
        """Whether an estimator stays as it was where a method of something made with it is called.

        What is made of its predictions is data, and methods that fit are known; most of scikit-learn's estimators fit clones of those that
        they are given, pipelines do not.
        """
        if not libraries.is_estimator(self.look_before(source)):
            return False
        maker = made.func if isinstance(made, ast.Call) else None
        return changes is None or (isinstance(maker, ast.Name) and libraries.fits_clones(self.look_behind(maker), maker.id))

    def _bound_method(self, function: ast.AST, inplace: bool) -> set[str]:
        """A call of a name; where a method was put under it (``add = rows.append``), that may change its object."""
        flows = self.expr(function)
        for source in flows:
            look = self.look_before(source)
            if look is not None and look.method:
                changes = purity.method_changes("", look.package, look.method, inplace)
                if changes is not False:
                    self.found.suspects.append(Suspect(source, f"calls `.{look.method}()`", changes is True, None))
        return flows

    def _hand_over(self, function: ast.AST, name: str, arguments: list[ast.expr]) -> None:
        """Objects that code of a library gets, or whose methods are a library's: it may call any method that they have."""
        root, steps = self.steps(function)
        look = self.look_behind(root)
        if look is not None and isinstance(root, ast.Name) and len(steps) < 2:
            method = name if steps else "__call__"
            if look.kind != "module" and method not in look.methods and not look.codes:
                self.found.handed.add(root.id)
        users = (look is not None and (look.codes or (look.methods and not look.hooked))) or (
            isinstance(root, ast.Name) and root.id in self.found.functions
        )
        if not users:
            for argument in arguments:
                self.found.handed |= self._as_such(argument)

    def _as_such(self, node: ast.AST) -> set[str]:
        """Names whose objects are passed themselves, or in a list, or an object of the class."""
        if isinstance(node, ast.Name):
            return self.found.sources(self.local(node.id) or {node.id})
        if isinstance(node, ast.Call):
            return self._as_such(node.func).union(*map(self._as_such, node.args))
        if isinstance(node, ast.List | ast.Tuple | ast.Starred):
            return set().union(*map(self._as_such, getattr(node, "elts", None) or [getattr(node, "value", None) or ast.Pass()]))
        return set()

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

    def _seeding(self, name: str, look: Look | None) -> None:
        """``random.seed(1)``, and ``seed(1)`` where the name is imported."""
        if name not in ("seed", "manual_seed", "setstate", "set_state") or (look is not None and look.kind not in libraries.OF_LIBRARY):
            return
        package = look.package if look is not None else ""
        stream = {"random": "python", "numpy": "numpy", "torch": "torch"}.get(package, "")
        if stream:
            self.found.seeds.setdefault(stream, self.branches == 0 and not self.scopes and self.calls == 0)

    def _arguments(self, node: ast.Call, name: str, builtin: bool, inplace: bool, flows: set[str]) -> None:
        if not flows:
            return
        for source in flows:
            if libraries.is_written(self.look_before(source), source, node, name):
                self.found.suspects.append(Suspect(source, f"is passed to `{name}`", False, None))
        root, _ = self.steps(node.func)
        look = self.look_behind(root)
        package = "builtins" if builtin else libraries.package_called(look)
        if isinstance(node.func, ast.Attribute) and (look is None or look.kind != "module"):
            # A method keeps or reads its arguments; it changes them only where it is the user's or says so.
            package = "user" if look is not None and look.methods else package or "builtins"
            changes = None if package == "user" else purity.function_changes("builtins", "len" if not inplace else name, inplace)
        elif look is not None and look.codes:
            changes = None
        else:
            changes = purity.function_changes(package, name, inplace)
        exhausts = name in _EXHAUSTING if builtin else look is not None and look.kind == "function"
        if changes is False and exhausts:
            changes = None if any(self.may_run_out(source) for source in flows) else False
        if changes is not False:
            for source in flows:
                if not (name in ("dump", "save") and libraries.is_only_stored(self.look_before(source), package)):
                    self.found.suspects.append(Suspect(source, f"is passed to `{name or 'a call'}`", False, None, name))

    def _special(self, name: str, node: ast.Call) -> set[str] | None:
        if name in _MODULE_CODE:
            self._dynamic(node)
            return set()
        if name in NAMESPACES:
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
        text = self.code_in(node.args[0])
        tree = parse(text) if text is not None else None
        if tree is None:
            # In[3] and such: the text of an earlier cell.
            self.found.everything = "runs text that only the running code knows"
            return
        self.branches += 1 if text is not None and HOLE in text else 0
        self.block(tree.body)
        self.branches -= 1 if text is not None and HOLE in text else 0

    def _is_namespace(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMESPACES and not node.args

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
