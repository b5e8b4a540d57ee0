"""``python -m cellkeep.kernel_config [install|remove|show]``: the file that loads the bridge in every kernel.

pip places it (``etc/ipython/ipython_kernel_config.py``, also for an editable install). This command is for where that could not be: a
``--target`` install, an environment linked by hand, or one whose own file of that name was there first; then the line is added to it.
"""

from __future__ import annotations

import sys
from pathlib import Path

_MARK = "# cellkeep: loads the bridge in every kernel of this environment"
_LINE = f'get_config().IPKernelApp.extra_extensions.append("cellkeep")  {_MARK}\n'


def config_file() -> Path:
    """The kernel configuration of this environment."""
    return Path(sys.prefix) / "etc" / "ipython" / "ipython_kernel_config.py"


def is_installed(path: Path) -> bool:
    """Whether kernels load the bridge by this file."""
    return path.exists() and 'extra_extensions.append("cellkeep")' in path.read_text(encoding="utf-8")


def install(path: Path) -> bool:
    """Add the line unless it is there; False where nothing had to be done."""
    if is_installed(path):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    path.write_text(before + ("\n" if before and not before.endswith("\n") else "") + _LINE, encoding="utf-8")
    return True


def remove(path: Path) -> bool:
    """Take the line that ``install`` has added away again; a file that pip has placed is pip's to remove."""
    if not path.exists():
        return False
    before = path.read_text(encoding="utf-8")
    after = "".join(line for line in before.splitlines(keepends=True) if _MARK not in line)
    if after == before:
        return False
    if after.strip():
        path.write_text(after, encoding="utf-8")
    else:
        path.unlink()
    return True


def main(arguments: list[str]) -> int:
    """Run the command and return its exit code."""
    path = config_file()
    word = arguments[0] if arguments else "show"
    if word == "install":
        print(f"added to {path}" if install(path) else f"{path} loads the bridge already")
    elif word == "remove":
        print(f"removed from {path}" if remove(path) else f"{path} was not changed; `pip uninstall cellkeep` removes pip's own file")
    elif word == "show":
        print(f"{path} {'loads' if is_installed(path) else 'does not load'} the bridge")
    else:
        print("write: python -m cellkeep.kernel_config install | remove | show", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
