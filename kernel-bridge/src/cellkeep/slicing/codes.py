"""What a code object may do once it is called: global names it loads and stores, attributes it names, whether it stores into objects.

Functions that earlier cells defined are known by their code alone; their globals are looked up when they run, so what they read
is what stands under those names at the time of the call.
"""

from __future__ import annotations

import dis
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType

from .purity import sets_state_in_function

_STORES = {"STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_SLICE"}
_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR", "DELETE_ATTR", "LOAD_SUPER_ATTR"}
_NAMING = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD"}
_IDENTIFIER = re.compile(r"[^\W\d]\w*\Z")


@dataclass(frozen=True)
class CodeFacts:
    """Of one code object with all that are nested in it.

    ``setters`` are global names with a function that, if the name is a library's module, sets the library's state.
    """

    loads: frozenset[str]
    stores: frozenset[str]
    attributes: frozenset[str]
    strings: frozenset[str]
    changes_objects: bool
    setters: frozenset[tuple[str, str]]


_known: dict[int, tuple[CodeType, CodeFacts]] = {}
_KNOWN_LIMIT = 5_000


def code_facts(code: CodeType) -> CodeFacts:
    """Facts of a code object; remembered, since functions are called again and again."""
    found = _known.get(id(code))
    if found is not None and found[0] is code:
        return found[1]
    if len(_known) > _KNOWN_LIMIT:
        _known.clear()
    facts = _facts(code)
    _known[id(code)] = (code, facts)  # the code is held, so its id stays its own
    return facts


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


def _stores(code: CodeType) -> bool:
    return any(instruction.opname in _STORES or instruction.argval == "update" for instruction in dis.get_instructions(code))


def _facts(code: CodeType) -> CodeFacts:
    loads: set[str] = set()
    stores: set[str] = set()
    attributes: set[str] = set()
    strings: set[str] = set()
    setters: set[tuple[str, str]] = set()
    changes = False
    for part in _nested(code):
        owner = ""  # the global name that the next attribute is one of
        for instruction in dis.get_instructions(part):
            name = instruction.opname
            if name in ("LOAD_ATTR", "LOAD_METHOD") and owner:
                if sets_state_in_function(instruction.argval):
                    setters.add((owner, instruction.argval))
                elif instruction.argval in ("rcParams", "options"):
                    setters.add((owner, instruction.argval)) if _stores(part) else None
            if instruction.argval == "getcontext" and name in _NAMING and _stores(part):
                setters.add((owner or "getcontext", "getcontext"))
            owner = instruction.argval if name in ("LOAD_GLOBAL", "LOAD_NAME") else owner if name in ("CACHE", "EXTENDED_ARG") else ""
            if name in ("LOAD_GLOBAL", "LOAD_NAME"):
                loads.add(instruction.argval)
            elif name in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                stores.add(instruction.argval)
            elif name in _ATTRIBUTES:
                attributes.add(instruction.argval)
            changes = changes or name in _STORES
        strings.update(c for c in part.co_consts if isinstance(c, str) and len(c) < 200)
        for constant in part.co_consts:
            if isinstance(constant, tuple):
                strings.update(c for c in constant if isinstance(c, str) and _IDENTIFIER.match(c))
    return CodeFacts(frozenset(loads), frozenset(stores), frozenset(attributes), frozenset(strings), changes, frozenset(setters))
