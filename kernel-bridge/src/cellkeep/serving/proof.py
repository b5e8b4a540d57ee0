"""``python -m cellkeep.serving.proof FOLDER ROWS ANSWER``: loads a bundle's native model in this fresh process and answers rows.

Both files are pickles of whoever started this, in a folder of its own.
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from .native import load_native, read_bundle


def main(folder: str, rows: str, answer: str) -> None:
    """Answer the rows of one file into another."""
    path = Path(folder)
    found = load_native(path, read_bundle(path)).answer(pickle.loads(Path(rows).read_bytes()))
    Path(answer).write_bytes(pickle.dumps(tuple(found)))


if __name__ == "__main__":
    main(*sys.argv[1:4])
