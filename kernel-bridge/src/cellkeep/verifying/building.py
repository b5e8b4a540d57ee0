"""Builds a virtual environment of exactly the recorded packages: with uv where it is installed, else with venv and pip.

Which registry they come from is the installer's own configuration; no address stands here. What the registry does not have is left out
and named: under the name of somebody's own package a public registry may have a stranger's. Only where a person has said so is another
version installed in its place. A package that came from no registry is never looked for in one.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

import psutil

from ..snapshots.packages import canonical_name
from .errors import Failed
from .packages import Lock, this_minor

#: Beside the recorded packages, with its purpose.
_EXECUTES = {"ipykernel": "which executes cells"}
_TIMEOUT = 1_800  # seconds for one command of the installer
_MOST_TRIES = 30
_REDIRECTING = frozenset(
    "PYTHONHOME PYTHONPATH PIP_TARGET PIP_USER PIP_PREFIX PIP_REQUIRE_VIRTUALENV VIRTUAL_ENV UV_PROJECT_ENVIRONMENT".split()
)
#: How pip and uv name what a registry does not have.
_NOT_THERE = (
    re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)"),
    re.compile(r"Because there (?:is|are) no versions? of ([A-Za-z0-9._-]+?)(?:==|\s|$)"),
    re.compile(r"Because ([A-Za-z0-9._-]+?) was not found in the package registry"),
    re.compile(r"Failed to (?:build|download|fetch)[: ]+`?([A-Za-z0-9._-]+?)(?:==|\s|`)"),
)
Progress = Callable[[str], None]


class PackageUnavailable(Failed):
    """The registry lacks a package, and nothing is to be left out."""

    def __init__(self, package: str, line: str) -> None:
        super().__init__("EnvironmentUnavailable", f"no registry that is configured here has {line}")
        self.package = package


@dataclass
class Built:
    """What was built. ``replaced`` are packages by name with what was done instead."""

    python: str
    replaced: dict[str, str] = field(default_factory=dict)


def build_environment(
    folder: Path,
    minor: str,
    lock: Lock,
    progress: Progress,
    substitutes: bool = False,
    also: Mapping[str, str] = _EXECUTES,
    preferred: Mapping[str, str] | None = None,
    dependencies: bool = False,
    complete: bool = False,
) -> Built:
    """Make the environment in an empty folder.

    Parameters
    ----------
    folder, minor, lock
        Where, for which Python (``3.11``), and of what.
    progress
        Told what is done, each second again; what it raises ends the installer.
    substitutes
        Whether another version is installed where the registry lacks the recorded one.
    also
        What is installed where the lock does not have it, by name, with its purpose; in a version that agrees with the lock.
    preferred
        Versions of those, by name, that are taken where all of them agree with the lock.
    dependencies
        Whether what the lock's packages depend on and it does not name comes with them: a record of a whole environment names all.

    complete
        Whether it ends where the registry lacks a package; else that is left out and named.

    Raises
    ------
    Failed
        There is no such Python, or the installer failed; PackageUnavailable where ``complete``.
    """
    installer = _Installer(folder, progress)
    built = installer.build(minor, lock, substitutes, dependencies, complete)
    installer.add({name: purpose for name, purpose in also.items() if name not in lock.lines or name in built.replaced}, preferred or {})
    return built


def find_uv() -> str | None:
    """uv beside this interpreter, else on the path."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else shutil.which("uv")


