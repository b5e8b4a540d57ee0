"""Magics of a shell: which of them a cell has defined anew, and what code of the user stands behind one."""

from __future__ import annotations

from types import MethodType
from typing import Any


def _is_own(function: Any) -> bool:
    """Whether a magic is IPython's own: it loads some of them when one of their group is first used."""
    return type(function) is MethodType and type(function.__self__).__module__.startswith("IPython.core.")


class Magics:
    """As they were when a cell began. Two hundred of IPython's own are compared in one step where nothing has changed."""

    def __init__(self, shell: Any) -> None:
        self._manager = getattr(shell, "magics_manager", None)
        self._kinds: dict[str, dict[str, Any]] = {}

    def look(self) -> dict[str, dict[str, Any]]:
        """Functions by kind (``cell``, ``line``) and name, as they are now; not to be changed."""
        if self._manager is None:
            return self._kinds
        now = self._manager.magics
        if any(now[kind] != self._kinds.get(kind) for kind in ("cell", "line")):
            self._kinds = {kind: dict(now[kind]) for kind in ("cell", "line")}
        return self._kinds

    def changed_since(self, before: dict[str, dict[str, Any]]) -> set[str]:
        """Names that stand for another function than in that look."""
        now = self.look()
        if now is before:
            return set()
        return {
            name
            for kind, functions in now.items()
            for name, function in functions.items()
            if before.get(kind, {}).get(name) is not function and not _is_own(function)
        }

    def code_of(self, name: str) -> Any:
        """Code of a magic that the user has defined; None for any other."""
        for kind in ("line", "cell"):
            function = self._manager.magics[kind].get(name) if self._manager is not None else None
            if function is not None and not hasattr(function, "__self__"):
                return getattr(function, "__code__", None)
        return None
