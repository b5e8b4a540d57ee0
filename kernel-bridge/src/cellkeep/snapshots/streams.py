"""Text of one stream as a page shows it: carriage returns write over the line, backspaces take back, and its middle is let go."""

from __future__ import annotations

from collections import deque

TEXT_LIMIT = 10_000_000
"""Characters that are kept of one output."""


class StreamText:
    """What was printed. A progress bar that draws itself ten thousand times is one line, as it is on the page."""

    def __init__(self, limit: int = TEXT_LIMIT) -> None:
        self._limit = limit
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._head_size = self._tail_size = self._left_out = 0
        self._line = ""
        self._cursor = 0

    def write(self, text: str) -> None:
        """Add what was printed next."""
        if "\r" not in text and "\b" not in text and self._cursor == len(self._line):
            lines, newline, self._line = (self._line + text).rpartition("\n")
            self._keep(lines + newline)
            self._cursor = len(self._line)
        else:
            for at, piece in enumerate(text.split("\n")):
                if at:
                    self._keep(self._line + "\n")
                    self._line, self._cursor = "", 0
                self._draw(piece)
        if len(self._line) > self._limit:  # it is not drawn over any more
            self._keep(self._line)
            self._line, self._cursor = "", 0

    def _draw(self, piece: str) -> None:
        """Within one line, as JupyterLab does (outputarea/model.ts): a backspace takes back, whatever is written goes over what stands."""
        start = 0
        while start <= len(piece):
            end = min((at for at in (piece.find("\r", start), piece.find("\b", start)) if at >= 0), default=len(piece))
            if end > start:
                written = piece[start:end]
                self._line = self._line[: self._cursor] + written + self._line[self._cursor + len(written) :]
                self._cursor += len(written)
            if end < len(piece):
                if piece[end] == "\r":
                    self._cursor = 0
                elif self._cursor:
                    self._line = self._line[: self._cursor - 1] + self._line[self._cursor + 1 :]
                    self._cursor -= 1
            start = end + 1

    def _keep(self, text: str) -> None:
        room = self._limit // 2 - self._head_size
        if room > 0 and text:
            self._head.append(text[:room])
            self._head_size += min(room, len(text))
            text = text[room:]
        if text:
            self._tail.append(text)
            self._tail_size += len(text)
        while self._tail_size > self._limit // 2:
            too_much = self._tail_size - self._limit // 2
            first = self._tail.popleft()
            if len(first) > too_much:
                self._tail.appendleft(first[too_much:])
            self._tail_size -= min(too_much, len(first))
            self._left_out += min(too_much, len(first))

    @property
    def size(self) -> int:
        """Characters that are kept."""
        return self._head_size + self._tail_size + len(self._line)

    def text(self) -> str:
        """All that is kept; where something was let go, a line says how much."""
        note = f"\n… {self._left_out:,} characters left out …\n" if self._left_out else ""
        return "".join(self._head) + note + "".join(self._tail) + self._line


def cut_text(text: str, limit: int = TEXT_LIMIT) -> str:
    """At most so many characters of a text, its middle left out.

    Examples
    --------
    >>> cut_text("abcdefgh", 4)
    'ab\\n… 4 characters left out …\\ngh'
    """
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n… {len(text) - 2 * half:,} characters left out …\n{text[-half:]}"
