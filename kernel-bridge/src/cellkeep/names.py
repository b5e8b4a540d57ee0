"""Which global names a cell reads and writes, from its source alone; runs in the journal's thread, after the cell.

``writes`` are names that the cell binds or deletes at its top level (or by ``global``). ``reads`` are names that it may take from before:
loaded somewhere in it, not built in, and not certainly bound by an earlier line of the same cell. Bindings inside ``for``, ``while``,
``try`` and one branch of an ``if`` may not happen, so they do not hide a later read. What a function reads counts where the function
stands. IPython's own syntax is taken apart first: magics that run Python (``%time``, ``%%timeit``, …) are looked into, the rest is opaque.
"""

from __future__ import annotations

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

_BUILTINS = frozenset(dir(builtins)) | {"get_ipython", "exit", "quit", "display", "In", "Out", "__name__", "__file__"}
#: Magics whose argument or body is Python of the same namespace.
_PYTHON_MAGICS = {"time", "timeit", "prun", "memit", "lprun", "mprun", "debug", "capture"}
_CELL_MAGIC = re.compile(r"\s*%%(\w+)([^\n]*)\n?")
_OPTIONS = re.compile(r"^(\s*-{1,2}\w+(\s+\d+)?)+\s*")
_SHELL_EXPRESSION = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})|(?<!\$)\$([A-Za-z_]\w*)")
#: A cell of more than this many characters is data, not code; it is kept but not looked into.
_SOURCE_LIMIT = 500_000


@dataclass
class Names:
    """Global names of one cell."""

    reads: set[str] = field(default_factory=set)
    writes: set[str] = field(default_factory=set)

    def add(self, other: Names) -> None:
        """Names of a later part of the same cell."""
        self.reads |= other.reads - self.writes
        self.writes |= other.writes


@lru_cache(maxsize=1_024)
def analyse(source: str) -> Names:
    """Names that a cell reads and writes; none where its source is no Python. Remembered: callers share what they get.

    Examples
    --------
    >>> found = analyse("total = price * n")
    >>> sorted(found.reads), sorted(found.writes)
    (['n', 'price'], ['total'])
    """
    if len(source) > _SOURCE_LIMIT:
        return Names()
    magic = _CELL_MAGIC.match(source)
    if magic:
        if magic[1] not in _PYTHON_MAGICS:
            return Names(reads=_shell_reads(source))
        found = Names()
        line = _OPTIONS.sub("", magic[2]).strip()
        if line and magic[1] != "capture":
            found.add(analyse(line))
        elif line:
            found.writes.update(word for word in line.split() if word.isidentifier())  # %%capture out
        found.add(analyse(source[magic.end() :]))
        return found
    try:
        return _of_python(source)
    except SyntaxError:
        return _of_ipython(source)
    except (ValueError, RecursionError, MemoryError):
        return Names()


def _of_ipython(source: str) -> Names:
    """Python with magics and shell lines: IPython's transformer turns them into calls."""
    try:
        from IPython.core.inputtransformer2 import TransformerManager

        found = _of_python(str(TransformerManager().transform_cell(source)))
    except (ImportError, SyntaxError, ValueError, RecursionError, MemoryError):
        return Names()
    found.reads.discard("get_ipython")
    return found


