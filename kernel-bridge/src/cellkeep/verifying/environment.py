"""The interpreter in which a run is made again: this one where its packages are the recorded ones, else one from the cache or built.

The cache lies in ``$XDG_CACHE_HOME/cellkeep/environments``; a folder there is named by Python's version and the digest of the lock. One
process at a time builds one (flock), and a mark that is written last says that it is whole: what a broken-off build has left is removed.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..settings import cache_folder
from ..snapshots.packages import installed_packages, package_places
from ..wire import Environment, EnvironmentPackages
from .building import Progress, build_environment
from .findings import Findings
from .packages import Changes, by_name, compare_packages, lock_of, minor_of, this_minor

_MARK = "cellkeep-complete.json"
_NAMED = 5


def environments_folder() -> Path:
    """Where built environments are kept, for this user."""
    return cache_folder() / "environments"


@dataclass(frozen=True)
class Allowed:
    """What may be installed beside exactly the recorded packages of a registry, since a person here said so.

    ``sources``: from recorded repositories; ``substitutes``: another version where the registry lacks the recorded one.
    """

    sources: bool = False
    substitutes: bool = False


def find_interpreter(
    recorded: Environment | None, reuse: bool, findings: Findings, progress: Progress, allowed: Allowed = Allowed()
) -> str:
    """Path of the interpreter; how it was found, and what differs, goes into the findings.

    Raises
    ------
    Failed
        There is none, and none can be built.
    """
    if recorded is None or not recorded["python"]:
        findings.environment = "none"
        return sys.executable
    packages = by_name(recorded["packages"])
    minor = minor_of(recorded["python"])
    if recorded["python"] != platform.python_version() and minor == this_minor():
        findings.differ("environment", "python", recorded["python"], platform.python_version(), counts=False)
    if reuse and minor == this_minor():
        progress("comparing packages")
        changes = compare_packages(packages, by_name(installed_packages(cache_folder(), package_places())))
        if not changes.versions:
            _tell_contents(changes, findings)
            findings.environment = "same"
            return sys.executable
        progress(f"this environment differs: {_named(changes)}")
    return _built(packages, minor, reuse, findings, progress, allowed)


def _tell_contents(changes: Changes, findings: Findings) -> None:
    for name in changes.contents:
        findings.differ("environment", name, "as installed then", "the same version, with other files", counts=False)
    if changes.editable:
        findings.note(f"used from a folder, whose content is not recorded: {', '.join(changes.editable[:20])}")


def _named(changes: Changes) -> str:
    told = [f"{name} {was or 'absent'} → {now or 'absent'}" for name, (was, now) in list(changes.versions.items())[:_NAMED]]
    more = len(changes.versions) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def _built(
    packages: Mapping[str, EnvironmentPackages], minor: str, reuse: bool, findings: Findings, progress: Progress, allowed: Allowed
) -> str:
    lock = lock_of(packages, allowed.sources)

    def build(folder: Path) -> dict[str, str]:
        return build_environment(folder, minor, lock, progress, allowed.substitutes).replaced

    identity = [sorted(lock.lines.values()), sorted(lock.unavailable), allowed.substitutes]
    folder, is_new, replaced = cached_environment(identity, minor, reuse, progress, build)
    findings.environment = "rebuilt" if is_new else "reused"
    if replaced:
        findings.environment = "partial"
    for name, instead in replaced.items():
        findings.differ("environment", name, packages[name]["version"], instead, counts=False)
    if "ipykernel" not in packages:
        findings.note("ipykernel was added to the recorded packages, to execute the cells")
    return str(folder / "bin" / "python")


def cached_environment(
    identity: Sequence[object], minor: str, reuse: bool, progress: Progress, build: Callable[[Path], dict[str, str]]
) -> tuple[Path, bool, dict[str, str]]:
    """The folder of an environment, made by ``build`` where it is not in the cache.

    Parameters
    ----------
    identity
        What makes it this one and no other, beside Python's version and the machine.
    reuse
        Whether one from the cache will do.
    build
        Makes it in an empty folder, and returns what it could not do by the book, kept with it.

    Returns
    -------
    tuple
        Folder, whether it was built now, and what ``build`` has returned.
    """
    key = hashlib.sha256(json.dumps([minor, platform.machine(), sys.platform, *identity]).encode()).hexdigest()[:24]
    folder = environments_folder() / f"python{minor}-{key}"
    with locked(folder.with_name(f"{folder.name}.lock"), progress):
        mark = folder / _MARK
        found = _read_mark(mark)
        if found is not None and reuse and (folder / "bin" / "python").exists() and _touch(folder):
            return folder, False, found
        shutil.rmtree(folder, ignore_errors=True)
        replaced = build(folder)
        temporary = mark.with_suffix(".tmp")
        temporary.write_text(json.dumps({"replaced": replaced}), encoding="utf-8")
        os.replace(temporary, mark)
        return folder, True, replaced


def _touch(folder: Path) -> bool:
    """It is used from now on: a server removes what nobody has used for weeks (False: just now)."""
    try:
        os.utime(folder)
    except FileNotFoundError:
        return False
    return True


def _read_mark(mark: Path) -> dict[str, str] | None:
    try:
        found = json.loads(mark.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    replaced = found.get("replaced") if isinstance(found, dict) else None
    return {str(name): str(text) for name, text in replaced.items()} if isinstance(replaced, dict) else None


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold a lock file; says so where another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress("another process builds this environment; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
