"""What a run ran on: Python, machine, GPUs and packages; named by its digest, so that it is sent once."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

from ..values import cut
from ..wire import NAME_LIMIT, Environment, EnvironmentGpus
from .canonical import canonical, digest_of
from .packages import Place, installed_packages, package_places

_MIB = 1024 * 1024
_NVIDIA_TIMEOUT = 10.0  # seconds; the driver may have to wake the cards


class EnvironmentReader:
    """Reads the machine once a process, and the packages whenever some were installed."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._machine: Environment | None = None
        self._last: tuple[list[Place], str, Environment] | None = None

    def read(self) -> tuple[str, Environment]:
        """The environment and its digest. The first time takes as long as it takes: for the snapshots' own thread."""
        if self._machine is None:
            self._machine = read_machine()
        places = package_places()
        if self._last is None or self._last[0] != places:
            environment: Environment = {**self._machine, "packages": installed_packages(self._cache, places)}
            self._last = places, digest_of(canonical(environment)), environment
        return self._last[1:]


def read_machine() -> Environment:
    """All but the packages; what cannot be known is empty."""
    return {
        "python": platform.python_version(),
        "implementation": cut(platform.python_implementation(), NAME_LIMIT),
        "language": {"name": "python", "version": platform.python_version()},
        "os": cut(_os_name(), NAME_LIMIT),
        "machine": cut(platform.machine(), NAME_LIMIT),
        "cpu": cut(_cpu_name(), NAME_LIMIT),
        "cpuCount": os.cpu_count() or 0,
        "memoryBytes": _memory(),
        "gpus": _gpus(),
        "packages": [],
    }


def _os_name() -> str:
    """``Debian GNU/Linux 12 (bookworm), Linux 6.1.0``; elsewhere what Python knows."""
    if sys.platform != "linux":
        return platform.platform()
    name = ""
    with contextlib.suppress(OSError):
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    kernel = f"{platform.system()} {platform.release()}"
    return f"{name}, {kernel}" if name else kernel


def _cpu_name() -> str:
    with contextlib.suppress(OSError):
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return "" if sys.platform == "linux" else platform.processor()  # on Linux that starts a program, and knows no more


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def _gpus() -> list[EnvironmentGpus]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(
            [program, *query],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_NVIDIA_TIMEOUT,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return gpus_of(done.stdout.decode("utf-8", "replace"))


def gpus_of(answer: str) -> list[EnvironmentGpus]:
    """GPUs from nvidia-smi's lines.

    Examples
    --------
    >>> gpus_of("NVIDIA H100 80GB HBM3, 81559, 570.86.15\\n")
    [{'name': 'NVIDIA H100 80GB HBM3', 'memoryBytes': 85520809984, 'driver': '570.86.15'}]
    """
    found: list[EnvironmentGpus] = []
    for line in answer.splitlines():
        name, _, rest = line.rpartition(",")[0].rpartition(",")
        if name.strip():
            memory = int(rest) * _MIB if rest.strip().isdigit() else 0
            driver = line.rpartition(",")[2].strip()
            found.append({"name": cut(name.strip(), NAME_LIMIT), "memoryBytes": memory, "driver": cut(driver, NAME_LIMIT)})
    return found[:64]
