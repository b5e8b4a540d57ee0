"""JSON, value by value: numbers within a tolerance, text without what differs from process to process."""

from __future__ import annotations

import json
from typing import Any

from .compare_numbers import Tolerance
from .compare_text import compare_text

_SHORT = 200


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
