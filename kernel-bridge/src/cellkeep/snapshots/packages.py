"""Installed packages, read once for each state of the folders that hold them, then from a cache that all kernels of this user share."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..git import without_credentials
from ..values import cut
from ..wire import MODEL_SOURCE_LIMIT, NAME_LIMIT, EnvironmentPackages

if TYPE_CHECKING:
    from importlib.metadata import Distribution

_PACKAGES_LIMIT = 10_000
_PAUSE = 0.0005  # seconds after each package, in which the cell that runs gets the interpreter
_FORMAT = 1  # of the cache
_OF_THE_INSTALLER = re.compile(r"\.dist-info/(INSTALLER|REQUESTED|RECORD|direct_url\.json|uv_cache\.json|[^/,]*\.pyc)$")


Place = tuple[str, int, int]
"""A folder with packages, and what changes when one is installed or removed there."""
#: Folders by path, with their state when they were looked into, and whether they held packages then.
_looked: dict[str, tuple[int, bool]] = {}


def package_places(folders: Iterable[str] | None = None) -> list[Place]:
    """The folders with packages, as they are now; absent: of ``sys.path``."""
    return [place for place in map(_place, sys.path if folders is None else folders) if place is not None]


def installed_packages(cache: Path, places: list[Place]) -> list[EnvironmentPackages]:
    """Packages by name, each as it is found first.

    Parameters
    ----------
    cache
        Folder in which the answer is kept; one that cannot be written is gone without.
    places
        Where to look.
    """
    key = hashlib.sha256(json.dumps([_FORMAT, sys.version, places]).encode()).hexdigest()[:24]
    file = cache / f"packages-{key}.json"
    with contextlib.suppress(OSError, ValueError):
        return cast("list[EnvironmentPackages]", json.loads(file.read_text(encoding="utf-8")))
    found = _read([folder for folder, *_ in places])
    with contextlib.suppress(OSError):
        cache.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = file.with_name(f".{file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(found), encoding="utf-8")
        temporary.replace(file)
    return found


def _place(folder: str) -> Place | None:
    path = os.path.abspath(folder or ".")
    if os.path.basename(path) == "_vendor":
        return None  # setuptools puts its own copies on the path of whoever imports pkg_resources; nobody has installed them
    try:
        found = os.stat(path)
        looked = _looked.get(path)
        if looked is None or looked[0] != found.st_mtime_ns:
            has_packages = any(name.endswith((".dist-info", ".egg-info")) for name in os.listdir(path))
            looked = _looked[path] = (found.st_mtime_ns, has_packages)
    except OSError:
        return None
    return (path, found.st_mtime_ns, found.st_ino) if looked[1] else None


def canonical_name(name: str) -> str:
    """As PEP 503 has it.

    Examples
    --------
    >>> canonical_name("Jupyter_Client")
    'jupyter-client'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def _read(folders: list[str]) -> list[EnvironmentPackages]:
    from importlib import metadata  # takes 50 ms, and the cache mostly answers

    found: dict[str, EnvironmentPackages] = {}
    for distribution in metadata.distributions(path=folders):
        try:
            package = _package(distribution)
        except Exception:  # a half-removed package breaks in many ways, and is none
            package = None
        if package is not None:
            found.setdefault(canonical_name(package["name"]), package)
        time.sleep(_PAUSE)
    return [found[name] for name in sorted(found)][:_PACKAGES_LIMIT]


def _package(distribution: Distribution) -> EnvironmentPackages | None:
    head = (distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or "")[:20_000]
    fields = dict(re.findall(r"^(Name|Version): *(.+?) *$", head.partition("\n\n")[0], re.MULTILINE))
    if "Name" not in fields or "Version" not in fields:
        return None
    return {
        "name": cut(fields["Name"], NAME_LIMIT),
        "version": cut(fields["Version"], NAME_LIMIT),
        "hash": _hash(distribution.read_text("RECORD")),
        "source": cut(_source(distribution.read_text("direct_url.json")), MODEL_SOURCE_LIMIT),
    }


def _hash(record: str | None) -> str:
    """SHA-256 of the files that were installed, the same whoever installed them: without compiled ones and the installer's own notes."""
    lines = sorted(line for line in (record or "").splitlines() if ",sha256=" in line)
    kept = [line for line in lines if not _OF_THE_INSTALLER.search(line.partition(",sha256=")[0].strip('"'))]
    return hashlib.sha256("\n".join(kept).encode()).hexdigest() if kept else ""


def _source(text: str | None) -> str:
    """Where a package came from (PEP 610), if not from an index.

    Examples
    --------
    >>> _source('{"url": "https://me:pw@example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}')
    'git+https://example.org/x.git@abc'
    >>> _source('{"url": "file:///home/me/x", "dir_info": {"editable": true}}')
    'editable'
    """
    try:
        told = json.loads(text or "{}")
    except ValueError:
        return ""
    if not isinstance(told, dict) or not isinstance(told.get("url"), str):
        return ""
    if isinstance(told.get("dir_info"), dict) and told["dir_info"].get("editable"):
        return "editable"
    url, vcs = without_credentials(told["url"]), told.get("vcs_info")
    return f"{vcs.get('vcs')}+{url}@{vcs.get('commit_id')}" if isinstance(vcs, dict) else url
