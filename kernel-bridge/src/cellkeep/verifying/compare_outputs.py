"""Outputs of one execution, as they were and as they are: streams by name, displays and results one by one, each by its richest form."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from ..snapshots.canonical import digest_of, output_part
from ..wire import StoredExecution, Tolerances
from .compare_content import ContentComparer, is_picture
from .compare_text import compare_text
from .findings import Findings, Kind

Output = dict[str, Any]
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
#: What draws itself in a browser, from code or from state that is not in the output.
_NOT_COMPARED = ("application/javascript", "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json")
_SHORT = 200


@dataclass
class OutputComparer:
    """``folders``: working folders of the two executions. ``fetch`` gives an original output by its digest, None where it is gone."""

    findings: Findings
    tolerances: Tolerances
    folders: tuple[str, ...]
    fetch: Callable[[str], Output | None]

    def compare(self, original: StoredExecution, now: Sequence[Output]) -> None:
        """Tell what differs between the recorded outputs of an execution and these."""
        digests = original.get("outputs") or []
        if digests == [digest_of(output_part(output)) for output in now]:
            self.findings.outputs += len(digests)
            self.findings.images += sum(1 for output in now if any(kind in output.get("data", {}) for kind in _PICTURES))
            return
        was = [self.fetch(digest) for digest in digests]
        if any(output is None for output in was):
            self.findings.pass_over(f"{_number(original)}: some of its outputs are not on the server and were not compared")
        before, after = _Parts.of(output for output in was if output is not None), _Parts.of(now)
        for name in ("stdout", "stderr"):
            self._stream(original, name, before.streams.get(name, ""), after.streams.get(name, ""))
        if any(output is None for output in was):
            return
        for place in range(max(len(before.shown), len(after.shown))):
            one = before.shown[place] if place < len(before.shown) else None
            other = after.shown[place] if place < len(after.shown) else None
            self._shown(original, place, one, other)

    def _stream(self, original: StoredExecution, name: str, was: str, now: str) -> None:
        if not was and not now:
            return
        self.findings.outputs += 1
        difference = compare_text(was, now, self.folders)
        if difference is not None:
            # What goes to stderr are warnings and progress: told, but a result it is not.
            self._differ(original, name, difference.was, difference.now, counts=name != "stderr")

    def _shown(self, original: StoredExecution, place: int, was: Output | None, now: Output | None) -> None:
        if was is None or now is None:
            kind: Kind = "missing" if now is None else "extra"
            self.findings.differ(
                kind,
                f"{_number(original)} output {place + 1}",
                _brief(was),
                _brief(now),
                order=original["order"],
                cell_id=original["cellId"],
            )
            return
        if was["output_type"] == "error" and now["output_type"] == "error":
            # Compared, and told, by whoever executes, where the record of the execution has the error.
            self.findings.outputs += original.get("error") is not None
            return
        before, after = was.get("data", {}), now.get("data", {})
        if any(media in before for media in _NOT_COMPARED):
            self.findings.pass_over(f"{_number(original)}: widgets and JavaScript are not compared")
            return
        self.findings.outputs += 1
        media = _compared(before.keys() & after.keys())
        if media is None:
            self._differ(original, "output", _brief(was), _brief(now))
            return
        comparer = ContentComparer(self.findings, self.tolerances, self.folders)
        for found in comparer.compare(media, _content(media, before[media]), _content(media, after[media])):
            self._differ(original, found.part or media, found.was, found.now, distance=found.distance, tolerance=found.tolerance)

    def _differ(self, original: StoredExecution, what: str, was: str, now: str, **more: Any) -> None:
        self.findings.differ("output", f"{_number(original)} {what}", was, now, order=original["order"], cell_id=original["cellId"], **more)


@dataclass
class _Parts:
    streams: dict[str, str]
    shown: list[Output]

    @classmethod
    def of(cls, outputs: Iterable[Output]) -> _Parts:
        parts = cls({}, [])
        for output in outputs:
            if output.get("output_type") == "stream":
                name = str(output.get("name", "stdout"))
                parts.streams[name] = parts.streams.get(name, "") + str(output.get("text", ""))
            else:
                parts.shown.append(output)
        return parts


def _compared(common: AbstractSet[str]) -> str | None:
    """The richest of the media types that both have."""
    data = sorted(media for media in common if media.endswith("json"))
    order = (*_PICTURES, "image/svg+xml", *data, "text/html", "text/markdown", "text/latex", "text/plain")
    return next((media for media in order if media in common), None)


def _content(media: str, value: Any) -> Any:
    if media.endswith("json"):
        return value
    if not is_picture(media):
        return str(value)
    try:
        return base64.b64decode(str(value))
    except binascii.Error:
        return str(value).encode()  # no picture, which is told where it is opened


def _number(execution: StoredExecution) -> str:
    count = execution["executionCount"]
    return f"In[{count}]" if count is not None else f"execution {execution['order']}"


def _brief(output: Output | None) -> str:
    if output is None:
        return "nothing"
    data = output.get("data", {})
    text = data.get("text/plain")
    return str(text)[:_SHORT] if text else ", ".join(sorted(data)) or str(output.get("output_type"))
