"""This very package for an interpreter of another environment, which has none or another, and nothing of what is installed beside it."""

from __future__ import annotations

from pathlib import Path


def link_package(folder: Path) -> str:
    """Link the package into a folder, made where it is not there, that is then the interpreter's ``PYTHONPATH``; returns that."""
    import cellkeep

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "cellkeep"
    if not target.exists():
        target.symlink_to(Path(next(iter(cellkeep.__path__))).resolve(), target_is_directory=True)
    return str(folder)
