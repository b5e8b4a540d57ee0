"""Hidden state: tables of what is told, and of what is harmless. Cells run in a shell with the observer; the document is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.core.history import HistoryAccessor
from IPython.core.interactiveshell import InteractiveShell

from cellkeep.hidden_state import Finding, Findings, check, read_document
from cellkeep.slicing.observer import Observer, Recorded

#: A step is "cell: source"; a cell that ran twice stands twice. The document is the list of its cells with their present text.
TOLD = [
    (
        "an input above was bound anew after the cell ran",
        ["a: n = 1", "b: m = n + 1", "a: n = 5"],
        ["a: n = 5", "b: m = n + 1"],
        ["b stale"],
    ),
    (
        "what is made of something stale is stale",
        ["a: n = 1", "b: m = n + 1", "c: k = m * 2", "a: n = 5"],
        ["a: n = 5", "b: m = n + 1", "c: k = m * 2"],
        ["b stale", "c stale"],
    ),
    (
        "a list was changed by a cell above that ran again",
        ["a: xs = [1]", "b: xs.append(2)", "c: s = sum(xs)", "b: xs.append(2)"],
        ["a: xs = [1]", "b: xs.append(2)", "c: s = sum(xs)"],
        ["c stale"],
    ),
    (
        "a function above was defined anew with another body",
        ["a: def f(): return 1", "b: r = f()", "a: def f(): return 2"],
        ["a: def f(): return 2", "b: r = f()"],
        ["b stale"],
    ),
    *(
        (
            f"a function above was defined anew: {was} became {now}",
            [f"a: {was}", "b: r = f([1, 2])", f"a: {now}"],
            [f"a: {now}", "b: r = f([1, 2])"],
            ["b stale"],
        )
        for was, now in [
            ("def f(v): return v[-1]", "def f(v): return v[-2]"),
            ("def f(v): return 100", "def f(v): return 1e2"),
            ("f = lambda v: v[-1]", "f = lambda v: v[-2]"),
            ("def f(v: int): return v", "def f(v: str): return v"),
            ("f = eval('lambda v: c', {'c': 2})", "f = eval('lambda v: c', {'c': 3})"),
        ]
    ),
    (
        "a function above was defined anew with another default",
        ["a: def f(k=1): return k", "b: r = f()", "a: def f(k=2): return k"],
        ["a: def f(k=2): return k", "b: r = f()"],
        ["b stale"],
    ),
    (
        "a class above was defined anew on another base",
        ["a: class P(dict): pass", "b: r = P()", "a: class P(list): pass"],
        ["a: class P(list): pass", "b: r = P()"],
        ["b stale"],
    ),
    (
        "edited, not run again",
        ["a: n = 1", "b: print(n)"],
        ["a: n = 2", "b: print(n)"],
        ["a edited"],
    ),
    (
        "a deleted cell's value is still read",
        ["a: n = 1", "b: m = n + 1"],
        ["b: m = n + 1"],
        ["b gone"],
    ),
    (
        "a cell read what a cell below it had made",
        ["b: n = 1", "a: m = n + 1"],
        ["a: m = n + 1", "b: n = 1"],
        ["a order"],
    ),
    (
        "a deleted cell's name that is no more",
        ["a: n = 1", "b: m = n + 1", "x: del n"],
        ["b: m = n + 1"],
        ["b undefined"],
    ),
    (
        "a name in a function body that no cell defines",
        ["a: def f(): return never_there", "b: k = 1"],
        ["a: def f(): return never_there", "b: k = 1"],
        ["a undefined"],
    ),
    (
        "another column was made above, the one that was read as well",
        ["a: d = {'x': 1, 'y': 2}", "b: d['x'] = 5", "c: v = d['x']", "b: d['x'] = 7"],
        ["a: d = {'x': 1, 'y': 2}", "b: d['x'] = 7", "c: v = d['x']"],
        ["c stale"],
    ),
]
HARMLESS = [
    ("run from top to bottom", ["a: n = 1", "b: m = n", "c: n = 2"], ["a: n = 1", "b: m = n", "c: n = 2"]),
    (
        "a chain of changes, run in order",
        ["a: xs = [1]", "b: print(xs)", "c: xs.append(2)"],
        ["a: xs = [1]", "b: print(xs)", "c: xs.append(2)"],
    ),
    ("a cell run again with an equal value", ["a: n = 1", "b: m = n", "a: n = 1"], ["a: n = 1", "b: m = n"]),
    ("an equal list made again", ["a: xs = [1, 2]", "b: s = sum(xs)", "a: xs = [1, 2]"], ["a: xs = [1, 2]", "b: s = sum(xs)"]),
    ("an import run again", ["a: import math", "b: r = math.pi", "a: import math"], ["a: import math", "b: r = math.pi"]),
    (
        "a function and a class defined again as they were",
        [*["a: def f(k=1): return k", "b: class P:\n    def g(self): return f()", "c: r = P().g()"], "a: def f(k=1): return k"],
        ["a: def f(k=1): return k", "b: class P:\n    def g(self): return f()", "c: r = P().g()"],
    ),
    ("a display run again", ["a: n = 1", "b: n", "b: n"], ["a: n = 1", "b: n"]),
    ("spaces and comments", ["a: n = 1", "b: m = n"], ["a: n  =  1  # one", "b: m = n"]),
    ("the reader ran again as well", ["a: n = 1", "b: m = n", "a: n = 2", "b: m = n"], ["a: n = 2", "b: m = n"]),
    (
        "a later cell changes its input, as it does from the top",
        ["a: n = 1", "b: m = n", "c: n = 9", "a: n = 1", "b: m = n"],
        ["a: n = 1", "b: m = n", "c: n = 9"],
    ),
    ("edited, but overwritten by others since", ["a: n = 1", "b: n = 2"], ["a: n = 3", "b: n = 2"]),
    ("a deleted cell that nobody reads", ["a: n = 1", "b: m = 2"], ["b: m = 2"]),
    ("a deleted cell whose name another one defines anew", ["a: n = 1", "c: n = 2", "b: m = n"], ["c: n = 2", "b: m = n"]),
    ("builtins and IPython's names", ["a: print(len(In)), display, get_ipython()"], ["a: print(len(In)), display, get_ipython()"]),
    ("a name from a star import", ["a: from math import *", "b: r = sqrt(4)"], ["a: from math import *", "b: r = sqrt(4)"]),
    (
        "a function that reads what a cell below defines, called below",
        ["a: def f(): return k", "b: k = 1", "c: r = f()"],
        ["a: def f(): return k", "b: k = 1", "c: r = f()"],
    ),
    ("a new cell that has not run", ["a: n = 1"], ["a: n = 1", "new: m = not_yet"]),
    ("markdown between", ["a: n = 1"], ["a: n = 1"]),
    (
        "another key was changed above",
        ["a: d = {'x': 1, 'y': 2}", "b: d['y'] = 5", "c: v = d['x']", "b: d['y'] = 7"],
        ["a: d = {'x': 1, 'y': 2}", "b: d['y'] = 7", "c: v = d['x']"],
    ),
    ("a failed cell that was repaired", ["a: n = 1", "b: m = nn", "b: m = n"], ["a: n = 1", "b: m = n"]),
    (
        "a loop variable that many cells use",
        ["a: for i in range(3): pass", "b: for i in range(4): pass", "a: for i in range(3): pass"],
        ["a: for i in range(3): pass", "b: for i in range(4): pass"],
    ),
]


def split(step: str) -> tuple[str, str]:
    cell, _, source = step.partition(": ")
    return cell, source


def ran(steps: list[str], with_ids: bool = True) -> list[Recorded]:
    HistoryAccessor.enabled = False
    shell = InteractiveShell()
    observer = Observer(shell)
    for order, (cell, source) in enumerate(map(split, steps)):
        observer.before()
        result = shell.run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec
        observer.after(
            order, order + 1, cell if with_ids else None, source, "error" if error else "ok", error, result.error_before_exec is not None
        )
    return observer.executions


def document(cells: list[str]) -> list[tuple[str, str, str]]:
    return [("m", "markdown", "# about"), *((cell, "code", source) for cell, source in map(split, cells))]


@pytest.mark.parametrize(("steps", "cells", "told"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_told(steps: list[str], cells: list[str], told: list[str]) -> None:
    found = check(ran(steps), document(cells))
    assert [f"{finding.cell_id} {finding.kind}" for finding in found] == told, found


@pytest.mark.parametrize(("steps", "cells"), [row[1:] for row in HARMLESS], ids=[row[0] for row in HARMLESS])
def test_harmless(steps: list[str], cells: list[str]) -> None:
    assert check(ran(steps), document(cells)) == []


def test_a_reason_is_a_sentence_with_numbers_and_names() -> None:
    (found,) = check(ran(["a: df = [1]", "b: n = len(df)", "a: df = [1, 2]"]), document(["a: df = [1, 2]", "b: n = len(df)"]))
    assert found == Finding("b", "stale", "reads `df`, which In[3] bound anew after this ran as In[2]", (1, 2), ("df",))


def test_without_a_document_cells_stand_as_they_first_ran() -> None:
    found = check(ran(["a: n = 1", "b: m = n + 1", "a: n = 5"]), None)
    assert [(finding.cell_id, finding.kind) for finding in found] == [("b", "stale")]


def test_cells_without_ids_are_known_by_their_text() -> None:
    executions = ran(["a: n = 1", "b: m = n"], with_ids=False)
    assert check(executions, document(["a: n = 1", "b: m = n"])) == []
    assert [finding.kind for finding in check(executions, document(["b: m = n"]))] == ["gone"]


def test_names_that_are_there_without_a_cell_are_defined() -> None:
    executions = ran(["a: m = preset", "b: k = 1"])
    assert [f.kind for f in check(executions, document(["a: m = preset", "b: k = 1"]))] == ["undefined"]
    assert check(executions, document(["a: m = preset", "b: k = 1"]), known=["preset"]) == []


def test_findings_are_shown_with_numbers() -> None:
    found = check(ran(["a: n = 1", "b: m = n + 1", "a: n = 5"]), None)
    assert repr(Findings(found, {"b": 2})) == "In[2]      stale     reads `n`, which In[3] bound anew after this ran as In[2]"
    assert repr(Findings([], {})).startswith("no hidden state")


@pytest.mark.parametrize("text", ["not json", "[]", '{"cells": 5}', '{"worksheets": []}', '{"nbformat": 4}'])
def test_a_broken_notebook_is_no_document(tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text(text)
    assert read_document(str(path)) is None
    assert read_document(str(tmp_path / "absent.ipynb")) is None


def test_a_notebook_on_disk_with_and_without_ids(tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(
        json.dumps({"cells": [{"cell_type": "code", "id": "a", "source": ["n = 1\n", "m = 2"]}, {"cell_type": "raw", "source": "x"}]})
    )
    assert read_document(str(path)) == [("a", "code", "n = 1\nm = 2"), ("cell-1", "raw", "x")]
