"""The interpreter that a model is asked in: this one where it has what the model requires, else one from the cache or built.

``python -m cellkeep.serving.prepare`` reads one line of JSON from stdin (``python``: its version, ``requirements``: pinned) and writes
lines of JSON: ``{"progress": …}`` while it works, at last ``{"python": path, "folder": of this package, "environment": how it was found}``
or ``{"error": why, "packages": which}``. It is the way in which ``verify`` finds an environment, with what a worker needs for what runs
cells.
"""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..settings import cache_folder
from ..snapshots.packages import canonical_name, installed_packages, package_places
from ..verifying.building import PackageUnavailable, Progress, build_environment
from ..verifying.environment import cached_environment
from ..verifying.errors import Failed
from ..verifying.packages import by_name, lock_of, minor_of, this_minor
from ..wire import EnvironmentPackages

_PINNED = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*={2,3}\s*([^\s;,]+)\s*(?:;.*)?")
_DIRECT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*@\s*([^\s;]+)\s*(?:;.*)?")
#: What a worker itself reads rows and models with, where the model does not say which version.
_NEEDED = {
    "cloudpickle": "which reads the model",
    "numpy": "which holds its rows",
    "pandas": "which holds its rows",
}


@dataclass
class Unavailable(Exception):
    """The environment cannot be had; ``packages`` are to blame, where that is known."""

    message: str
    packages: list[str] = field(default_factory=list)


def prepare(python: str, requirements: Sequence[str], progress: Progress) -> dict[str, str]:
    """Find or build it.

    Raises
    ------
    Unavailable
        There is no such Python, or a package does not install any more.
    """
    packages = by_name(_package(line) for line in requirements)
    minor = minor_of(python or platform.python_version())
    if minor == this_minor():
        installed = by_name(installed_packages(cache_folder(), package_places()))
        wanted = {name: package["version"] for name, package in packages.items()}
        differing = [name for name, version in wanted.items() if name not in installed or installed[name]["version"] != version]
        lacking = [name for name in _NEEDED if name not in installed]
        if not differing and not lacking:
            return _found(sys.executable, "same")
        progress(f"this environment differs in {', '.join([*differing, *lacking][:5])}")
    lock = lock_of(packages)
    if lock.unavailable:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in lock.unavailable.items())
        raise Unavailable(f"what the model requires cannot be installed: {reasons}", list(lock.unavailable))

    def build(folder: Path) -> dict[str, str]:
        return build_environment(folder, minor, lock, progress, also=_NEEDED, dependencies=True, complete=True).replaced

    try:
        folder, is_new, _ = cached_environment(["serving", sorted(lock.lines.values())], minor, True, progress, build)
    except PackageUnavailable as error:
        raise Unavailable(f"what the model requires does not install any more: {error.message}", [error.package]) from error
    except Failed as error:
        raise Unavailable(error.message) from error
    return _found(str(folder / "bin" / "python"), "rebuilt" if is_new else "reused")


def _found(python: str, environment: str) -> dict[str, str]:
    return {"python": python, "folder": str(Path(__file__).parent), "environment": environment}


def _package(line: str) -> EnvironmentPackages:
    """One line of the requirements.

    Examples
    --------
    >>> _package("Scikit_Learn[alldeps]==1.7.2 ; python_version > '3'")["version"]
    '1.7.2'
    >>> _package("thing @ git+https://example.org/thing.git@abc")["source"]
    'git+https://example.org/thing.git@abc'
    """
    pinned = _PINNED.fullmatch(line)
    if pinned:
        return {"name": pinned[1], "version": pinned[2], "hash": "", "source": ""}
    direct = _DIRECT.fullmatch(line)
    if direct:
        return {"name": direct[1], "version": "0", "hash": "", "source": direct[2]}
    name = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", line)
    raise Unavailable(f"{line.strip()!r} is no pinned requirement, like name==1.0", [canonical_name(name[1])] if name else [])


def main() -> int:
    """Answer the one question on stdin."""

    def tell(message: dict[str, Any]) -> None:
        # Raises where the host is gone, which ends the installer.
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    task = json.loads(sys.stdin.readline())
    try:
        tell(prepare(task["python"], task["requirements"], lambda doing: tell({"progress": doing})))
        return 0
    except Unavailable as error:
        tell({"error": error.message, "packages": error.packages})
        return 1


if __name__ == "__main__":
    sys.exit(main())