def _of_python(source: str) -> Names:
    tree = ast.parse(source)
    found = Names()
    top = symtable.symtable(source, "<cell>", "exec")
    found.writes = {symbol.get_name() for symbol in top.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    found.writes |= _global_writes(top) | _deleted(tree)
    found.writes.discard("*")
    reads, certain = _sequence(tree.body, frozenset())
    found.reads |= reads
    for magic in _magic_calls(tree):
        inner = _of_magic(*magic)
        found.reads |= inner.reads - certain
        found.writes |= inner.writes
    found.reads -= _BUILTINS - found.writes
    return found


def _tables(top: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in top.get_children():
        yield child
        yield from _tables(child)


def _global_writes(top: symtable.SymbolTable) -> set[str]:
    """``global x; x = 1`` inside a function."""
    found = set()
    for table in _tables(top):
        found |= {s.get_name() for s in table.get_symbols() if s.is_declared_global() and (s.is_assigned() or s.is_imported())}
    return found


def _deleted(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}


def _sequence(statements: list[ast.stmt], certain: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    """Names that a sequence reads from before it, and those certainly bound after it."""
    reads: set[str] = set()
    for statement in statements:
        found, certain = _statement(statement, certain)
        reads |= found
    return reads, certain


def _statement(statement: ast.stmt, certain: frozenset[str]) -> tuple[set[str], frozenset[str]]:
    match statement:
        case ast.If(test=test, body=body, orelse=orelse):
            first, after_body = _sequence(body, certain)
            second, after_else = _sequence(orelse, certain)
            return _loads([test], certain) | first | second, after_body & after_else
        case ast.While(test=test, body=body, orelse=orelse):
            return _loads([test], certain) | _sequence(body, certain)[0] | _sequence(orelse, certain)[0], certain
        case (
            ast.For(target=target, iter=source, body=body, orelse=orelse)
            | ast.AsyncFor(target=target, iter=source, body=body, orelse=orelse)
        ):
            inside = _sequence(body, certain | _target_names([target]))[0]
            return _loads([source], certain) | inside | _sequence(orelse, certain)[0], certain
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            entered = _loads([item.context_expr for item in items], certain)
            bound = _target_names([item.optional_vars for item in items if item.optional_vars is not None])
            inside, after = _sequence(body, certain | bound)
            return entered | inside, after
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
            reads, after = _sequence(body, certain)
            reads |= _sequence(orelse, after)[0] | _sequence(finalbody, certain)[0]
            for handler in handlers:
                caught = frozenset([handler.name]) if handler.name else frozenset()
                reads |= _loads([handler.type] if handler.type else [], certain) | _sequence(handler.body, certain | caught)[0]
            return reads, certain
        case ast.Delete(targets=targets):
            gone = {target.id for target in targets if isinstance(target, ast.Name)}
            return (gone | reads_of(statement)) - certain, certain - gone
        case _:
            return reads_of(statement) - certain, certain | _bound_by(statement)


def _loads(expressions: list[ast.expr], certain: frozenset[str]) -> set[str]:
    return {name for expression in expressions for name in reads_of(ast.Expr(expression))} - certain


def reads_of(statement: ast.stmt) -> set[str]:
    """Global names loaded anywhere in one statement; symtable knows what is local to functions and comprehensions."""
    top = symtable.symtable(ast.unparse(ast.Module([statement], [])), "<cell>", "exec")
    found = {s.get_name() for s in top.get_symbols() if s.is_referenced()}
    for table in _tables(top):
        # The locals of a function named `top` count as global there: symtable takes it for the module.
        symbols = [s for s in table.get_symbols() if s.is_global() and (s.is_declared_global() or not s.is_local())]
        found |= {s.get_name() for s in symbols if s.is_referenced()}
    # Only names that are loaded: PEP 709 folds a comprehension's own variables into the enclosing table.
    loads = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Load, ast.Del))}
    if isinstance(statement, ast.AugAssign) and isinstance(statement.target, ast.Name):
        loads.add(statement.target.id)
        found.add(statement.target.id)
    return found & loads


def _bound_by(statement: ast.stmt) -> set[str]:
    """Names that are bound once this simple statement has run without an error."""
    match statement:
        case ast.Assign(targets=targets):
            return _target_names(targets)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            return _target_names([target])
        case ast.AugAssign(target=target):
            return _target_names([target])
        case ast.Import() | ast.ImportFrom():
            return {alias.asname or alias.name.partition(".")[0] for alias in statement.names}
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case _:
            return set()


def _target_names(targets: list[ast.expr]) -> set[str]:
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _magic_calls(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    """``get_ipython().run_line_magic("time", "f(x)")`` and its kin, as IPython's transformer writes them."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        words = [argument.value for argument in node.args if isinstance(argument, ast.Constant) and isinstance(argument.value, str)]
        if node.func.attr in ("run_line_magic", "run_cell_magic", "system", "getoutput") and words:
            yield node.func.attr, words


def _of_magic(call: str, words: list[str]) -> Names:
    if call in ("system", "getoutput"):
        return Names(reads=_shell_reads(words[0]))
    if words[0] in _PYTHON_MAGICS and len(words) > 1:
        return analyse(_OPTIONS.sub("", words[1]))
    return Names(reads=_shell_reads(" ".join(words[1:])))


def _shell_reads(text: str) -> set[str]:
    """Names in ``{expression}`` and ``$name``, which IPython fills in."""
    found: set[str] = set()
    for expression, name in _SHELL_EXPRESSION.findall(text):
        if name and not name.isupper():  # $HOME is the shell's
            found.add(name)
        elif expression:
            try:
                found |= _of_python(expression.strip()).reads
            except SyntaxError:
                continue
    return found
