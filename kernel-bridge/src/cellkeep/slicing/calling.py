"""What the code that a cell calls may do: functions and methods of the user, followed by their code objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType
from typing import TYPE_CHECKING

from .codes import code_facts
from .findings import Findings
from .identities import Difference
from .looks import Look
from .purity import ANY_MUTATOR, BUILTINS

if TYPE_CHECKING:
    from .observer import Observer

_NOT_IMPLICIT = {
    "__init__",
    "__new__",
    "__repr__",
    "__str__",
    "__format__",
    "__del__",
    "__init_subclass__",
    "__post_init__",
    "__class_getitem__",
}
_CODE_LIMIT = 500


@dataclass
class Calls:
    """Of one cell: names that called code reads and stores, attributes and setters that it names, and whether it may change objects."""

    reads: dict[str, str] = field(default_factory=dict)
    stores: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)
    strings: set[str] = field(default_factory=set)
    setters: set[tuple[str, str]] = field(default_factory=set)
    may_change: bool = False
    runs_text: bool = False


def expand(observer: Observer, found: Findings, fresh: Mapping[str, Look], since: Difference) -> Calls:
    """Follow the calls of a cell.

    A method counts where its name is mentioned, whatever the object; the special methods of an object count where the object does.
    """
    calls = Calls(attributes=set(found.attributes))
    todo: list[tuple[CodeType, str, frozenset[str]]] = []
    methods: list[tuple[Look, str, frozenset[str], bool]] = []
    seen: set[int] = set()
    involved: set[str] = set()

    def involve(name: str, certain: frozenset[str], called: bool, within: bool = False) -> None:
        for seen_look in (observer.looks.get(name), fresh.get(name)):
            if seen_look is None:
                continue
            if called:
                todo.extend((code, name, certain) for code in seen_look.codes)
            if seen_look.methods and (name, called) not in involved:  # type: ignore[comparison-overlap]
                # A subclass of a library's class: that calls `transform` because the cell calls `fit_transform`.
                by_library = called and seen_look.hooked and (within or name in found.handed)
                methods.append((seen_look, name, certain, by_library))
        involved.add(name)

    for name, certain in found.called.items():
        involve(name, certain, True)
    for name in found.reads:
        if name not in found.called:
            involve(name, frozenset(), False)
    for magic in found.magics:
        code = observer.magics.code_of(magic.name)
        if code is not None:
            todo.append((code, f"%{magic.name}", frozenset()))
    while True:
        for holder, name, certain, by_library in methods:
            for method, codes in holder.methods.items():
                if holder.kind == "instance" and method in (holder.parts or ()):
                    continue  # kept in the object, as by cached_property
                special = method.startswith("__") and method.endswith("__")
                implicit = special and method not in _NOT_IMPLICIT
                if implicit or method in calls.attributes or (by_library and not special):
                    todo.extend((code, f"{name}.{method}", certain) for code in codes if id(code) not in seen)
        if not todo:
            return calls
        code, via, certain = todo.pop()
        if id(code) in seen or len(seen) > _CODE_LIMIT:
            continue
        seen.add(id(code))
        facts = code_facts(code)
        calls.stores |= facts.stores
        calls.attributes |= facts.attributes
        calls.strings |= facts.strings
        calls.setters |= facts.setters
        calls.may_change = calls.may_change or facts.changes_objects or bool(facts.attributes & ANY_MUTATOR)
        calls.runs_text = calls.runs_text or bool(facts.loads & {"exec", "eval", "globals", "get_ipython"})
        for name in facts.loads:
            was_there = since.was_there(name)
            known = (was_there or name in observer.namespace) and not observer.is_hidden(name)
            if not known or (name in BUILTINS and not was_there):
                continue
            if was_there and name not in certain:
                calls.reads.setdefault(name, via)
            if name not in involved:
                involve(name, certain, True, within=True)
