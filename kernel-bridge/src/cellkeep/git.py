"""Commit, branch and cleanliness of the working tree, asked of git itself, in a thread of its own and with a time limit."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from urllib.parse import urlsplit, urlunsplit

from .surroundings import surroundings
from .values import cut
from .wire import NAME_LIMIT, PARAM_VALUE_LIMIT, PART_INLINE_LIMIT, Git

_TIMEOUT = 5.0  # seconds; a working tree on a slow network disk can take minutes, and then there is no answer
_FRESH = 2.0


class GitProbe:
    """What git said last, asked anew when that is older than two seconds."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._thread: threading.Thread | None = None
        self._read_at = 0.0
        self._found: Git | None = None

    def read(self, wait: float) -> Git | None:
        """State of the current folder's repository.

        Parameters
        ----------
        wait
            Seconds to wait for a fresh answer; then the last one is given, or None.
        """
        with self._mutex:
            if time.monotonic() - self._read_at > _FRESH and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._ask, name="cellkeep-git", daemon=True)
                self._thread.start()
            thread = self._thread
        if thread is not None:
            thread.join(wait)
        return self._found

    def _ask(self) -> None:
        try:
            found = read_git(os.getcwd())
        except OSError:
            found = None
        self._found, self._read_at = found, time.monotonic()


def read_git(folder: str) -> Git | None:
    """State of the repository that holds ``folder``; None outside a repository, before a first commit or without git."""
    status = _git(folder, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    if status is None:
        return None
    commit = branch = ""
    dirty = False
    for line in status.splitlines():
        if line.startswith("# branch.oid "):
            commit = line.removeprefix("# branch.oid ")
        elif line.startswith("# branch.head "):
            branch = line.removeprefix("# branch.head ")
        elif not line.startswith("#"):
            dirty = True
    if not commit or commit == "(initial)":
        return None
    remote = (_git(folder, "config", "--get", "remote.origin.url") or "").strip()
    return {
        "commit": commit[:64],
        "branch": cut("" if branch == "(detached)" else branch, NAME_LIMIT),
        "dirty": dirty,
        "remote": cut(without_credentials(remote), PARAM_VALUE_LIMIT),
    }


def read_diff(folder: str, timeout: float = 3.0) -> tuple[str | None, str]:
    """What the tracked files of the working tree have that their commit has not.

    Parameters
    ----------
    folder
        Somewhere in the repository; the diff is of all of it.
    timeout
        Seconds after which git is not waited for any longer.

    Returns
    -------
    tuple of (str or None, str)
        The diff, None where there is none to be had; and why, where something is missing from it.
    """
    # No program of the repository's own configuration is run for it, and colours and prefixes are git's own, whatever the person likes.
    words = ("diff", "--no-ext-diff", "--no-textconv", "--no-color", "--src-prefix=a/", "--dst-prefix=b/", "HEAD", "--", ":/")
    found = _git(folder, *words, timeout=timeout, limit=PART_INLINE_LIMIT)
    if found is None:
        return None, f"git did not tell within {timeout:g} s what is changed in the working tree"
    if len(found) >= PART_INLINE_LIMIT:
        return None, f"what is changed in the working tree is more than {PART_INLINE_LIMIT:,} bytes, and not kept"
    return found or None, ""


def without_credentials(remote: str) -> str:
    """The remote's address without user and password.

    Examples
    --------
    >>> without_credentials("https://me:secret@example.org/team/flights.git")
    'https://example.org/team/flights.git'
    >>> without_credentials("git@example.org:team/flights.git")
    'git@example.org:team/flights.git'
    """
    if "://" not in remote:
        return remote
    try:
        parts = urlsplit(remote)
    except ValueError:
        return ""
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _git(folder: str, *words: str, timeout: float = _TIMEOUT, limit: int | None = None) -> str | None:
    """What git says, at most ``limit`` bytes of it; None where it fails or takes too long."""
    # GIT_OPTIONAL_LOCKS: a look must never get into the way of what the person does with git.
    env = surroundings(GIT_OPTIONAL_LOCKS="0", LC_ALL="C", GIT_TERMINAL_PROMPT="0")
    try:
        # A file, since a pipe would have to be read to its end before git may be told to stop.
        with tempfile.TemporaryFile() as told:
            done = subprocess.run(
                ["git", *words],
                cwd=folder,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.DEVNULL,
                timeout=timeout,
                check=False,
            )
            told.seek(0)
            return told.read(-1 if limit is None else limit).decode("utf-8", "replace") if done.returncode == 0 else None
    except (OSError, subprocess.SubprocessError):
        return None
