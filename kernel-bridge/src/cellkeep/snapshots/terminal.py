"""Listens to what a cell shows in a terminal, where no kernel tells it: while it runs, what it calls to show something notes it as well.

Prints, displays, results and errors come as the messages that a kernel would send. What programs and libraries in C write by themselves
goes past Python and is not seen.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .iopub import Message

Show = Callable[[str, dict[str, Any]], None]


class TerminalTap:
    """Of one shell without a kernel. Between ``begin`` and ``end`` some methods are replaced, on the objects and not on their classes."""

    def __init__(self, shell: Any, add: Callable[[Message], None]) -> None:
        self._shell = shell
        self._add = add
        self._request = ""
        self._hidden = 0
        self._replaced: list[tuple[Any, str, Any, Any]] = []

    def begin(self, request: str) -> None:
        """A cell begins."""
        if self._replaced:
            return  # a cell within a cell
        self._request = request
        for name in ("stdout", "stderr"):
            self._replace(getattr(sys, name), "write", self._noting_write(name))
        hook, publisher = self._shell.displayhook, self._shell.display_pub
        self._replace(hook, "start_displayhook", lambda before: lambda: self._hide(before))
        self._replace(hook, "finish_displayhook", lambda before: lambda: self._unhide(before))
        self._replace(hook, "write_format_data", self._noting_result)
        self._replace(publisher, "publish", self._noting_display)
        self._replace(publisher, "clear_output", self._noting_clear)
        self._replace(self._shell, "_showtraceback", self._noting_error)

    def end(self, request: str) -> None:
        """The cell has ended: everything is as it was."""
        if request != self._request:
            return
        for target, name, ours, before in self._replaced:
            if vars(target).get(name) is not ours:
                continue  # the cell has put something else there
            if before is None:
                vars(target).pop(name)
            else:
                setattr(target, name, before)
        self._replaced, self._hidden, self._request = [], 0, ""

    def _replace(self, target: Any, name: str, make: Callable[[Any], Any]) -> None:
        before = getattr(target, name, None)
        if before is None or not hasattr(target, "__dict__"):
            return
        # IPython puts a `write` of its own onto both streams while a cell runs; that one is put back, not the class's.
        own = vars(target).get(name)
        made = make(before)
        try:
            setattr(target, name, made)
        except (AttributeError, TypeError):
            return
        self._replaced.append((target, name, made, own))

    def _note(self, kind: str, content: dict[str, Any]) -> None:
        size = sum(len(value) for value in content.get("data", content).values() if isinstance(value, (str, bytes)))
        self._add(Message(kind, self._request, content, size))

    def _noting_write(self, name: str) -> Callable[[Any], Any]:
        def make(before: Any) -> Any:
            def write(text: str) -> Any:
                if text and not self._hidden and isinstance(text, str):
                    self._note("stream", {"name": name, "text": text})
                return before(text)

            return write

        return make

    def _hide(self, before: Any) -> Any:
        self._hidden += 1  # what is printed from now on is how the terminal shows the result
        return before()

    def _unhide(self, before: Any) -> Any:
        self._hidden = max(0, self._hidden - 1)
        return before()

    def _noting_result(self, before: Any) -> Any:
        def write_format_data(data: Any, metadata: Any = None) -> Any:
            self._note("execute_result", {"data": dict(data), "metadata": dict(metadata or {})})
            return before(data, metadata)

        return write_format_data

    def _noting_display(self, before: Any) -> Any:
        def publish(data: Any, metadata: Any = None, *args: Any, **kwargs: Any) -> Any:
            kind = "update_display_data" if kwargs.get("update") else "display_data"
            content = {"data": dict(data), "metadata": dict(metadata or {}), "transient": kwargs.get("transient") or {}}
            self._note(kind, content)
            self._hidden += 1
            try:
                return before(data, metadata, *args, **kwargs)
            finally:
                self._hidden -= 1

        return publish

    def _noting_clear(self, before: Any) -> Any:
        def clear_output(wait: bool = False) -> Any:
            self._note("clear_output", {"wait": wait})
            self._hidden += 1
            try:
                return before(wait)
            finally:
                self._hidden -= 1

        return clear_output

    def _noting_error(self, before: Any) -> Any:
        def _showtraceback(kind: Any, error: Any, lines: Any) -> Any:
            told = [lines] if isinstance(lines, str) else list(lines)
            self._note("error", {"ename": kind.__name__, "evalue": str(error), "traceback": told})
            self._hidden += 1
            try:
                return before(kind, error, lines)
            finally:
                self._hidden -= 1

        return _showtraceback
