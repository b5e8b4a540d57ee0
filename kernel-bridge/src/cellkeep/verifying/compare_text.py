"""Text, after what differs from process to process by its nature is taken out of it.

What is taken out is taken out line by line and in known places alone, for what looks like an address or an id may be a result. Texts are
as large as cells print them, and one line may be all of it: every pattern here takes time in proportion to the text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

#: What may be an id, wherever it stands; it is one after words that say so, or before a folder of MLflow's.
_ID = re.compile(r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:m-)?[0-9a-f]{32})\b")
#: `run 0ab…`, `run_id='0ab…'`, `.../runs/0ab…`, `mlruns/7/0ab…`, and how HTML names the place of a plot.
_BEFORE_ID = re.compile(
    r"(?:\b(?:runs?(?:[ _-]?(?:id|uuid))?|(?:session|execution|trace|model|experiment)[ _-]id)[\"']?[ \t:=/]{1,4}[\"']?"
    r"|\bmlruns/\d{1,20}/|\bid=[\"']|ById\([\"']|Plot\( {0,20}[\"']|\baltair-viz-)\Z",
    re.IGNORECASE,
)
_LONGEST_BEFORE = 40  # characters
#: What is put in place of what, in this order, after whole lines, cells and ids. Most texts have none of the words, and are searched for
#: them alone. The notes of a verdict name them by the last.
_NORMALISED: tuple[tuple[tuple[str, ...], re.Pattern[str], str, str], ...] = (
    (("\x1b[",), re.compile(r"\x1b\[[0-9;?]{0,32}[A-Za-z]"), "", "terminal colours"),
    (
        ("/tmp",),
        re.compile(r"/(?:var/folders/[A-Za-z0-9_+]{1,8}/[A-Za-z0-9_+]{1,64}/T|tmp|var/tmp)/tmp[A-Za-z0-9_]{6,10}"),
        "<temporary>",
        "temporary folders",
    ),
    (
        (" at 0x",),
        re.compile(r"(?:(?<=object at )0x[0-9a-fA-F]{6,16}\b|(?<= at )0x[0-9a-fA-F]{6,16}(?=>|;|, file ))"),
        "0x…",
        "addresses of objects",
    ),
    (("sk-", "T_"), re.compile(r"\bsk-(?:container|estimator|parametric)-id-\d{1,9}|\bT_[0-9a-f]{5}(?=_|\b)"), "<id>", "ids within HTML"),
    (('id="', "(#", '"#'), re.compile(r"(?:(?<=\bid=\")|(?<=url\(#)|(?<=href=\"#))[a-z][0-9a-f]{10}\b"), "<id>", "ids within SVG"),
    (("<dc:date>",), re.compile(r"<dc:date>[^<\n]{1,40}</dc:date>"), "<time>", "times within SVG"),
    (("CPU times", "Wall time", "Compiler"), re.compile(r"(?m)^(?:CPU times|Wall time|Compiler {0,9}):.*$"), "<time>", "timings of %time"),
    (
        (":",),
        re.compile(r"(?m)^\[?\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?"),
        "<time>",
        "times before log lines",
    ),
)
_LINES = ("lines that were overwritten", "addresses of MLflow's pages", "timings of %timeit", "names of cells as files", "ids of runs")
_PAGE = re.compile(r"\W{0,4}View (?:run|experiment|Logged Model)\b")
_TIMEIT = "per loop (mean ± std. dev."
_CELL = re.compile(r"/ipykernel_\d{1,10}/\d{1,20}\.py(?::\d{1,9})?|<ipython-input-\d{1,9}-[0-9a-f]{1,40}>(?::\d{1,9})?")
_ENDS_WORDS = " \t\n\"'(<>"

#: For the notes of a verdict.
NORMALISED = "text is compared without " + ", ".join((*_LINES, *(word for *_, word in _NORMALISED)))


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
    >>> normalise("md5 0123456789abcdef0123456789abcdef of run 0123456789abcdef0123456789abcdef")
    'md5 0123456789abcdef0123456789abcdef of run <id>'
    """
    for folder in folders:
        if len(folder) > 1:
            text = text.replace(folder, "<folder>")
    text = _without_cells("\n".join(line for line in map(_line_at_last, text.split("\n")) if line is not None))
    text = _ID.sub(_known_id, text)
    for words, pattern, into, _ in _NORMALISED:
        if any(word in text for word in words):
            text = pattern.sub(into, text)
    return text


def _known_id(found: re.Match[str]) -> str:
    text, (start, end) = found.string, found.span()
    known = (
        found[0].startswith("m-") or text.startswith("/artifacts", end) or _BEFORE_ID.search(text[max(0, start - _LONGEST_BEFORE) : start])
    )
    return "<id>" if known else found[0]


def _line_at_last(line: str) -> str | None:
    """What a terminal shows of it when it is complete; None where it tells the address of a page."""
    if "\r" in line:
        line = line.rstrip("\r").rpartition("\r")[2]
    if " at: http" in line and _PAGE.match(line):
        return None
    return "<time>" if _TIMEIT in line else line


def _without_cells(text: str) -> str:
    """With ``<cell>`` for the files that cells are to Python: the folder before such a name is sought backwards from it."""
    pieces, done = [], 0
    for found in _CELL.finditer(text):
        before = text[done : found.start()]
        if found[0].startswith("/"):
            word = max(before.rfind(end) for end in _ENDS_WORDS) + 1
            slash = before.find("/", word)
            before = before[:slash] if slash >= 0 else before
        pieces += [before, "<cell>"]
        done = found.end()
    return "".join([*pieces, text[done:]])


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
    before, after = (text.rstrip("\n").split("\n") if text.strip("\n") else [] for text in (was, now))
    # Most lines are equal as they stand, and are not looked at again.
    least = min(len(before), len(after))
    head = next((place for place in range(least) if before[place] != after[place]), least)
    tail = next((place for place in range(least - head) if before[-1 - place] != after[-1 - place]), least - head)
    before, after = (_between(lines, head, tail, folders) for lines in (before, after))
    for place in range(max(len(before), len(after))):
        one = before[place] if place < len(before) else None
        other = after[place] if place < len(after) else None
        if one != other:
            return TextDifference(_line(head + place, one), _line(head + place, other))
    return None


def _between(lines: list[str], head: int, tail: int, folders: tuple[str, ...]) -> list[str]:
    middle = lines[head : len(lines) - tail]
    if not middle:
        return []
    found = normalise("\n".join(middle), folders)
    found = found if tail else found.rstrip("\n")
    # All lines may have been addresses of pages, which leaves none, and not an empty one.
    return found.split("\n") if found or any(line == "" for line in middle) else []


def _line(place: int, text: str | None) -> str:
    return f"line {place + 1}: {text}" if text is not None else f"(ends after {place} lines)"
