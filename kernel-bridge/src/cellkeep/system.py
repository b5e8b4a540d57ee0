"""While a run is open: a heartbeat every 10 s, and every 5 s how busy the machine is, as ordinary series below ``system/``.

Rates are not computed here: bytes read, written, sent and received count from the run's start. Steps are seconds since then.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

from . import active, settings
from .forks import importing
from .journal import Points
from .session import now_ms

if TYPE_CHECKING:
    from .runs import Run
    from .tracker import Tracker

_HEARTBEAT = 10.0  # seconds; the server takes a run for lost after 60
_FIRST_SAMPLE = 1.0
_GPU_FIELDS = ("utilization_percent", "memory_used_bytes", "power_watts", "temperature_celsius")
_MIB = 1024 * 1024


class Pulse:
    """A thread that lives as long as a run is open."""

    def __init__(self, owner: Tracker) -> None:
        self._owner = owner
        self._stop = threading.Event()
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None
        self._machine: Machine | None = None
        self._starts: dict[str, dict[str, float]] = {}

    def start(self) -> None:
        """Begin, unless it runs."""
        with self._mutex:
            if self._thread is None and not self._stop.is_set():
                self._thread = threading.Thread(target=self._run, name="cellkeep-pulse", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        thread = self._thread
        if thread is not None:
            thread.join(2.0)

    def _run(self) -> None:
        interval = settings.system_interval()
        heartbeat = time.monotonic() + _HEARTBEAT
        sample = time.monotonic() + min(_FIRST_SAMPLE, interval) if interval else float("inf")
        while not self._stop.wait(max(0.0, min(heartbeat, sample) - time.monotonic())):
            runs = [run for run in active.open_runs() if not run.is_inherited]
            if not runs:
                with self._mutex:
                    if not active.open_runs():
                        self._thread = None
                        return
            now = time.monotonic()
            if now >= heartbeat:
                heartbeat = now + _HEARTBEAT
                self._beat(runs)
            if now >= sample:
                sample = now + interval
                self._sample(runs)

    def _beat(self, runs: list[Run]) -> None:
        # While the server is away nobody could hear it, and the spool would fill with the past.
        if runs and self._owner.sender.state == "online":
            ids = [run.id for run in runs]
            self._owner.record(lambda: ({"type": "heartbeat", "runIds": ids},))

    def _sample(self, runs: list[Run]) -> None:
        if self._machine is None:
            self._machine = Machine()
        found = self._machine.sample()
        at = now_ms()
        for run in runs:
            start = self._starts.setdefault(run.id, found.counters)
            values = {**found.levels, **{key: value - start.get(key, value) for key, value in found.counters.items()}}
            step = max(0, (at - run.started_at) // 1000)
            self._owner.journal.append(Points(run.id, at, [(f"system/{key}", step, value) for key, value in values.items()]))


class Sample:
    """What was read at one moment: levels as they are, counters since the machine started."""

    def __init__(self) -> None:
        self.levels: dict[str, float] = {}
        self.counters: dict[str, float] = {}


class Machine:
    """Reads CPU, memory, disk, network and GPUs; what this machine does not have is left out."""

    def __init__(self) -> None:
        with importing:
            import psutil

        self._psutil = psutil
        self._process = psutil.Process()
        psutil.cpu_percent()  # the first answer covers no time and means nothing
        self._process.cpu_percent()
        self._nvidia = shutil.which("nvidia-smi")

    def sample(self) -> Sample:
        """One reading; takes about a millisecond, with GPUs as long as nvidia-smi takes."""
        found = Sample()
        for read in (self._cpu_and_memory, self._disk, self._network, self._gpus):
            try:
                read(found)
            except (OSError, self._psutil.Error, ValueError, NotImplementedError):
                continue  # containers hide some of it
        return found

    def _cpu_and_memory(self, found: Sample) -> None:
        memory = self._psutil.virtual_memory()
        found.levels["cpu_percent"] = self._psutil.cpu_percent()
        found.levels["memory_used_bytes"] = float(memory.total - memory.available)
        found.levels["memory_percent"] = memory.percent
        with self._process.oneshot():
            found.levels["process_memory_bytes"] = float(self._process.memory_info().rss)
            found.levels["process_cpu_percent"] = self._process.cpu_percent()

    def _disk(self, found: Sample) -> None:
        found.levels["disk_used_bytes"] = float(self._psutil.disk_usage(os.getcwd()).used)
        counters: Any = self._psutil.disk_io_counters()
        if counters is not None:
            found.counters["disk_read_bytes"] = float(counters.read_bytes)
            found.counters["disk_written_bytes"] = float(counters.write_bytes)

    def _network(self, found: Sample) -> None:
        counters: Any = self._psutil.net_io_counters()
        if counters is not None:
            found.counters["network_sent_bytes"] = float(counters.bytes_sent)
            found.counters["network_received_bytes"] = float(counters.bytes_recv)

    def _gpus(self, found: Sample) -> None:
        if self._nvidia is None:
            return
        try:
            done = subprocess.run(
                [
                    self._nvidia,
                    "--query-gpu=utilization.gpu,memory.used,power.draw,temperature.gpu",
                    "--format=csv,noheader,nounits",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=3.0,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            self._nvidia = None  # no driver, or one that hangs: it is not asked again
            return
        found.levels.update(gpu_levels(done.stdout.decode("utf-8", "replace")))


def gpu_levels(answer: str) -> dict[str, float]:
    """Levels by key from nvidia-smi's lines; what a GPU does not tell (``[N/A]``) is left out.

    Examples
    --------
    >>> gpu_levels("35, 1024, 71.5, [N/A]\\n")["gpu0_memory_used_bytes"]
    1073741824.0
    """
    levels = {}
    for index, line in enumerate(answer.splitlines()):
        for field, text in zip(_GPU_FIELDS, line.split(","), strict=False):
            try:
                number = float(text)
            except ValueError:
                continue
            levels[f"gpu{index}_{field}"] = number * _MIB if field == "memory_used_bytes" else number
    return levels
