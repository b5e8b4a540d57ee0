"""The scratch folder in which a run is made again.

Cells run in a folder of their own, not in the recorded one: what they write must not take the place of the person's files. The recorded
input files that lie below the recorded folder are copied to the same relative places; absolute paths elsewhere are read where they are.
A file that the run itself wrote is no input: it is not copied, since a cell that asks whether it is there would find what it is to make.
Modules beside the notebook are found in the recorded folder, behind all others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..wire import KernelRecord, OpenedFile, StoredExecution
from .errors import CannotVerify
from .findings import Findings

_CHUNK = 1024 * 1024
#: Bytes that are copied in all.
_MOST_COPIED = 4 * 1024**3
#: What a program needs to run at all; no other variable of this process reaches the cells.
_KEPT = frozenset(
    "PATH HOME USER LOGNAME SHELL LANG LANGUAGE TZ TMPDIR XDG_CACHE_HOME XDG_DATA_HOME LD_LIBRARY_PATH DYLD_LIBRARY_PATH "
    "VIRTUAL_ENV CONDA_PREFIX JAVA_HOME SSL_CERT_FILE SSL_CERT_DIR http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY".split()
)
_KEPT_PREFIXES = ("LC_", "CUDA_", "NVIDIA_", "OMP_", "MKL_", "OPENBLAS_")
#: Recorded variables that change results and cannot make a program run code: a record comes from the server.
_TAKEN_OVER = frozenset(
    "PYTHONHASHSEED TZ LANG LANGUAGE SOURCE_DATE_EPOCH CELLKEEP_EXPERIMENT CUDA_VISIBLE_DEVICES CUBLAS_WORKSPACE_CONFIG "
    "TF_DETERMINISTIC_OPS TF_ENABLE_ONEDNN_OPTS NVIDIA_TF32_OVERRIDE "
    "OMP_NUM_THREADS OMP_DYNAMIC OMP_SCHEDULE MKL_NUM_THREADS MKL_DYNAMIC MKL_CBWR OPENBLAS_NUM_THREADS GOTO_NUM_THREADS "
    "OPENBLAS_CORETYPE BLIS_NUM_THREADS VECLIB_MAXIMUM_THREADS NUMEXPR_NUM_THREADS NUMEXPR_MAX_THREADS NUMBA_NUM_THREADS "
    "LOKY_MAX_CPU_COUNT POLARS_MAX_THREADS RANK LOCAL_RANK WORLD_SIZE "
    "LC_ALL LC_COLLATE LC_CTYPE LC_MESSAGES LC_MONETARY LC_NUMERIC LC_TIME".split()
)
#: No value that leads to a file elsewhere.
_PLAIN_VALUE = re.compile(r"(?!.*\.\.)(?!:?/)[\w .,:;@+/=-]{0,200}")
#: Below these cells may write beside the scratch folder: what libraries fetch and keep for all, and devices.
_CACHES = (
    "~/.cache",
    "~/.config/matplotlib",
    "~/.matplotlib",
    "~/.keras",
    "~/.torch",
    "~/scikit_learn_data",
    "~/nltk_data",
    "/dev",
    "/proc",
)


#: Stands for an installer: what would install says that it does not, everything else is passed on.
_STUB = """#!/bin/sh
for word in "$@"; do
  case "$word" in
    install | uninstall | add | remove | sync | create | update | upgrade)
      printf 1 >> {mark}
      echo "verify does not install: the environment comes from the record ({name} $*)"
      exit 0 ;;
  esac
done
{own} "$@"
"""
#: Runs what it is given as the same user: with another's rights it would find the real installers.
_SUDO = """#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in
    -* | *=*) shift ;;
    *) break ;;
  esac
