"""What holds in every Python of a verification: it writes into the scratch folder alone, and installs nothing.

A copy of this file lies in the scratch folder as ``sitecustomize``, at the front of PYTHONPATH, so that not only the kernel has it but
also the processes that cells start with Python. It is for any Python from 3.9 on and imports nothing of ours. Seen is what Python itself
opens, renames and removes (PEP 578); libraries that write in native code and other programs are not, and nothing here keeps out
a cell that wants to get past it: this is a net for a person's own files, not a jail.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import sys

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
#: Arguments that are paths, and those that are the folders they are relative to.
_CHANGING = {
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3),),
    "os.symlink": ((1, 2),),
    "os.remove": ((0, 1),),
    "os.rmdir": ((0, 1),),
    "os.mkdir": ((0, 2),),
    "os.truncate": ((0, None),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.utime": ((0, 3),),
}
_INSTALLING = frozenset("install uninstall add remove sync create update upgrade".split())
_INSTALLERS = frozenset("pip pip3 uv conda mamba micromamba".split())


def install(root: str, folder: str, writable: list[str] | None) -> None:
    """Begin.

    Parameters
    ----------
    root, folder
        Scratch folder, and the recorded working folder, for which ``root/work`` stands; empty where there is none.
    writable
        More folders that may be written to, except where they hold the recorded one; None: all may.
    """
    _refuse_installing(root)
    _redirect_chdir(os.path.join(root, "work"), folder)
    if writable is not None:
        _watch(root, folder, [os.path.realpath(one) for one in writable])


def _refuse_installing(root: str) -> None:
    """`python -m pip install`, and `pip install` by whatever path."""
    program, rest = _program(list(getattr(sys, "orig_argv", sys.argv))[1:])
    if program in _INSTALLERS and any(word in _INSTALLING for word in rest):
        with open(os.path.join(root, "installs-refused"), "a") as file:
            file.write("1")
        print(f"verify does not install: the environment comes from the record ({program} {' '.join(rest)})", flush=True)
        os._exit(0)


def _program(words: list[str]) -> tuple[str, list[str]]:
    """Name of the module or script that this interpreter runs, and its arguments; empty where it is none."""
    while words:
        word, *words = words
        if word in ("-W", "-X"):
            words = words[1:]
        elif word == "-m" and words:
            return words[0].partition(".")[0], words[1:]
        elif word.startswith("-m"):
            return word[2:].partition(".")[0], words
        elif word.startswith("-c"):
            break
        elif not word.startswith("-"):
            name = os.path.basename(word)
            return "pip" if name.startswith("pip3.") else name, words
    return "", []


def _redirect_chdir(work: str, folder: str) -> None:
    """Into the recorded folder means into its copy: what is read there lies in both, what is written belongs into the copy."""
    if not folder:
        return
    real, recorded = os.chdir, os.path.realpath(folder)

    def chdir(path: int | str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> None:
        if isinstance(path, (str, bytes, os.PathLike)):
            wanted = os.path.realpath(os.fsdecode(path))
            if wanted == recorded or wanted.startswith(recorded + os.sep):
                path = os.path.join(work, os.path.relpath(wanted, recorded))
                if os.path.isdir(wanted):
                    os.makedirs(path, exist_ok=True)
        real(path)

    os.chdir = chdir


def _watch(root: str, folder: str, writable: list[str]) -> None:
    root = os.path.realpath(root)
    recorded = os.path.realpath(folder) if folder else None

    def may(path: str) -> bool:
        if _below(path, root):
            return True
        return any(_below(path, one) for one in writable) and not (recorded and _below(path, recorded))

    def check(path: object, base: object) -> None:
        if not isinstance(path, (str, bytes, os.PathLike)):
            return  # what is open already was checked when it was opened
        text = os.fsdecode(path)
        if isinstance(base, int) and base >= 0 and not os.path.isabs(text):
            text = os.path.join(f"/proc/self/fd/{base}", text)
        real = os.path.realpath(text)
        if not may(real):
            raise PermissionError(
                f"verify writes only into its scratch folder; {real} lies elsewhere and was left as it is (--allow-writes allows it)"
            )

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING:
                check(path, None)
        elif event in _CHANGING:
            if event == "os.mkdir" and isinstance(arguments[0], (str, bytes)) and os.path.isdir(arguments[0]):
                return  # it is there: nothing is made
            for path_at, base_at in _CHANGING[event]:
                base = arguments[base_at] if base_at is not None and base_at < len(arguments) else None
                check(arguments[path_at], base)

    sys.addaudithook(hook)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _next_sitecustomize(here: str) -> None:
    """The environment's own, whose place this one has taken."""
    elsewhere = [one for one in sys.path if os.path.realpath(one or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", elsewhere)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    _here = os.path.dirname(os.path.realpath(__file__))
    with open(os.path.join(_here, "in_process.json"), encoding="utf-8") as _file:
        install(**json.load(_file))
    _next_sitecustomize(_here)
