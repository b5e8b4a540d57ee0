"""Recorded packages against installed ones, and as a lock that an installer reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..snapshots.packages import canonical_name
from ..wire import EnvironmentPackages

#: The bridge and the extension that shows it: the verifier brings its own.
_OURS = frozenset({"cellkeep", "cellkeep-jupyterlab"})
#: What may stand in a line of a lock: the record comes from the server, and a line can be an option.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")
_FROM_GIT = re.compile(r"git\+(?:https|ssh)://[^\s;#@]+(?:@[^\s;#@]+)?")


def by_name(packages: Iterable[EnvironmentPackages]) -> dict[str, EnvironmentPackages]:
    """All but our own."""
    named = {canonical_name(package["name"]): package for package in packages}
    return {name: package for name, package in named.items() if name not in _OURS}


@dataclass
class Changes:
    """Packages whose version differs, as name: (recorded, installed); None where there is none."""

    versions: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    #: Same version, other files.
    contents: list[str] = field(default_factory=list)
    #: Used from a folder, whose content the version does not tell.
    editable: list[str] = field(default_factory=list)


def compare_packages(recorded: Mapping[str, EnvironmentPackages], installed: Mapping[str, EnvironmentPackages]) -> Changes:
    """What differs.

    Examples
    --------
    >>> one = {"name": "x", "version": "1", "hash": "", "source": ""}
    >>> compare_packages({"x": one}, {"x": {**one, "version": "2"}}).versions
    {'x': ('1', '2')}
    """
    changes = Changes()
    for name in sorted({*recorded, *installed}):
        before, after = recorded.get(name), installed.get(name)
        if before is None or after is None or before["version"] != after["version"]:
            changes.versions[name] = (before["version"] if before else None, after["version"] if after else None)
        elif before["source"] == "editable":
            changes.editable.append(name)
        elif before["hash"] and after["hash"] and before["hash"] != after["hash"]:
            changes.contents.append(name)
    return changes


@dataclass
class Lock:
    """Lines for an installer, and the packages that no registry has under their version, with the reason."""

    lines: dict[str, str]
    unavailable: dict[str, str]


def lock_of(recorded: Mapping[str, EnvironmentPackages], sources: bool = False) -> Lock:
    """Each package in exactly its version.

    Parameters
    ----------
    recorded
        By name.
    sources
        Whether those that came from a repository are built from there, which runs whatever lies there now.

    Examples
    --------
    >>> lock_of({"x": {"name": "X", "version": "1.0", "hash": "", "source": ""}}).lines
    {'x': 'X==1.0'}
    >>> lock_of({"x": {"name": "x", "version": "1.0 --index-url=y", "hash": "", "source": ""}}).unavailable
    {'x': 'its version is no version'}
    """
    lock = Lock({}, {})
    for name, package in sorted(recorded.items()):
        source = package["source"]
        if not _NAME.fullmatch(package["name"]):
            lock.unavailable[name] = "its name is no package's"
        elif not _VERSION.fullmatch(package["version"]):
            lock.unavailable[name] = "its version is no version"
        elif source == "editable":
            lock.unavailable[name] = "it was used from a folder (editable)"
        elif _FROM_GIT.fullmatch(source):
            if sources:
                lock.lines[name] = f"{package['name']} @ {source}"
            else:
                lock.unavailable[name] = "it came from a repository, which is built only with --allow-sources"
        elif source:
            lock.unavailable[name] = "it came from a file or an address of its own"
        else:
            lock.lines[name] = f"{package['name']}=={package['version']}"
    return lock


def minor_of(python: str) -> str:
    """``3.11`` of ``3.11.7``."""
    return ".".join(python.split(".")[:2])


def this_minor() -> str:
    """Of this interpreter."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}"