done
exec "$@"
"""


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

    @property
    def refused(self) -> Path:
        """There when a cell wanted to install something."""
        return self.root / "installs-refused"


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


def bring_files(place: Workplace, kernel: KernelRecord | None, executions: Sequence[StoredExecution], findings: Findings) -> int:
    """Copy the recorded input files and tell which are not what they were; returns how many were looked at."""
    files = kernel["files"] if kernel is not None else []
    by_order = {one["order"]: one for one in executions}
    began = min((one["startedAt"] for one in executions), default=0)
    looked, left = 0, _MOST_COPIED
    for file in files:
        inside = _inside(place, file["path"])
        if inside is not None:
            (place.work / inside).parent.mkdir(parents=True, exist_ok=True)
        if file["mode"] == "write" or (file["mode"] == "both" and _was_made(file, by_order, began, findings)):
            continue
        looked += 1
        _check(file, findings)
        if inside is not None:
            left = _copy(Path(file["path"]), place.work / inside, left, findings)
    return looked


def _was_made(file: OpenedFile, by_order: Mapping[int, StoredExecution], began: int, findings: Findings) -> bool:
    """Whether the run wrote a file before it read it. Told where it is not known, and where what was read is there no more."""
    first = by_order.get(file["orders"][0]) if file["orders"] else None
    flow: Any = first.get("flow") if first is not None else None
    touched = {touch["name"] for touch in flow["touches"]} if flow is not None else None
    if touched is not None and f"file:{file['path']}" in touched:
        return True
    try:
        changed = os.stat(file["path"]).st_mtime * 1000 >= began
    except OSError:
        return False
    if changed and touched is None:
        findings.note(f"{file['path']} was read and written, in which order is not recorded; it is newer than the run and was not copied")
        return True
    if changed:
        findings.note(f"{file['path']} was read, and written later: what was read then is lost, and what it holds now was read")
    return False


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


def _copy(source: Path, target: Path, left: int, findings: Findings) -> int:
    """Returns how many bytes may still be copied."""
    if not source.is_file():
        return left
    size = source.stat().st_size
    if size > left:
        # Left out a cell would fail; Python does not write through the link (in_process.py).
        findings.note(f"{source} was read where it lies: no more than {_MOST_COPIED // 1024**3} GiB are copied")
        target.symlink_to(source)
        return left
    shutil.copy2(source, target)
    return left - size


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


def kernel_variables(place: Workplace, kernel: KernelRecord | None, environment: Mapping[str, str], python: str) -> dict[str, str]:
    """The kernel's environment: no address and no token of a server; the recorded variables that change results; our own folders."""
    variables = {name: value for name, value in environment.items() if name in _KEPT or name.startswith(_KEPT_PREFIXES)}
    recorded = kernel["variables"] if kernel is not None else {}
    variables.update({name: value for name, value in recorded.items() if name in _TAKEN_OVER and _PLAIN_VALUE.fullmatch(value)})
    # `!python x.py` means the same Python as the cells, in whatever environment this one runs.
    prefix = Path(python).parent.parent
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        variables.pop(name, None)
    if (prefix / "pyvenv.cfg").exists():
        variables["VIRTUAL_ENV"] = str(prefix)
    elif (prefix / "conda-meta").is_dir():
        variables["CONDA_PREFIX"] = str(prefix)
    folders = [str(place.root / "installers"), str(Path(python).parent), variables.get("PATH", os.defpath)]
    variables.update(
        PATH=os.pathsep.join(folders),
        CELLKEEP_HOME=str(place.home),
        CELLKEEP_CONFIG=str(place.home / "none.json"),
        CELLKEEP_SYSTEM_INTERVAL="0",
        CELLKEEP_SNAPSHOTS="off",
        CELLKEEP_EXIT_TIMEOUT="0",
        MLFLOW_TRACKING_URI=place.store.as_uri(),
        MLFLOW_ALLOW_FILE_STORE="true",  # MLflow 3 asks for it; no other store can be read without MLflow
        IPYTHONDIR=str(place.root / "ipython"),
        JUPYTER_RUNTIME_DIR=str(place.root / "jupyter"),
        PYTHONPATH=str(place.root / "bridge"),
    )
    return variables


def guard(place: Workplace, python: str, writes: bool) -> None:
    """Put in place what keeps cells in the scratch folder (unless ``writes``) and from installing; before the kernel starts."""
    caches = [tempfile.gettempdir(), os.environ.get("XDG_CACHE_HOME") or "~/.cache", *_CACHES]
    told = {"root": str(place.root), "folder": place.folder, "writable": None if writes else [os.path.expanduser(one) for one in caches]}
    bridge = place.root / "bridge"
    shutil.copyfile(Path(__file__).with_name("in_process.py"), bridge / "sitecustomize.py")
    (bridge / "in_process.json").write_text(json.dumps(told), encoding="utf-8")
    installers = place.root / "installers"
    installers.mkdir()
    minor = f"pip{sys.version_info[0]}.{sys.version_info[1]}"
    scripts = {"sudo": _SUDO}
    for name in ("pip", "pip3", minor, "uv", "conda", "mamba", "micromamba", "apt", "apt-get"):
        own = f"exec {shlex.quote(python)} -m pip" if name.startswith("pip") else f"PATH=${{PATH#*:}}; exec {name}"
        scripts[name] = _STUB.format(name=name, mark=shlex.quote(str(place.refused)), own=own)
    for name, script in scripts.items():
        (installers / name).write_text(script, encoding="utf-8")
        (installers / name).chmod(0o755)
