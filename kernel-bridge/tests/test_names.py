"""Which names a cell reads and writes: programs in a table."""

from __future__ import annotations

import pytest

from cellkeep.names import analyse

CASES = [
    ("assignment", "a = b + c", "b c", "a"),
    ("read after write is the cell's own", "a = 1\nb = a", "", "a b"),
    ("read before write", "b = a\na = 1", "a", "a b"),
    ("augmented", "n += 1", "n", "n"),
    ("attribute and item are reads", "df.x = 1\ndf['y'] = z", "df z", ""),
    ("builtins are no reads", "print(len(x))", "x", ""),
    ("a shadowed builtin is a write", "list = 3", "", "list"),
    ("import", "import numpy as np, os.path\nfrom a import b as c", "", "np os c"),
    ("function body reads globals", "def f(x):\n    y = x + k\n    return y", "k", "f"),
    ("function that the cell completes", "k = 1\ndef f(): return k", "", "k f"),
    ("default argument", "def f(x=d): pass", "d", "f"),
    ("a function of the name that symtable gives a module", "def top(x):\n    y = x\n    return y + k", "k", "top"),
    ("global statement", "def f():\n    global total\n    total = 1", "", "f total"),
    ("comprehension variable is local", "xs = [i * w for i in rows]", "rows w", "xs"),
    ("nested comprehension", "m = {k: [v for v in vs] for k, vs in d.items()}", "d", "m"),
    ("lambda", "f = lambda x: x + bias", "bias", "f"),
    ("class body", "class A(Base):\n    x = default", "Base default", "A"),
    ("for binds its target for its body", "for i in xs:\n    print(i)", "xs", "i"),
    ("after a for the target is not certain", "for i in xs: pass\nprint(i)", "i xs", "i"),
    ("one branch does not bind for certain", "if flag:\n    a = 1\nprint(a)", "a flag", "a"),
    ("both branches do", "if flag:\n    a = 1\nelse:\n    a = 2\nprint(a)", "flag", "a"),
    ("try does not", "try:\n    a = 1\nexcept E as e:\n    print(e)\nprint(a)", "E a", "a e"),
    ("with binds", "with open(p) as f:\n    text = f.read()\nprint(text)", "p", "f text"),
    ("delete reads and writes", "del a", "a", "a"),
    ("walrus", "if (n := len(xs)) > 1: print(n)", "n xs", "n"),
    ("star import names nothing", "from math import *", "", ""),
    ("unpacking", "(a, *b), c.d = x", "c x", "a b"),
    ("line magic that runs Python", "%time y = f(x)", "f x", "y"),
    ("timeit with options", "%timeit -n 10 f(x)", "f x", ""),
    ("cell magic that runs Python", "%%time\ny = f(x)", "f x", "y"),
    ("capture binds its name", "%%capture out\ny = x", "x", "out y"),
    ("another cell magic is opaque", "%%bash\nx=1; echo $y", "y", ""),
    ("shell line with names", "files = !ls {folder}/*.csv $name $HOME", "folder name", "files"),
    ("help", "x?", "", ""),
    ("await at the top", "r = await fetch(url)", "fetch url", "r"),
    ("syntax error", "a = = 1", "", ""),
    ("empty", "", "", ""),
]


@pytest.mark.parametrize(("source", "reads", "writes"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_names(source: str, reads: str, writes: str) -> None:
    found = analyse(source)
    assert " ".join(sorted(found.reads)) == " ".join(sorted(reads.split()))
    assert " ".join(sorted(found.writes)) == " ".join(sorted(writes.split()))


def test_a_cell_of_data_is_not_looked_into() -> None:
    assert analyse("x = '" + "a" * 600_000 + "'").writes == set()


def test_nesting_beyond_the_parser_harms_nothing() -> None:
    assert analyse("(" * 5_000 + ")" * 5_000).reads == set()
