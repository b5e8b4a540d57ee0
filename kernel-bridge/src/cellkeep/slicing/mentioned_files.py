"""Files that a cell may have used without Python opening them: those that its text, its magics or small values name."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch

from . import look_arrays
from .calling import Calls
from .findings import Findings
from .looks import Look
from .opened_files import absolute_path, is_ignored
from .surroundings import stamp

#: Names of functions that use files in C, which no event tells.
_IN_C = frozenset(
    "to_parquet read_parquet to_hdf read_hdf to_feather read_feather File open_dataset to_netcdf scan_csv scan_parquet "
    "write_parquet write_csv "
    "exists is_file isfile isdir is_dir stat getsize getmtime glob rglob iterdir memmap open_memmap write_table read_table "
    "imwrite imread connect".split()
)
#: Names that a cell may use beside patterns and still lists no folder otherwise.
_WITH_PATTERNS = frozenset(
    "glob iglob rglob sorted open read readlines read_text splitlines strip split read_csv concat list len print sum min max set dict zip "
    "enumerate range str int float append join load loads Path name stem suffix".split()
)
_TEXT = 500  # characters of a path


def candidate_files(found: Findings, looks: Mapping[str, Look], known: set[str], started: bool) -> set[str]:
    """Files that a cell names, where it may use files in C or has started another program.

    Parameters
    ----------
    found
        What the cell does.
    looks
        Of the names.
    known
        Files that executions have touched.
    started
        Whether it has started another program.
    """
    if not started and not found.magics and not uses_files_in_c(found):
        return set()
    texts = {text for text in found.strings if len(text) < _TEXT}
    for magic in found.magics:
        texts.update(re.split(r"[\s;|&<>\"'=(),]+", f"{magic.line} {magic.body}"[:5_000]))
    for name in found.reads:
        seen = looks.get(name)
        if seen is not None and isinstance(seen.value, str) and len(seen.value) < _TEXT:
            texts.add(seen.value)
    paths = {absolute_path(text) for text in texts if text and "\n" not in text and "\0" not in text}
    named = {path for path in paths if path and (path in known or stamp(path) is not None) and not is_ignored(path)}
    mentioned = " ".join(texts)
    return named | {path for path in known if path.rsplit("/", 1)[-1] in mentioned}


def uses_files_in_c(found: Findings) -> bool:
    """Whether a cell calls functions that open files where no event tells."""
    return bool(found.attributes & _IN_C or found.called.keys() & _IN_C)


def may_be_listed(names: list[str], found: Findings, calls: Calls, looks: Mapping[str, Look]) -> bool:
    """Whether a cell that lists a folder may have seen a file in it; not where it plainly lists by patterns alone, none of which fits.

    ``names`` are the file's own and those of the folders between.
    """
    patterns = [pattern for pattern in found.patterns if pattern]
    called = {name: looks.get(name) for name in found.called}
    others = (found.attributes | calls.attributes | {name for name, seen in called.items() if not _is_library(seen)}) - _WITH_PATTERNS
    users = calls.reads or any(seen.codes for seen in called.values() if seen is not None)
    if not patterns or len(patterns) < len(found.patterns) or others or users or found.magics:
        return True
    last = [os.path.basename(pattern) or "*" for pattern in patterns]
    return any(fnmatch(name, pattern) for name in names for pattern in last)


def _is_library(seen: Look | None) -> bool:
    return seen is not None and seen.kind == "module" and seen.parts is None


def local_modules(names: Iterable[str]) -> dict[str, str]:
    """Of imported modules those that are the user's files, with their paths."""
    found = {}
    for name in names:
        path = getattr(sys.modules.get(name), "__file__", None)
        if isinstance(path, str) and look_arrays.is_local_file(path):
            found[name] = path
    return found
