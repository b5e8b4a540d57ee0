"""What a person hands to ``log``, ``params`` and ``tags``, checked where it is called and made plain.

The rules are the contract's (``schema/src/tracking/run.ts``). A mistake is raised at once, since it stands in the cell that made it;
whatever the server or the network does is never raised.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import SupportsFloat, SupportsIndex, cast

from . import wire

#: ``\w`` is Python's word for letters, digits and _ of every script.
_KEY = re.compile(r"[\w\-. :/@()%+=#,\[\]]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STEP_LIMIT = 2**53 - 1  # beyond it JSON readers lose whole numbers
#: Keys that were found good; a loop uses the same few again and again.
_known: set[str] = set()
_KNOWN_LIMIT = 10_000


def utf16_length(text: str) -> int:
    """Length as the contract counts it: UTF-16 units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def checked_key(key: object, what: str = "key") -> str:
    """The key itself, if it is one.

    Raises
    ------
    TypeError
        It is no string.
    ValueError
        It breaks the contract's rule; the text says which.
    """
    if type(key) is str and key in _known:
        return key
    if not isinstance(key, str):
        raise TypeError(f"a {what} is a string, not {type(key).__name__}: {key!r}")
    if not key or utf16_length(key) > wire.KEY_LIMIT:
        raise ValueError(f"a {what} has 1 to {wire.KEY_LIMIT} characters; this one has {utf16_length(key)}: {key[:60]!r}")
    if not _KEY.fullmatch(key):
        raise ValueError(f"{what} {key!r} may hold letters, digits, spaces and _ - . : / @ ( ) % + = # , [ ] only")
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise ValueError(f"{what} {key!r} is no clean path: no '/' at its ends, no empty part, no '.' and no '..'")
    if len(_known) < _KNOWN_LIMIT:
        _known.add(str(key))
    return str(key)


def checked_name(name: object, what: str) -> str:
    """A name of a run or an experiment without blanks at its ends.

    Raises
    ------
    TypeError, ValueError
        It is no string; it is empty, too long or holds control characters.
    """
    if not isinstance(name, str):
        raise TypeError(f"{what} is a string, not {type(name).__name__}: {name!r}")
    clean = name.strip()
    if not clean or utf16_length(clean) > wire.NAME_LIMIT:
        raise ValueError(f"{what} has 1 to {wire.NAME_LIMIT} characters; this one has {utf16_length(clean)}")
    if _CONTROL.search(clean):
        raise ValueError(f"{what} {clean!r} holds control characters")
    return clean


def checked_step(step: object) -> int:
    """A whole number; numpy's integers are taken too.

    Raises
    ------
    TypeError, ValueError
        It is no whole number; it is beyond 2**53 - 1.
    """
    if isinstance(step, bool):
        raise TypeError("step is a whole number, not a bool")
    try:
        number = operator.index(cast(SupportsIndex, step))
    except TypeError:
        raise TypeError(f"step is a whole number, not {type(step).__name__}: {step!r}") from None
    if abs(number) > _STEP_LIMIT:
        raise ValueError(f"step {number} is beyond ±(2**53 - 1)")
    return number


def checked_number(key: str, value: object) -> float:
    """A float64 from int, float, bool or a scalar of numpy, torch, … (whatever holds a single number).

    Raises
    ------
    TypeError
        It is no single real number.
    ValueError
        It is an int beyond float64.
    """
    if isinstance(value, (str, bytes, bytearray)) or value is None:
        raise TypeError(f"metric {key!r} is {value!r}; metrics are numbers, texts go to cellkeep.params or cellkeep.text")
    if isinstance(value, complex):
        raise TypeError(f"metric {key!r} is complex; log its real and imaginary part as two metrics")
    shape = getattr(value, "shape", None)
    if shape is not None and tuple(shape) not in ((), (1,)):
        raise TypeError(f"metric {key!r} has shape {tuple(shape)}; log a single number such as its mean")
    try:
        item = getattr(value, "item", None)
        plain = item() if callable(item) else value
        if isinstance(plain, (str, bytes, complex)):
            raise TypeError
        return float(cast(SupportsFloat, plain))
    except OverflowError:
        raise ValueError(f"metric {key!r} is an int too large for a float64") from None
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"metric {key!r} is no number but {type(value).__name__}") from None


