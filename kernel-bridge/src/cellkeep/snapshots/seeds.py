"""Random seeds as far as they can be seen: set by a cell's source, or told by the generator itself.

A seed that stands in a source as a number is known; one that stands there as a name is looked up after the cell has run. Where random
numbers are used and no seed was seen, that is told as well: such a result cannot be had again.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from typing import Any

from ..values import cut
from ..wire import NAME_LIMIT, Seed

_SEEDS_LIMIT = 1_000
#: Calls that set or make a generator, by the end of their name: generator, and which arguments hold the seed.
_CALLS = {
    "random.seed": ("python", ("a", "seed")),
    "random.Random": ("python", ("x", "seed")),
    "np.random.seed": ("numpy", ("seed",)),
    "random.default_rng": ("numpy", ("seed",)),
    "random.RandomState": ("numpy", ("seed",)),
    "random.SeedSequence": ("numpy", ("entropy",)),
    "torch.manual_seed": ("torch", ("seed",)),
    "cuda.manual_seed": ("torch", ("seed",)),
    "cuda.manual_seed_all": ("torch", ("seed",)),
    "random.set_seed": ("tensorflow", ("seed",)),
    "utils.set_random_seed": ("keras", ("seed",)),
    "random.PRNGKey": ("jax", ("seed",)),
    "random.key": ("jax", ("seed",)),
    "seed_everything": ("lightning", ("seed",)),
    "set_seed": ("transformers", ("seed",)),
    "default_rng": ("numpy", ("seed",)),
    "manual_seed": ("torch", ("seed",)),
}
_KEYWORDS = {"random_state", "random_seed"}
#: How a source looks that draws from a module's own generator.
_DRAWS = {
    "python": re.compile(r"(?<![\w.])random\.\w|\bfrom random import"),
    "numpy": re.compile(r"\b(np|numpy)\.random\b"),
    "torch": re.compile(r"\btorch\.(rand|nn\b|normal|bernoulli|multinomial)"),
}
_UNKNOWN = object()


class Seeds:
    """Seeds of one session."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str | None, int | None], None] = {}
        self._used: set[str] = set()

    def note(self, order: int | None, source: str, namespace: Mapping[str, Any]) -> None:
        """A cell has run; in the journal's thread."""
        for generator, value in seeds_in(source, namespace):
            if len(self._seen) < _SEEDS_LIMIT:
                self._seen[generator, value, order] = None
        self._used |= {generator for generator, draws in _DRAWS.items() if draws.search(source)}

    def read(self) -> list[Seed]:
        """All that are known now."""
        found: list[Seed] = [{"generator": g, "seed": value, "order": order} for g, value, order in self._seen]
        known = {generator for generator, _, _ in self._seen}
        torch = sys.modules.get("torch")
        if torch is not None and "torch" not in known and hasattr(torch, "initial_seed"):
            found.append({"generator": "torch", "seed": str(torch.initial_seed()), "order": None})
            known.add("torch")
        found += [{"generator": generator, "seed": None, "order": None} for generator in sorted(self._used - known)]
        return found


def seeds_in(source: str, namespace: Mapping[str, Any]) -> list[tuple[str, str | None]]:
    """Generators and their seeds in a cell's source; None where a seed is drawn by the system, or cannot be known.

    Examples
    --------
    >>> seeds_in("np.random.seed(SEED); rng = np.random.default_rng(); fit(random_state=7)", {"SEED": 42})
    [('numpy', '42'), ('numpy', None), ('random_state', '7')]
    """
    if not any(word in source for word in ("seed", "rng", "Random", "PRNGKey", "random_state", "random.key")):
        return []
    try:
        tree = ast.parse(_python_lines(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: dict[tuple[str, str | None], None] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        call = _call(_dotted(node.func))
        if call is not None:
            generator, names = call
            given = node.args[0] if node.args else next((k.value for k in node.keywords if k.arg in names), None)
            found[generator, _told(given, namespace)] = None
        for keyword in node.keywords:
            if keyword.arg in _KEYWORDS and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
                found[keyword.arg, _told(keyword.value, namespace)] = None
    return list(found)


def _python_lines(source: str) -> str:
    """Without magics and shell lines, each in its place."""
    lines = source.splitlines()
    if lines and lines[0].lstrip().startswith("%%"):
        lines = lines[1:]
    return "\n".join("pass" if line[:1] in ("%", "!") else line for line in lines)


def _dotted(node: ast.expr) -> str:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return ".".join(reversed([*names, node.id])) if isinstance(node, ast.Name) else ".".join(reversed(names))


def _call(name: str) -> tuple[str, tuple[str, ...]] | None:
    name = "np." + name.removeprefix("numpy.") if name.startswith("numpy.") else name
    words = name.split(".")
    for length in (3, 2, 1):
        found = _CALLS.get(".".join(words[-length:])) if len(words) >= length else None
        if found is not None and (length > 1 or len(words) == 1 or found[0] == "torch"):
            return ("jax", found[1]) if words[0] == "jax" else found
    return None


def _told(node: ast.expr | None, namespace: Mapping[str, Any]) -> str | None:
    value: object = _UNKNOWN
    if node is None:
        return None
    if isinstance(node, ast.Name):
        value = namespace.get(node.id, _UNKNOWN)
    else:
        try:
            value = ast.literal_eval(node)
        except (ValueError, TypeError, MemoryError, RecursionError):
            return None
    plain = isinstance(value, (int, float, str, bytes, list, tuple)) and value is not _UNKNOWN
    return cut(repr(value) if not isinstance(value, str) else value, NAME_LIMIT) if plain else None
