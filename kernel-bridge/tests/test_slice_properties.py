"""Random programs: a slice gives the value, and is compared with the smallest set of executions that does, found by trying all.

Programs are straight lines over numbers, lists, dicts, nested ones, second names, functions and branches; they run by ``exec`` in a
namespace of their own, so that thousands of runs take seconds.
"""

from __future__ import annotations

import itertools
import types
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cellkeep.slicing.observer import Observer
from cellkeep.slicing.selection import slice_of

NAMES = ["a", "b", "c", "d"]


def run(cell: str, namespace: dict[str, Any]) -> BaseException | None:
    try:
        exec(compile(cell, "<ipython-input-1>", "exec"), namespace)
    except Exception as error:
        return error
    return None


def fresh() -> dict[str, Any]:
    return {"__name__": "__main__", "__builtins__": __builtins__}


def observed(cells: list[str]) -> tuple[Observer, dict[str, Any]]:
    shell = types.SimpleNamespace(user_ns=fresh())
    shell.user_ns_hidden = dict(shell.user_ns)
    observer = Observer(shell)
    for order, cell in enumerate(cells):
        observer.before()
        error = run(cell, shell.user_ns)
        observer.after(order, order + 1, None, cell, "error" if error else "ok", error)
    return observer, shell.user_ns


def value_after(cells: list[str], orders: tuple[int, ...] | list[int], name: str) -> Any:
    namespace = fresh()
    for order in orders:
        run(cells[order], namespace)
    return namespace.get(name, "there is no such name")


def statement(name: str, other: str, third: str, number: int, shape: int) -> str:
    return [
        f"{name} = {number}",
        f"{name} = [{number}, {number + 1}]",
        f"{name} = {other}",
        f"{name} = [{other}, {number}]",
        f"{name} = {{'k': {other}, 'n': {number}}}",
        f"{name}.append({number})",
        f"{name}[0] = {other}",
        f"{name}['k'] = {number}",
        f"{name}['n'] = {other}",
        f"{name} = {other}[0]",
        f"{name} = {other}['k']",
        f"{name} = type({other}).__name__",
        f"{name} += {other}",
        f"{name} = {other} + {third}",
        f"del {name}",
        f"def f(v): return ({other}, v)",
        f"def f(v):\n    v.append({number})\n    return {other}",
        f"{name} = f({other})",
        f"f({name})",
        f"for i in range({number % 3}):\n    {name} = i",
        f"if {other}:\n    {name} = {number}\nelse:\n    {name} = {third}",
        f"{name} = list({other})",
        f"{name} = iter({other})",
        f"{name} = next({other})",
        f"{name}, {other} = {other}, {name}",
        f"{name} = {number}\n{other}.append({name})\n{third} = 1",
        f"{name}.clear()",
        f"{name}[:] = [{other}]",
        f"id({name}), {other}",
        f"global_total = sum(v for v in [{number}, 2])\n{name} = global_total",
        f"exec('{name} = {other}')",
        f"globals()['{name}'] = {other}",
    ][shape]


programs = st.lists(
    st.builds(statement, st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(0, 4), st.integers(0, 31)),
    min_size=3,
    max_size=12,
)


def comparable(value: Any, left: list[int] | None = None, depth: int = 0) -> Any:
    """Functions and iterators are compared by what they are, not by where they lie; what goes round or is huge down to some depth."""
    left = [2_000] if left is None else left
    left[0] -= 1
    if depth > 20 or left[0] < 0:
        return "deep"
    if isinstance(value, types.FunctionType):
        return value.__code__.co_code, value.__code__.co_consts, value.__code__.co_names
    if type(value).__name__.endswith("iterator"):
        return type(value).__name__, comparable(value.__reduce__()[1:], left, depth + 1)
    if isinstance(value, list | tuple):
        return type(value).__name__, [comparable(element, left, depth + 1) for element in value[:50]]
    if isinstance(value, dict):
        return [(key, comparable(element, left, depth + 1)) for key, element in value.items()]
    return type(value).__name__, value


def counts(cells: list[str]) -> list[tuple[int, int]]:
    """Sizes of the slice and of the smallest set, for each name; raises where the slice gives another value."""
    observer, namespace = observed(cells)
    found = []
    for name in NAMES:
        if name not in namespace:
            continue
        orders = list(slice_of(observer.executions, name))
        wanted = comparable(namespace[name])
        assert comparable(value_after(cells, orders, name)) == wanted, (cells, name, orders)
        if len(orders) <= 7:
            least = next(
                size
                for size in range(len(orders) + 1)
                for some in itertools.combinations(orders, size)
                if comparable(value_after(cells, some, name)) == wanted
            )
            found.append((len(orders), least))
    return found


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(programs)
def test_a_slice_of_a_random_program_gives_its_value(cells: list[str]) -> None:
    counts(cells)


def test_looking_at_values_calls_no_code_of_the_user() -> None:
    called: list[str] = []

    class Guarded:
        """Everything that could be called notes it."""

        def __getattribute__(self, name: str) -> Any:
            called.append(name)
            return object.__getattribute__(self, name)

        def __eq__(self, other: object) -> bool:
            called.append("__eq__")
            return True

        def __hash__(self) -> int:
            called.append("__hash__")
            return 1

        def __repr__(self) -> str:
            called.append("__repr__")
            return "x"

        def __len__(self) -> int:
            called.append("__len__")
            return 0

        def __iter__(self) -> Any:
            called.append("__iter__")
            return iter(())

        def __bool__(self) -> bool:
            called.append("__bool__")
            return True

    shell = types.SimpleNamespace(user_ns=fresh())
    shell.user_ns_hidden = dict(shell.user_ns)
    Guarded.__module__ = "__main__"
    shell.user_ns["Guarded"] = Guarded
    observer = Observer(shell)
    for order, cell in enumerate(["g = Guarded(); h = [g, {g: 1}, (g,)]; s = {1: g}", "k = h", "s[2] = h", "del g"]):
        observer.before()
        error = run(cell, shell.user_ns)
        called.clear()
        observer.after(order, order + 1, None, cell, "error" if error else "ok", error)
        assert called == []