def flatten(values: object, what: str) -> Iterator[tuple[str, object]]:
    """Pairs of a nested mapping; ``{"train": {"loss": 1}}`` gives ``train/loss``.

    Raises
    ------
    TypeError, ValueError
        It is no mapping; a key breaks its rule.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"{what}s come as a dict such as {{'loss': 0.5}}, not as {type(values).__name__}")
    for key, value in values.items():
        if isinstance(value, Mapping):
            name = checked_key(key, what)
            for inner, found in flatten(value, what):
                yield checked_key(f"{name}/{inner}", what), found
        else:
            yield checked_key(key, what), value


def checked_params(values: object) -> dict[str, str]:
    """Params as text, nested dicts flattened.

    Raises
    ------
    TypeError, ValueError
        It is no mapping, a key breaks its rule or a value is too long.
    """
    return {key: _text("param", key, value, wire.PARAM_VALUE_LIMIT) for key, value in flatten(values, "param")}


def checked_tags(values: object) -> dict[str, str]:
    """Tags from a dict, or from names alone (``["baseline"]`` gives the tag an empty value).

    Raises
    ------
    TypeError, ValueError
        It is neither, a key breaks its rule or a value is too long.
    """
    if isinstance(values, str):
        values = [values]
    if not isinstance(values, Mapping) and isinstance(values, Iterable):
        return {checked_key(key, "tag"): "" for key in values}
    return {key: _text("tag", key, value, wire.TAG_VALUE_LIMIT) for key, value in flatten(values, "tag")}


def checked_notes(text: object) -> str:
    """Markdown of at most 65,536 characters.

    Raises
    ------
    TypeError, ValueError
        It is no string; it is longer.
    """
    if not isinstance(text, str):
        raise TypeError(f"notes are a string of Markdown, not {type(text).__name__}")
    if utf16_length(text) > wire.NOTES_LIMIT:
        raise ValueError(f"notes have at most {wire.NOTES_LIMIT} characters; keep a longer text with cellkeep.text(...)")
    return storable(text)


def storable(text: str) -> str:
    """Text as the database can keep it: no NUL, no half of a surrogate pair."""
    if text.isascii():
        return text.replace("\x00", "\N{REPLACEMENT CHARACTER}") if "\x00" in text else text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _text(what: str, key: str, value: object, limit: int) -> str:
    text = storable(value if isinstance(value, str) else str(value))
    if utf16_length(text) > limit:
        raise ValueError(
            f"{what} {key!r} has {utf16_length(text)} characters; at most {limit} are kept, a longer text goes to cellkeep.text"
        )
    return text


def cut(text: str, limit: int) -> str:
    """At most ``limit`` UTF-16 units; what is too long loses its middle, since both ends tell more."""
    text = storable(text)
    if utf16_length(text) <= limit:
        return text
    half = (limit - 30) // 4 if not text.isascii() else (limit - 30) // 2
    return f"{text[:half]}\n… {len(text) - 2 * half} left out …\n{text[-half:]}" if limit > 60 else text[: limit // 2]


def checked_artifact_path(path: object) -> str:
    """A clean relative POSIX path.

    Raises
    ------
    TypeError, ValueError
        It is no string; it breaks the contract's rule.
    """
    if not isinstance(path, str):
        raise TypeError(f"the name of an artifact is a string, not {type(path).__name__}: {path!r}")
    if not path or utf16_length(path) > wire.ARTIFACT_PATH_LIMIT:
        raise ValueError(f"the name of an artifact has 1 to {wire.ARTIFACT_PATH_LIMIT} characters: {path[:60]!r}")
    if _CONTROL.search(path) or "\\" in path:
        raise ValueError(f"the name of an artifact holds no backslash and no control characters: {path!r}")
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise ValueError(f"the name of an artifact is a clean relative path, without '/' at its ends, '.' and '..': {path!r}")
    return storable(path)
