"""The bytes of a part: a cell or an output, written so that the kernel and the editor write equal things equally.

The rule stands at the top of ``schema/src/design/snapshot.ts``, its cases in ``test/fixtures/parts.json``, which the editor's side reads
too. Numbers are written as a browser writes them (ECMA-262, Number::toString), since the editor has no other way to.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

_EXACT = 2**53  # beyond it a browser's number is the nearest float64
_text_of = json.JSONEncoder(ensure_ascii=False).encode
_plain_of = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


def cell_part(cell: Mapping[str, Any]) -> str:
    """The text of a cell of nbformat 4, without its id, count and outputs."""
    metadata = {key: value for key, value in _dict(cell.get("metadata")).items() if key != "trusted"}
    attachments = {name: _joined_bundle(bundle) for name, bundle in _dict(cell.get("attachments")).items()}
    return canonical(
        {
            "attachments": attachments,
            "metadata": metadata,
            "source": joined(cell.get("source", "")),
            "type": cell.get("cell_type"),
        }
    )


def output_part(output: Mapping[str, Any]) -> str:
    """The text of an output of nbformat 4, without its count and what is transient.

    Examples
    --------
    >>> output_part({"output_type": "stream", "name": "stdout", "text": ["a", "b"]})
    '{"name":"stdout","output_type":"stream","text":"ab"}'
    """
    part = {key: value for key, value in output.items() if key not in ("execution_count", "transient")}
    if "text" in part:
        part["text"] = joined(part["text"])
    if part.get("output_type") in ("display_data", "execute_result"):
        part["data"] = _joined_bundle(part.get("data"))
        part["metadata"] = _dict(part.get("metadata"))
    return canonical(part)


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces, and nothing escaped that need not be."""
    text = _plain_of(value) if _is_plain(value) else _written(value)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: escaped, in lower case
        text = text.encode("utf-8", "backslashreplace").decode()
    return text


def digest_of(text: str) -> str:
    """SHA-256 (hex) of a part's text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def joined(value: Any) -> Any:
    """In a file a long string may be a list of its lines."""
    return "".join(value) if isinstance(value, list) and all(isinstance(line, str) for line in value) else value


def is_json(media_type: str) -> bool:
    """Whether data of this type are JSON itself, in which a list is a list."""
    return media_type == "application/json" or media_type.endswith("+json")


def _joined_bundle(bundle: Any) -> dict[str, Any]:
    return {kind: data if is_json(kind) else joined(data) for kind, data in _dict(bundle).items()}


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_plain(value: Any) -> bool:
    """Whether Python's own encoder writes it as a browser does: no floats, no great numbers."""
    if isinstance(value, dict):
        return all(_is_plain(inner) for inner in value.values())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    return not isinstance(value, float) and not (isinstance(value, int) and abs(value) > _EXACT)


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{_text_of(key)}:{_written(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, bool) or value is None:
        return _plain_of(value)
    if isinstance(value, int) and abs(value) > _EXACT:
        try:
            value = float(value)
        except OverflowError:
            return "null"
    return number(value) if isinstance(value, float) else _text_of(value)


def number(value: float) -> str:
    """A number as a browser writes it.

    Examples
    --------
    >>> number(1e-7), number(1.0), number(1e21), number(-2.50)
    ('1e-7', '1', '1e+21', '-2.5')
    """
    if not math.isfinite(value):
        return "null"
    if value == 0:
        return "0"
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    return ("-" if value < 0 else "") + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """The digits with the decimal point after so many of them."""
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"
