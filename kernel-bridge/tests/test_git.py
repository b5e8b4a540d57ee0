"""What git says of the working tree; never a password."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cellkeep.git import read_git, without_credentials
from cellkeep.wire import Git


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


def found(folder: Path) -> Git:
    state = read_git(str(folder))
    assert state is not None
    return state


def test_commit_branch_and_remote(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    assert read_git(str(tmp_path)) is None  # no commit yet
    (tmp_path / "a").write_text("1")
    git(tmp_path, "add", "a")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "remote", "add", "origin", "https://me:secret@example.org/x.git")
    assert found(tmp_path) == {
        "commit": git(tmp_path, "rev-parse", "HEAD"),
        "branch": "main",
        "dirty": False,
        "remote": "https://example.org/x.git",
    }
    (tmp_path / "b").write_text("untracked files do not count")
    assert found(tmp_path)["dirty"] is False
    (tmp_path / "a").write_text("2")
    assert found(tmp_path)["dirty"] is True


def test_a_detached_head_has_no_branch(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "one")
    git(tmp_path, "checkout", "-q", "--detach")
    assert found(tmp_path)["branch"] == ""


def test_outside_a_repository_there_is_nothing(tmp_path: Path) -> None:
    assert read_git(str(tmp_path)) is None


REMOTES = [
    ("https://token@example.org/a.git", "https://example.org/a.git"),
    ("ssh://git@example.org:22/a.git", "ssh://example.org:22/a.git"),
    ("git@example.org:a.git", "git@example.org:a.git"),
    ("/srv/a.git", "/srv/a.git"),
    ("https://u:p@ss@example.org/a", "https://example.org/a"),
]


@pytest.mark.parametrize(("given", "shown"), REMOTES)
def test_credentials_are_taken_out(given: str, shown: str) -> None:
    assert without_credentials(given) == shown
