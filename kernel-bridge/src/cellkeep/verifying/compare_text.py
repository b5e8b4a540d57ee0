"""Text, after what differs from process to process by its nature is taken out of it."""

from __future__ import annotations

import re
from typing import NamedTuple

#: What is put in place of what, in this order. README and the notes of a verdict name them by the third word.
_NORMALISED: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), "", "terminal colours"),
    (re.compile(r"[^\n\r]*\r(?!\n)"), "", "lines that were overwritten"),
    (re.compile(r"(?m)^.*(?:View run|View experiment|View Logged Model)\b.* at: \S+\n?"), "", "addresses of MLflow's pages"),
    (re.compile(r"/\S*?/ipykernel_\d+/\d+\.py(?::\d+)?|<ipython-input-\d+-[0-9a-f]+>(?::\d+)?"), "<cell>", "names of cells as files"),
    (re.compile(r"/(?:var/folders/\S+?/T|tmp|var/tmp)/tmp[A-Za-z0-9_]{6,10}"), "<temporary>", "temporary folders"),
    (re.compile(r"\b0x[0-9a-fA-F]{6,16}\b"), "0x…", "addresses in memory"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b(?:m-)?[0-9a-f]{32}\b"), "<id>", "random ids"),
    (re.compile(r"\b(?:sk-(?:container|estimator|parametric)-id-\d+)|\bT_[0-9a-f]{5}(?=_|\b)"), "<id>", "ids within HTML"),
    (re.compile(r"(?m)^(?:CPU times|Wall time|Compiler *):.*$"), "<time>", "timings of %time"),
    (re.compile(r"(?m)^.*\bper loop \(mean ± std\. dev\..*$"), "<time>", "timings of %timeit"),
    (re.compile(r"(?m)^\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?\]?"), "<time>", "times before log lines"),
)

#: For the notes of a verdict.
NORMALISED = "text is compared without " + ", ".join(word for _, _, word in _NORMALISED)


def normalise(text: str, folders: tuple[str, ...] = ()) -> str:
    """The text without what differs from process to process.

    Parameters
    ----------
    text
        What was shown.
    folders
        Working folders of the two executions, the longer first; each becomes ``<folder>``.

    Examples
    --------
    >>> normalise("<Forest at 0x7f3a12345678>\\nCPU times: user 3 ms")
    '<Forest at 0x…>\\n<time>'
    >>> normalise("/tmp/ipykernel_77/12.py:3: UserWarning: /home/me/work/a.csv", ("/home/me/work",))
    '<cell>: UserWarning: <folder>/a.csv'
    """
    for folder in folders:
        if len(folder) > 1:
            text = text.replace(folder, "<folder>")
    for pattern, into, _ in _NORMALISED:
        text = pattern.sub(into, text)
    return text


class TextDifference(NamedTuple):
    """The first lines that differ."""

    was: str
    now: str


def compare_text(was: str, now: str, folders: tuple[str, ...] = ()) -> TextDifference | None:
    """None where they are the same after ``normalise``.

    Examples
    --------
    >>> compare_text("a\\nb", "a\\nc")
    TextDifference(was='line 2: b', now='line 2: c')
    """
    if was == now:
        return None
    before, after = normalise(was, folders).rstrip("\n").split("\n"), normalise(now, folders).rstrip("\n").split("\n")
    if before == after:
        return None
    for place in range(max(len(before), len(after))):
        one = before[place] if place < len(before) else None
        other = after[place] if place < len(after) else None
        if one != other:
            return TextDifference(_line(place, one), _line(place, other))
    return None


def _line(place: int, text: str | None) -> str:
    return f"line {place + 1}: {text}" if text is not None else f"(ends after {place} lines)"
