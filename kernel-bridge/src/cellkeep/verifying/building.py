"""Builds a virtual environment of exactly the recorded packages: with uv where it is installed, else with venv and pip.

Which registry they come from is the installer's own configuration; no address stands here. What the registry no longer has is put aside
and named, and another version of it is installed in its place, since a missing package fails every import while another version may do.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from .errors import Failed
from .packages import Lock, canonical_name, this_minor

_TIMEOUT = 1_800  # seconds for one command of the installer
_MOST_TRIES = 30
#: How pip and uv name what a registry does not have.
_NOT_THERE = (
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)"),
    re.compile(r"Because there (?:is|are) no versions? of ([A-Za-z0-9._-]+?)(?:==|\s|$)"),
    re.compile(r"Because ([A-Za-z0-9._-]+?) was not found in the package registry"),
    re.compile(r"Failed to (?:build|download|fetch)[: ]+`?([A-Za-z0-9._-]+?)(?:==|\s|`)"),
)
Progress = Callable[[str], None]


@dataclass
class Built:
    """What was built. ``replaced`` are packages by name with what was done instead."""

    python: str
    replaced: dict[str, str] = field(default_factory=dict)


def build_environment(folder: Path, minor: str, lock: Lock, progress: Progress) -> Built:
    """Make the environment in an empty folder.

    Raises
    ------
    Failed
        There is no such Python, or the installer failed.
    """
    uv = find_uv()
    progress(f"making an environment for Python {minor} with {'uv' if uv else 'pip'}")
    _make(folder, minor, uv)
    built = Built(str(folder / "bin" / "python"))
    lines, missing = dict(lock.lines), dict(lock.unavailable)
    for _ in range(_MOST_TRIES):
        progress(f"installing {len(lines)} packages")
        lock_file = folder / "cellkeep-lock.txt"
        lock_file.write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
        problem = _install(uv, built.python, ["--no-deps", "-r", str(lock_file)]) if lines else ""
        if not problem:
            break
        name = not_there(problem)
        if name not in lines:
            raise Failed("EnvironmentUnavailable", f"the recorded packages cannot be installed: {_last_line(problem)}", problem[-4_000:])
        del lines[name]
        missing[name] = "no registry that is configured here has this version"
    else:
        raise Failed("EnvironmentUnavailable", f"more than {_MOST_TRIES} of the recorded packages cannot be had")
    for name, reason in missing.items():
        progress(f"looking for another {name}")
        built.replaced[name] = f"{reason}; {_replace(uv, built.python, name, folder)}"
    if "ipykernel" not in lines:
        progress("installing ipykernel")
        problem = _install(uv, built.python, ["-c", str(folder / "cellkeep-lock.txt"), "ipykernel"])
        if problem:
            raise Failed("EnvironmentUnavailable", f"ipykernel, which executes cells, cannot be installed: {_last_line(problem)}")
    return built


def find_uv() -> str | None:
    """uv beside this interpreter, else on the path."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


def _make(folder: Path, minor: str, uv: str | None) -> None:
    if uv:
        _run([uv, "venv", "--quiet", "--python", sys.executable if minor == this_minor() else minor, str(folder)], "uv venv")
        return
    python = sys.executable if minor == this_minor() else shutil.which(f"python{minor}")
    if python is None:
        raise Failed(
            "EnvironmentUnavailable",
            f"this run used Python {minor}, this machine has {this_minor()}; install Python {minor}, or uv, which fetches it",
        )
    # pip is this interpreter's own (`pip --python`): Debian's Python cannot put one into an environment.
    _run([python, "-m", "venv", "--without-pip", str(folder)], "venv")


def _install(uv: str | None, python: str, words: Sequence[str]) -> str:
    """Empty, or what the installer said when it failed."""
    command = [uv, "pip", "install", "--quiet", "--python", python] if uv else [*_pip(), "--python", python, "install", "--quiet"]
    done = _command([*command, *words])
    return "" if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"it ended with {done.returncode}"


def _pip() -> list[str]:
    return [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def _run(command: Sequence[str], what: str) -> None:
    done = _command(command)
    if done.returncode != 0:
        raise Failed("EnvironmentUnavailable", f"{what} failed: {_last_line(done.stdout + done.stderr)}")


def _command(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    # Another environment's settings must not redirect what is installed here, and no token of ours is an installer's business.
    left_out = {"PYTHONHOME", "PYTHONPATH", "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV", "VIRTUAL_ENV"}
    env = {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith("CELLKEEP_")}
    try:
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise Failed("EnvironmentUnavailable", f"{Path(command[0]).name} did not end within {_TIMEOUT} s") from error


def not_there(told: str) -> str:
    """Name of the package that a registry does not have in that version, from what pip or uv says; empty where it is another problem.

    Examples
    --------
    >>> not_there("ERROR: No matching distribution found for six==0.0.1")
    'six'
    >>> not_there("  Because there is no version of Six==0.0.1 and you require six==0.0.1, we can conclude")
    'six'
    """
    for pattern in _NOT_THERE:
        found = pattern.search(told)
        if found:
            return canonical_name(found[1])
    return ""


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"


def _replace(uv: str | None, python: str, name: str, folder: Path) -> str:
    """Another version, or the folder that this interpreter uses; says which."""
    linked = _link_editable(name, folder)
    if linked:
        return linked
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) or _install(uv, python, ["--no-deps", name]):
        return "it is left out"
    version = _command([python, "-c", f"from importlib.metadata import version; print(version({name!r}))"]).stdout.strip()
    return f"{version or 'another version'} is used"


def _link_editable(name: str, folder: Path) -> str:
    """The files by which an editable install points at its folder (.pth and import hooks) work from any environment."""
    try:
        distribution = metadata.distribution(name)
        told = json.loads(distribution.read_text("direct_url.json") or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return ""
    if not (isinstance(told.get("dir_info"), dict) and told["dir_info"].get("editable")):
        return ""
    target = next((folder / "lib").glob("python*/site-packages"))
    linked = False
    for file in distribution.files or []:
        if len(file.parts) == 1 and (file.suffix == ".pth" or file.name.startswith("__editable__")):
            with contextlib.suppress(OSError):
                shutil.copyfile(str(file.locate()), target / file.name)
                linked = True
    return f"version {distribution.version} of this machine's own folder is used" if linked else ""
