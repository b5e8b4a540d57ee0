"""The environment of a model that is served: this one, one from the cache, a new one, or which packages are to blame."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import psutil
import pytest

from cellkeep.serving.prepare import Unavailable, prepare
from cellkeep.verifying import building
from cellkeep.verifying.packages import lock_of

THIS = ".".join(str(part) for part in sys.version_info[:3])
PINNED = [f"{name}=={version(name)}" for name in ("numpy", "Pandas", "cloudpickle")]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What an installer was asked for, that has everything but ``lost``."""
    asked: list[str] = []

    def install(self: Any, *words: str) -> str:
        lock = (self._folder / "cellkeep-lock.txt").read_text()
        if "-r" in words and "lost" in lock:
            return "ERROR: No matching distribution found for lost==1.0"
        asked.append(lock if "-r" in words else " ".join(words[2:]))
        return ""

    def make(self: Any, minor: str) -> None:
        (self._folder / "bin").mkdir(parents=True)
        (self._folder / "bin" / "python").touch()

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(building._Installer, "_make", make)
    monkeypatch.setattr(building._Installer, "_install", install)
    return asked


def test_an_environment_that_has_everything_is_used_as_it_is(installed: list[str]) -> None:
    found = prepare(THIS, PINNED, lambda _text: None)
    assert (found["python"], found["environment"]) == (sys.executable, "same")
    assert (Path(found["folder"]) / "__main__.py").exists()
    assert installed == []


def test_another_is_built_once_with_what_a_worker_needs_beside(installed: list[str], tmp_path: Path) -> None:
    told: list[str] = []
    requirements = ["numpy==1.2.3", "Some.Thing[extra]==4 ; python_version > '3'"]
    built = prepare(THIS, requirements, told.append)
    again = prepare(THIS, requirements, told.append)
    assert installed == ["numpy==1.2.3\nSome.Thing==4\n", "cloudpickle pandas"]
    assert (built["environment"], again["environment"]) == ("rebuilt", "reused")
    assert built["python"] == again["python"]
    assert built["python"].startswith(str(tmp_path))
    assert any("installing" in text for text in told)


@pytest.mark.parametrize(("clashes", "tried"), [(False, ["onnx==2 numpy==2"]), (True, ["onnx==2 numpy==2", "onnx numpy"])])
def test_what_is_needed_beside_has_the_version_of_here_where_that_agrees_with_the_lock(
    clashes: bool, tried: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def install(_self: Any, *words: str) -> str:
        asked.append(" ".join(words[2:]))
        return "ERROR: ResolutionImpossible" if clashes and "numpy==2" in words else ""

    monkeypatch.setattr(building._Installer, "_make", lambda _self, _minor: None)
    monkeypatch.setattr(building._Installer, "_install", install)
    also = dict.fromkeys(("onnx", "numpy", "old"), "which exports")
    lock = lock_of({"old": {"name": "old", "version": "1", "hash": "", "source": ""}})
    building.build_environment(tmp_path, "3.11", lock, lambda _text: None, also=also, preferred=dict.fromkeys(also, "2"))
    assert asked[1:] == tried


@pytest.mark.parametrize(
    ("requirements", "packages", "reason"),
    [
        (["lost==1.0", "numpy==1.2.3"], ["lost"], "does not install any more: no registry that is configured here has lost==1.0"),
        (["mine @ file:///home/me/mine"], ["mine"], "it came from a file or an address of its own"),
        (["theirs @ git+https://example.org/theirs.git@abc"], ["theirs"], "it came from a repository"),
        (["numpy>=1"], ["numpy"], "'numpy>=1' is no pinned requirement"),
        (["--index-url=https://example.org"], [], "is no pinned requirement"),
    ],
)
def test_what_cannot_be_installed_is_named(installed: list[str], requirements: list[str], packages: list[str], reason: str) -> None:
    with pytest.raises(Unavailable) as caught:
        prepare(THIS, requirements, lambda _text: None)
    assert caught.value.packages == packages
    assert reason in caught.value.message
    assert installed == []


def test_a_host_is_told_in_lines_of_json(tmp_path: Path) -> None:
    def ask(requirements: list[str]) -> tuple[int, dict[str, Any]]:
        done = subprocess.run(
            [sys.executable, "-m", "cellkeep.serving.prepare"],
            input=json.dumps({"python": THIS, "requirements": requirements}) + "\n",
            env={"PATH": "/usr/bin", "XDG_CACHE_HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        return done.returncode, json.loads(done.stdout.splitlines()[-1])

    assert ask(PINNED)[1]["environment"] == "same"
    code, told = ask(["numpy"])
    assert (code, told["packages"]) == (1, ["numpy"])


def test_an_installer_that_is_ended_leaves_nothing_that_goes_on_writing(tmp_path: Path) -> None:
    """`pip --python` is a second pip below the first."""
    told = tmp_path / "pid"
    inner = f"import os, time, pathlib; pathlib.Path({str(told)!r}).write_text(str(os.getpid())); time.sleep(60)"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"

    def host_is_gone(_text: str) -> None:
        if told.exists() and told.read_text():
            raise BrokenPipeError

    installer = building._Installer(tmp_path, host_is_gone)
    with pytest.raises(BrokenPipeError):
        installer._command([sys.executable, "-c", outer])
    psutil.wait_procs([psutil.Process(pid) for pid in psutil.pids() if str(pid) == told.read_text()], timeout=30)
    assert not psutil.pid_exists(int(told.read_text()))


def wheel_of(folder: Path, release: str) -> None:
    """A package of one module, as a registry would have it."""
    with ZipFile(folder / f"cellkeep_test_rule-{release}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("cellkeep_test_rule.py", f"RELEASE = {release!r}\n")
        told = f"cellkeep_test_rule-{release}.dist-info"
        wheel.writestr(f"{told}/METADATA", f"Metadata-Version: 2.1\nName: cellkeep-test-rule\nVersion: {release}\n")
        wheel.writestr(f"{told}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{told}/RECORD", "")


def test_a_model_meets_the_release_of_a_package_that_it_was_made_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a real installer, which finds wheels in a folder and has no registry; what a worker needs beside comes of this environment."""
    for release in ("1.0", "2.0"):
        wheel_of(tmp_path, release)
    for name in ("PIP", "UV"):
        monkeypatch.setenv(f"{name}_NO_INDEX", "1")
        monkeypatch.setenv(f"{name}_FIND_LINKS", str(tmp_path))
    monkeypatch.delenv("PIP_NO_COMPILE")  # as a person has it
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("cellkeep.serving.prepare._NEEDED", {})
    python = prepare(THIS, ["cellkeep-test-rule==1.0"], lambda _text: None)["python"]
    ask = [python, "-c", "import cellkeep_test_rule; print(cellkeep_test_rule.RELEASE)"]
    assert subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip() == "1.0"
    assert list(Path(python).parents[1].rglob("cellkeep_test_rule*.pyc")), "a worker writes no bytecode"
    with pytest.raises(Unavailable, match=r"does not install any more: no registry that is configured here has cellkeep-test-rule==3\.0"):
        prepare(THIS, ["cellkeep-test-rule==3.0"], lambda _text: None)