class _Installer:
    """uv or pip, for one folder."""

    def __init__(self, folder: Path, progress: Progress) -> None:
        self._folder = folder
        self._python = str(folder / "bin" / "python")
        self._progress = progress
        self._lock_file = folder / "cellkeep-lock.txt"
        self._doing = ""
        self._uv = find_uv()

    def build(self, minor: str, lock: Lock, substitutes: bool, dependencies: bool, complete: bool) -> Built:
        """Everything of the lock, and what stands in for what cannot be had."""
        self._tell(f"making an environment for Python {minor} with {'uv' if self._uv else 'pip'}")
        self._make(minor)
        built = Built(self._python)
        lines = dict(lock.lines)
        missing: dict[str, str] = {}
        lock_file = self._lock_file
        for _ in range(_MOST_TRIES):
            self._tell(f"installing {len(lines)} packages")
            lock_file.write_text("".join(f"{line}\n" for line in lines.values()), encoding="utf-8")
            words = ["-r", str(lock_file)]
            problem = self._install(*([] if dependencies else ["--no-deps"]), *words) if lines else ""
            if not problem:
                break
            name = not_there(problem)
            if dependencies and name not in lines:
                dependencies = False  # an environment that worked need not be one that an installer would agree to
                continue
            if name not in lines:
                raise Failed(
                    "EnvironmentUnavailable", f"the recorded packages cannot be installed: {_last_line(problem)}", problem[-4_000:]
                )
            if complete:
                raise PackageUnavailable(name, lines[name])
            del lines[name]
            missing[name] = "no registry that is configured here has this version"
        else:
            raise Failed("EnvironmentUnavailable", f"more than {_MOST_TRIES} of the recorded packages cannot be had")
        for name, reason in lock.unavailable.items():
            # Never from a registry: whoever has registered the name of somebody's own package there would have code run here.
            built.replaced[name] = f"{reason}; {_link_editable(name, self._folder) or 'it is left out'}"
        for name, reason in missing.items():
            if not substitutes:
                built.replaced[name] = f"{reason}; it is left out (--substitute takes another version)"
                continue
            self._tell(f"looking for another {name}")
            built.replaced[name] = f"{reason}; {self._replace(name)}"
        return built

    def add(self, also: Mapping[str, str], preferred: Mapping[str, str]) -> None:
        """What is needed beside the lock, with what that depends on: the lock's packages stay as they are.

        All at once, since an installer looks at what depends on what each time; where they do not agree, one after the other tells which.
        """
        if not also:
            return
        self._tell(f"installing {', '.join(also)}")
        at_once = [[f"{name}=={preferred[name]}" if name in preferred else name for name in also], list(also)]
        if any(not self._install("-c", str(self._lock_file), *words) for words in at_once[0 if preferred else 1 :]):
            return
        for name, purpose in also.items():
            self._tell(f"installing {name}")
            problem = self._install("-c", str(self._lock_file), name)
            if problem:
                raise Failed("EnvironmentUnavailable", f"{name}, {purpose}, cannot be installed: {_last_line(problem)}")

    def _tell(self, doing: str) -> None:
        self._doing = doing
        self._progress(doing)

    def _make(self, minor: str) -> None:
        if self._uv:
            python = sys.executable if minor == this_minor() else minor
            self._run([self._uv, "venv", "--quiet", "--python", python, str(self._folder)], f"uv has no Python {minor}: it")
            return
        found = sys.executable if minor == this_minor() else shutil.which(f"python{minor}")
        if found is None or self._command([found, "-c", ""])[0] != 0:  # pyenv has a name for each, and not always a Python behind it
            raise Failed(
                "EnvironmentUnavailable",
                f"this run used Python {minor}, this machine has {this_minor()}; install Python {minor}, or uv, which fetches it",
            )
        # pip is this interpreter's own (`pip --python`): Debian's Python cannot put one into an environment.
        self._run([found, "-m", "venv", "--without-pip", str(self._folder)], f"{found} -m venv")

    def _install(self, *words: str) -> str:
        """Empty, or what the installer said when it failed."""
        if self._uv:
            # pip compiles too: a worker writes no bytecode, and would read all of a large framework anew at each of its starts.
            command = [self._uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", self._python]
        else:
            command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--python", self._python]
            command += ["install", "--quiet"]
        code, told = self._command([*command, *words])
        return "" if code == 0 else told.strip() or f"it ended with {code}"

    def _run(self, command: Sequence[str], what: str) -> None:
        code, told = self._command(command)
        if code != 0:
            raise Failed("EnvironmentUnavailable", f"{what} failed: {_last_line(told)}")

    def _command(self, command: Sequence[str]) -> tuple[int, str]:
        """Run it to its end, telling each second that it is still at it; returns its exit code and what it has said."""
        # Another environment's settings must not redirect what is installed here, and no token of ours is an installer's business.
        env = {name: value for name, value in os.environ.items() if name not in _REDIRECTING and not name.startswith("CELLKEEP_")}
        end = time.monotonic() + _TIMEOUT
        with subprocess.Popen(
            command, env=env, text=True, errors="replace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            try:
                while True:
                    try:
                        told, _ = process.communicate(timeout=1)
                        return process.returncode, told
                    except subprocess.TimeoutExpired:
                        self._progress(self._doing)
                    if time.monotonic() > end:
                        raise Failed("EnvironmentUnavailable", f"{Path(command[0]).name} did not end within {_TIMEOUT} s")
            finally:
                _end(process)

    def _replace(self, name: str) -> str:
        """Another version; says which."""
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) or self._install("--no-deps", name):
            return "it is left out"
        code, told = self._command([self._python, "-c", f"from importlib.metadata import version; print(version({name!r}))"])
        return f"{told.strip() if code == 0 else 'another version'} is used"


def _end(process: subprocess.Popen[str]) -> None:
    """It and what it has started: `pip --python` is another pip below it, which would go on writing into the folder."""
    if process.returncode is not None:
        return
    below: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for one in below:
        with contextlib.suppress(psutil.Error):
            one.kill()


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
