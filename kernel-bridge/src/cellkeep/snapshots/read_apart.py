"""Reads a large notebook in a process of its own: to parse 30 MB of JSON holds the interpreter for a tenth of a second, cell or no cell.

``python -m cellkeep.snapshots.read_apart PATH`` takes the digests that need not be sent again from its stdin, one a line, and writes a line
of JSON for each new part (``[kind, text]``), for each cell (``[id, type, source]``), then the document (an object), or why there is none
(a string).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from ..surroundings import surroundings
from ..wire import NotebookDocument
from .canonical import digest_of
from .document import PutPart, UnreadableNotebook, read_notebook

LARGE = 4_000_000
"""Bytes from which on a notebook is read apart; below, to start the process would cost more."""
_TIMEOUT = 300.0  # seconds


def read_apart(path: Path, put: PutPart, known: Iterable[str], cells: list[tuple[str, str, str]]) -> NotebookDocument:
    """As ``read_notebook``, with the work done elsewhere where the file is large; ``cells`` gets (id, type, source) of each cell.

    Raises
    ------
    UnreadableNotebook
        There is no document to be had.
    """
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    if size < LARGE or not sys.executable:
        return read_notebook(path, put, cells)
    command = [sys.executable, "-m", "cellkeep.snapshots.read_apart", str(path)]
    env = surroundings(CELLKEEP_SNAPSHOTS="off")
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env)
    except OSError:
        return read_notebook(path, put, cells)
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write("\n".join(known).encode())
            process.stdin.close()
            answer: Any = None
            for line in process.stdout:
                answer = json.loads(line)
                if isinstance(answer, list) and len(answer) == 3:
                    cells.append((str(answer[0]), str(answer[1]), str(answer[2])))
                elif isinstance(answer, list):
                    put(answer[0], answer[1])
            process.wait(_TIMEOUT)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            process.kill()
            answer = None
    if isinstance(answer, str):
        raise UnreadableNotebook(answer)
    return cast("NotebookDocument", answer) if isinstance(answer, dict) else read_notebook(path, put, cells)


def main() -> None:
    """Read what the command line names."""
    os.nice(5)
    known = set(sys.stdin.read().split())

    def put(kind: str, text: str) -> str:
        digest = digest_of(text)
        if digest not in known:
            known.add(digest)
            sys.stdout.write(json.dumps([kind, text]) + "\n")
        return digest

    cells: list[tuple[str, str, str]] = []
    try:
        answer: object = read_notebook(Path(sys.argv[1]), put, cells)
    except UnreadableNotebook as error:
        answer = str(error)
    for cell in cells:
        sys.stdout.write(json.dumps(cell) + "\n")
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
