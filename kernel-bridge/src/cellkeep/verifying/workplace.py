"""The scratch folder in which a run is made again.

Cells run in a folder of their own, not in the recorded one: what they write must not take the place of the person's files. The recorded
input files that lie below the recorded folder are copied to the same relative places; absolute paths elsewhere are read where they are.
Modules beside the notebook are found in the recorded folder, behind all others.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..wire import KernelRecord, OpenedFile
from .errors import CannotVerify
from .findings import Findings

_CHUNK = 1024 * 1024
#: Bytes of a folder that was named by hand and is copied whole.
_MOST_COPIED = 4 * 1024**3
#: What a program needs to run at all; no other variable of this process reaches the cells.
_KEPT = frozenset(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR XDG_CACHE_HOME XDG_DATA_HOME LD_LIBRARY_PATH DYLD_LIBRARY_PATH "
    "VIRTUAL_ENV CONDA_PREFIX JAVA_HOME SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY".split()
)
_KEPT_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "OMP_", "MKL_", "OPENBLAS_")
#: Of the recorded variables those that say where something lies on the machine of then.
_NOT_TAKEN_OVER = frozenset("PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONUSERBASE VIRTUAL_ENV JPY_SESSION_NAME".split())
_NOT_TAKEN_PREFIXES = ("CONDA_", "CELLKEEP_", "MLFLOW_", "PAPERMILL_")


@dataclass(frozen=True)
class Workplace:
    """``work``: where cells run; ``home``: what the bridge records; ``store``: what MLflow logs; ``folder``: the recorded one, if there."""

    root: Path
    folder: str

    @property
    def work(self) -> Path:
        """Working folder of the cells."""
        return self.root / "work"

    @property
    def home(self) -> Path:
        """``CELLKEEP_HOME`` of the kernel."""
        return self.root / "home"

    @property
    def store(self) -> Path:
        """MLflow's file store."""
        return self.root / "mlruns"


@contextmanager
def workplace(recorded_folder: str) -> Iterator[Workplace]:
    """Made for one verification, and removed after it."""
    root = Path(tempfile.mkdtemp(prefix="cellkeep-verify-")).resolve()
    place = Workplace(root, recorded_folder)
    try:
        for folder in (place.work, place.home, root / "bridge"):  # the store is made by MLflow, with its first experiment
            folder.mkdir()
        yield place
    finally:
        shutil.rmtree(root, ignore_errors=True)


def bring_files(place: Workplace, kernel: KernelRecord | None, findings: Findings) -> int:
    """Copy the recorded input files and tell which are not what they were; returns how many were looked at."""
    files = kernel["files"] if kernel is not None else []
    looked = 0
    for file in files:
        inside = _inside(place, file["path"])
        if file["mode"] == "write":
            if inside is not None:
                (place.work / inside).parent.mkdir(parents=True, exist_ok=True)
            continue
        looked += 1
        _check(file, findings)
        if inside is not None:
            _copy(Path(file["path"]), place.work / inside)
    if any(_inside(place, file["path"]) is None and file["mode"] != "read" for file in files):
        findings.note("cells wrote to absolute paths outside of the notebook's folder; they do so again")
    return looked


def _inside(place: Workplace, path: str) -> str | None:
    """Its place below the recorded folder; None elsewhere."""
    if not place.folder or not os.path.isabs(path):
        return None
    relative = os.path.relpath(path, place.folder)
    return None if relative.startswith("..") else relative


def _check(file: OpenedFile, findings: Findings) -> None:
    order = file["orders"][0] if file["orders"] else None
    try:
        size = os.stat(file["path"]).st_size
        digest = _digest(file["path"]) if file["digest"] is not None else None
    except OSError as error:
        if file["digest"] is not None or file["mode"] == "read":
            findings.differ("data", file["path"], _told(file), error.strerror or "it cannot be read", order=order, counts=False)
        return
    if file["digest"] is None:
        if file["size"] is not None and file["size"] != size:
            findings.differ("data", file["path"], _told(file), f"{size} bytes", order=order, counts=False)
        elif file["mode"] == "read":
            findings.note(f"{file['path']} was too large to be digested; only its size was compared")
    elif digest != file["digest"]:
        findings.differ("data", file["path"], _told(file), f"{size} bytes, sha256 {digest}", order=order, counts=False)


def _told(file: OpenedFile) -> str:
    size = f"{file['size']} bytes" if file["size"] is not None else "gone"
    return f"{size}, sha256 {file['digest']}" if file["digest"] else size


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


def bring_folder(place: Workplace, folder: Path) -> None:
    """Copy a folder that was named by hand.

    Raises
    ------
    CannotVerify
        It is none, or too large.
    """
    if not folder.is_dir():
        raise CannotVerify(f"{folder} is no folder")
    size = sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_dir())
    if size > _MOST_COPIED:
        raise CannotVerify(f"{folder} holds {size / 1e9:.1f} GB; name a folder with only the files that the notebook reads")
    shutil.copytree(
        folder, place.work, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git", "__pycache__", ".ipynb_checkpoints")
    )


def kernel_variables(place: Workplace, kernel: KernelRecord | None, environment: Mapping[str, str]) -> dict[str, str]:
    """The kernel's environment: no address and no token of a server; the recorded variables that change results; our own folders."""
    variables = {name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    recorded = kernel["variables"] if kernel is not None else {}
    for name, value in recorded.items():
        if name not in _NOT_TAKEN_OVER and not name.startswith(_NOT_TAKEN_PREFIXES) and name not in _KEPT:
            variables[name] = value
    variables.update(
        CELLKEEP_HOME=str(place.home),
        CELLKEEP_CONFIG=str(place.home / "none.json"),
        CELLKEEP_SYSTEM_INTERVAL="0",
        CELLKEEP_SNAPSHOTS="off",
        CELLKEEP_EXIT_TIMEOUT="0",
        MLFLOW_TRACKING_URI=place.store.as_uri(),
        MLFLOW_ALLOW_FILE_STORE="true",  # MLflow 3 asks for it; no other store can be read without MLflow
        IPYTHONDIR=str(place.root / "ipython"),
        PYTHONPATH=str(place.root / "bridge"),
    )
    return variables
