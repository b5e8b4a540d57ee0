"""From a cell's text to Python's syntax tree: IPython's magics and shell lines become calls, as IPython itself writes them."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import lru_cache

#: A cell of more than this many characters is data, not code; it is kept but not looked into.
SOURCE_LIMIT = 500_000
#: Magics whose argument or body is Python of the same namespace.
PYTHON_MAGICS = frozenset(
    {"time", "timeit", "prun", "memit", "lprun", "mprun", "debug", "capture", "skip", "notify", "scalene", "memray_flamegraph"}
)
_OPTIONS = re.compile(r"^(\s*-{1,2}\w+([ =](\d+|[\w.]+(?=\s)))?(?=\s|$))+\s*")
_SHELL_NAME = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})|(?<!\$)\$([A-Za-z_]\w*)")


@dataclass(frozen=True)
class Magic:
    """A call of a magic or of the shell: ``kind`` is ``line``, ``cell``, ``system`` or ``getoutput``."""

    kind: str
    name: str
    line: str
    body: str


@lru_cache(maxsize=512)
def parse(source: str) -> ast.Module | None:
    """Syntax tree of a cell; None where it is no Python, or too long.

    Examples
    --------
    >>> ast.unparse(parse("%time x = 1"))
    "get_ipython().run_line_magic('time', 'x = 1')"
    """
    if len(source) > SOURCE_LIMIT:
        return None
    for text in (source, None):
        try:
            return ast.parse(transformed(source) if text is None else text)
        except SyntaxError:
            continue
        except (ValueError, RecursionError, MemoryError):
            return None
    return None


def transformed(source: str) -> str:
    """The cell as Python, by IPython's own transformer.

    Raises
    ------
    SyntaxError
        It is neither Python nor IPython.
    """
    try:
        from IPython.core.inputtransformer2 import TransformerManager
    except ImportError:
        raise SyntaxError("IPython is not there") from None
    return str(TransformerManager().transform_cell(source))


def magic_of(node: ast.Call) -> Magic | None:
    """The magic or shell command that a call is, as IPython's transformer writes it."""
    function = node.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call) and isinstance(function.value.func, ast.Name)):
        return None
    if function.value.func.id != "get_ipython":
        return None
    words = [argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else "" for argument in node.args]
    if function.attr in ("system", "getoutput", "getoutput") and words:
        return Magic(function.attr, "", words[0], "")
    if function.attr in ("run_line_magic", "magic") and words:
        return Magic("line", words[0], words[1] if len(words) > 1 else "", "")
    if function.attr == "run_cell_magic" and len(words) == 3:
        return Magic("cell", words[0], words[1], words[2])
    return None


def without_options(line: str) -> str:
    """Argument of ``%time`` and its kin without ``-n 10`` and such."""
    return _OPTIONS.sub("", line).strip()


def filled_in(text: str) -> list[str]:
    """Python expressions that IPython fills into a magic's line or a shell command: ``{expression}`` and ``$name``.

    Examples
    --------
    >>> filled_in("ls {folder}/*.csv $name $HOME")
    ['folder', 'name']
    """
    return [expression.strip() or name for expression, name in _SHELL_NAME.findall(text) if expression.strip() or not name.isupper()]
