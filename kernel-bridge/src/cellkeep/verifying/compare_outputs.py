"""Outputs of one execution, as they were and as they are: streams by name, displays and results one by one, each by its richest form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..snapshots.canonical import digest_of, output_part
from ..wire import StoredExecution, Tolerances
from .compare_images import NoImage, image_distance
from .compare_numbers import Tolerance
from .compare_tables import compare_tables, read_html
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
            self.findings.note(f"{_number(original)}: some of its outputs are not on the server and were not compared")
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
        self.findings.outputs += 1
        if was["output_type"] == "error" or now["output_type"] == "error":
            return  # told by whoever executes: it is expected, or the end
        before, after = was.get("data", {}), now.get("data", {})
        if any(media in before for media in _NOT_COMPARED):
            self.findings.note(f"{_number(original)}: widgets and JavaScript are not compared")
            return
        for media in (*_PICTURES, "image/svg+xml"):
            if media in before and media in after:
                self._picture(original, media, before[media], after[media])
                return
        if "text/html" in before and "text/html" in after:
            self._html(original, str(before["text/html"]), str(after["text/html"]))
            return
        for media in sorted(before.keys() & after.keys()):
            if media.endswith("json"):
                self._json(original, media, before[media], after[media])
                return
        for media in ("text/markdown", "text/latex", "text/plain"):
            if media in before and media in after:
                self._text(original, media, str(before[media]), str(after[media]))
                return
        self._differ(original, "output", _brief(was), _brief(now))

    def _picture(self, original: StoredExecution, kind: str, was: Any, now: Any) -> None:
        self.findings.images += 1
        if was == now:
            return
        if kind == "image/svg+xml":
            self._text(original, kind, str(was), str(now))
            return
        allowed = self.tolerances["images"]
        try:
            apart = image_distance(base64.b64decode(str(was)), base64.b64decode(str(now)))
        except (NoImage, binascii.Error) as error:
            self.findings.note(str(error))
            apart = 1.0
        if apart > allowed:
            self._differ(original, kind, "the picture as it was", "another picture", distance=apart, tolerance=allowed)

    def _html(self, original: StoredExecution, was: str, now: str) -> None:
        one, other = read_html(was), read_html(now)
        if one is None or other is None:
            self._text(original, "text/html", was, now)
            return
        found = compare_tables(one.table, other.table, self._general, self.folders)
        if found is not None:
            self._differ(original, "table", found.was, found.now, distance=found.distance, tolerance=self._general.relative)
        self._text(original, "text beside the table", one.text, other.text)
        self._text(original, "images beside the table", "\n".join(one.images), "\n".join(other.images))

    def _json(self, original: StoredExecution, kind: str, was: Any, now: Any) -> None:
        found = first_json_difference(was, now, self._general)
        if found is not None:
            self._differ(original, kind, *found)

    def _text(self, original: StoredExecution, kind: str, was: str, now: str) -> None:
        difference = compare_text(was, now, self.folders)
        if difference is not None:
            self._differ(original, kind, difference.was, difference.now)

    @property
    def _general(self) -> Tolerance:
        return Tolerance(self.tolerances["relative"], self.tolerances["absolute"])

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


def first_json_difference(was: Any, now: Any, tolerance: Tolerance, path: str = "") -> tuple[str, str] | None:
    """Place and values of the first difference; numbers are compared within the tolerance.

    Examples
    --------
    >>> first_json_difference({"data": [{"y": [1, 2]}]}, {"data": [{"y": [1, 3]}]}, Tolerance(1e-9, 0))
    ('.data[0].y[1]: 2', '.data[0].y[1]: 3')
    """
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}, key=str):
            if key not in was or key not in now:
                return f"{path}.{key}: {_json(was.get(key))}", f"{path}.{key}: {_json(now.get(key))}"
            found = first_json_difference(was[key], now[key], tolerance, f"{path}.{key}")
            if found is not None:
                return found
        return None
    if isinstance(was, list) and isinstance(now, list):
        if len(was) != len(now):
            return f"{path}: {len(was)} items", f"{path}: {len(now)} items"
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            found = first_json_difference(one, other, tolerance, f"{path}[{place}]")
            if found is not None:
                return found
        return None
    if _is_number(was) and _is_number(now):
        same = tolerance.allows(float(was), float(now))
    elif isinstance(was, str) and isinstance(now, str):
        same = compare_text(was, now) is None
    else:
        same = was == now
    return None if same else (f"{path}: {_json(was)}", f"{path}: {_json(now)}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHORT else text[:_SHORT] + "…"


def _number(execution: StoredExecution) -> str:
    count = execution["executionCount"]
    return f"In[{count}]" if count is not None else f"execution {execution['order']}"


def _brief(output: Output | None) -> str:
    if output is None:
        return "nothing"
    data = output.get("data", {})
    text = data.get("text/plain")
    return str(text)[:_SHORT] if text else ", ".join(sorted(data)) or str(output.get("output_type"))
