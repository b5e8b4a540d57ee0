"""What the cells of one kernel show, built from the messages that the kernel sends to the page.

Messages are queued by whoever sends them (a cell pays for one append) and read in the journal's thread. They belong to an execution by the
id of the request that they answer, so that a thread which prints later still prints to its own cell, and a display that a later cell
updates changes where it stands.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

from .canonical import canonical, digest_of, is_json, joined, output_part
from .streams import TEXT_LIMIT, StreamText, cut_text

CELL_LIMIT = 100_000_000
"""Bytes that are kept of one cell's outputs."""
OUTPUTS_LIMIT = 10_000
_TEXT_TYPES = ("text/plain", "text/markdown", "text/latex")  # what may lose its middle and is still what it was


class Output:
    """One output. ``part`` is made when it is asked for and kept until the output changes."""

    def __init__(self, content: dict[str, Any], size: int) -> None:
        self.content = content
        self.size = size
        self.stream: StreamText | None = None
        self._part: tuple[str, str] | None = None

    def write(self, text: str) -> None:
        """A stream goes on."""
        assert self.stream is not None
        self.stream.write(text)
        self.size = self.stream.size
        self._part = None

    def show(self, content: Mapping[str, Any], size: int) -> None:
        """A display shows something else now."""
        self.content.update(data=content.get("data", {}), metadata=content.get("metadata", {}))
        self.size = size
        self._part = None

    def part(self) -> tuple[str, str]:
        """Digest and text."""
        if self._part is None:
            text = clean_output({**self.content, "text": self.stream.text()} if self.stream is not None else self.content)
            assert text is not None
            self._part = digest_of(text), text
        return self._part

    def forget_text(self) -> None:
        """It has been sent: what it is called is enough from now on."""
        if self._part is not None:
            self._part = self._part[0], ""
            if self.stream is None:
                self.content = {"output_type": self.content["output_type"]}


class CellOutputs:
    """Outputs of one execution, in order."""

    def __init__(self) -> None:
        self._items: list[Output] = []
        self._size = 0
        self._clear_next = False
        self._left_out = 0
        self.changed = False

    def take(self, kind: str, content: dict[str, Any], size: int) -> Output | None:
        """Apply a message (its type, content and bytes) and return the display that it has made, if any."""
        self.changed = True
        if kind == "clear_output":
            self._clear_next = bool(content.get("wait"))
            if not self._clear_next:
                self._clear()
            return None
        if self._clear_next:
            self._clear_next = False
            self._clear()
        last = self._items[-1] if self._items else None
        if kind == "stream":
            name, text = str(content.get("name", "stdout")), str(content.get("text", ""))
            if last is not None and last.stream is not None and last.content["name"] == name:
                self._size -= last.size
                last.write(text)
                self._size += last.size
                return None
            item = Output({"output_type": "stream", "name": name}, 0)
            item.stream = StreamText()
            item.write(text)
            self._add(item)
            return None
        if kind == "error":
            self._add(Output({"output_type": "error", **content}, size))
            return None
        display = {"output_type": kind, "data": content.get("data", {}), "metadata": content.get("metadata", {})}
        return self._add(Output(display, size))

    def _clear(self) -> None:
        self._items.clear()
        self._size = self._left_out = 0

    def _add(self, item: Output) -> Output | None:
        if len(self._items) >= OUTPUTS_LIMIT - 1 or self._size + item.size > CELL_LIMIT:
            self._left_out += 1
            return None
        self._items.append(item)
        self._size += item.size
        return item

    def __iter__(self) -> Iterator[Output]:
        yield from self._items
        if self._left_out:
            note = f"… {self._left_out:,} outputs left out: a cell keeps {OUTPUTS_LIMIT:,} of them and {CELL_LIMIT:,} bytes …"
            yield Output({"output_type": "display_data", "data": {"text/plain": note}, "metadata": {}}, len(note))


def clean_output(output: Any) -> str | None:
    """The part of an output that a notebook or a kernel has given, in a form that nbformat knows; None where it is no output at all."""
    kind = output.get("output_type") if isinstance(output, dict) else None
    if kind == "stream":
        text = joined(output.get("text", ""))
        shown = text if isinstance(text, str) else canonical(text)
        return output_part({"output_type": kind, "name": str(output.get("name") or "stdout"), "text": cut_text(shown)})
    if kind == "error":
        lines = output.get("traceback")
        told = {name: cut_text(str(output.get(name) or "")) for name in ("ename", "evalue")}
        kept = [cut_text(str(line)) for line in (lines if isinstance(lines, list) else [])]
        return output_part({"output_type": kind, **told, "traceback": kept})
    if kind not in ("display_data", "execute_result"):
        return None
    data, metadata = output.get("data"), output.get("metadata")
    texts = {name: value if is_json(name) else _as_text(value) for name, value in (data if isinstance(data, dict) else {}).items()}
    return output_part(within_limits({"output_type": kind, "data": texts, "metadata": metadata if isinstance(metadata, dict) else {}}))


def _as_text(value: Any) -> str:
    text = joined(value)
    if isinstance(text, bytes):
        return base64.b64encode(text).decode()
    return text if isinstance(text, str) else canonical(text)


def within_limits(output: dict[str, Any], limit: int = TEXT_LIMIT) -> dict[str, Any]:
    """An output whose texts are no longer than that: plain ones lose their middle, others (HTML, JSON, SVG) go and leave a note."""
    data = output.get("data")
    if not isinstance(data, dict):
        return output
    kept: dict[str, Any] = {}
    notes = []
    for kind, value in data.items():
        text = joined(value)
        if isinstance(text, str) and (len(text) <= limit or kind.startswith(("image/png", "image/jpeg", "image/gif", "image/webp"))):
            kept[kind] = value
        elif isinstance(text, str) and kind in _TEXT_TYPES:
            kept[kind] = cut_text(text, limit)
        elif isinstance(text, str) or (is_json(kind) and len(canonical(text)) > limit):
            size = len(text) if isinstance(text, str) else len(canonical(text))
            notes.append(f"… {kind} of {size:,} characters left out …")
        else:
            kept[kind] = value
    if notes:
        plain = kept.get("text/plain")
        kept["text/plain"] = "\n".join([*([plain] if isinstance(plain, str) else []), *notes])
    return {**output, "data": kept}
