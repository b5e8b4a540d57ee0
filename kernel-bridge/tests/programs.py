"""Plain Python programs in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path


def start(folder: Path, source: str, name: str = "train.py", **env: str) -> subprocess.Popen[str]:
    """Start a script; its warnings are errors, as in these tests."""
    path = folder / name
    path.write_text(source)
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(path)],
        cwd=folder,
        env={**os.environ, **env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(folder: Path, source: str, name: str = "train.py", **env: str) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    process = start(folder, source, name, **env)
    out, err = process.communicate(timeout=90)
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def read_line(process: subprocess.Popen[str], text: str, seconds: float = 60.0) -> str:
    """Wait until a script has printed a line with this text."""
    assert process.stdout is not None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        line = process.stdout.readline()
        if text in line:
            return line.strip()
        if not line:
            break
    raise AssertionError(f"the script did not print {text!r}: {process.stderr.read() if process.stderr else ''}")


def tell(process: subprocess.Popen[str], text: str = "go") -> None:
    """Write a line to a script that waits for one."""
    assert process.stdin is not None
    process.stdin.write(f"{text}\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> tuple[str, str]:
    """The rest of what a script prints, once it has ended."""
    out, err = process.communicate(timeout=90)
    return out, err
