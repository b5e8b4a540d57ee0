"""Numbers and series of numbers, within tolerances."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ..wire import Tolerances

_DECLARED = "tolerance/"


class Tolerance(NamedTuple):
    """``|now - was| <= absolute + relative * |was|``."""

    relative: float
    absolute: float

    def allows(self, was: float, now: float) -> bool:
        """Whether these are the same. NaN is the same as NaN, an infinity as itself.

        Examples
        --------
        >>> Tolerance(1e-9, 0).allows(1.0, 1.0 + 1e-12), Tolerance(1e-9, 0).allows(1.0, 1.001)
        (True, False)
        >>> Tolerance(0, 0).allows(float("nan"), float("nan")), Tolerance(1, 1).allows(float("nan"), 0.0)
        (True, False)
        """
        if math.isnan(was) or math.isnan(now):
            return math.isnan(was) and math.isnan(now)
        if math.isinf(was) or math.isinf(now):
            return was == now
        return abs(now - was) <= self.absolute + self.relative * abs(was)


def tolerance_of(tolerances: Tolerances, key: str) -> Tolerance:
    """That of one metric, else the general one."""
    own: Mapping[str, object] | None = tolerances["metrics"].get(key)
    if own is not None:
        return Tolerance(float(str(own.get("relative", 0))), float(str(own.get("absolute", 0))))
    return Tolerance(tolerances["relative"], tolerances["absolute"])


def declared(tolerances: Tolerances, tags: Mapping[str, str]) -> tuple[Tolerances, list[str]]:
    """The tolerances with those that a run declares by tags (``tolerance/auc = 1e-3``, relative); what was asked for counts before them.

    Returns
    -------
    tuple
        The tolerances, and the tags that say no number.

    Examples
    --------
    >>> asked = {"relative": 1e-9, "absolute": 0, "metrics": {"loss": {"relative": 0.1}}, "images": 0.02}
    >>> found, wrong = declared(asked, {"tolerance/auc": "1e-3", "tolerance/loss": "1", "tolerance/f1": "small", "team": "a"})
    >>> found["metrics"], wrong
    ({'auc': {'relative': 0.001}, 'loss': {'relative': 0.1}}, ['tolerance/f1'])
    """
    metrics: dict[str, dict[str, object]] = {}
    wrong = []
    for tag, value in tags.items():
        if not tag.startswith(_DECLARED):
            continue
        try:
            relative = float(value)
        except ValueError:
            relative = -1.0
        if 0 <= relative < math.inf:
            metrics[tag[len(_DECLARED) :]] = {"relative": relative}
        else:
            wrong.append(tag)
    return {**tolerances, "metrics": {**metrics, **tolerances["metrics"]}}, wrong


def distance(was: float, now: float) -> float:
    """Relative difference; the absolute one where the original is 0, infinite where only one of them is a number.

    Examples
    --------
    >>> distance(2.0, 3.0), distance(0.0, 0.5), distance(float("nan"), 1.0)
    (0.5, 0.5, inf)
    """
    if math.isnan(was) and math.isnan(now):
        return 0.0
    if not (math.isfinite(was) and math.isfinite(now)):
        return 0.0 if was == now else math.inf
    return abs(now - was) / abs(was) if was else abs(now - was)


Points = Sequence[tuple[int, float]]
"""(step, value), by step."""


class SeriesDifference(NamedTuple):
    """Where two series part, and how far apart they are at most."""

    was: str
    now: str
    distance: float


def compare_series(was: Points, now: Points, tolerance: Tolerance) -> SeriesDifference | None:
    """None where they are the same, point by point."""
    if [step for step, _ in was] != [step for step, _ in now]:
        return SeriesDifference(_told(was), _told(now), math.inf)
    apart = [(place, distance(a, b)) for place, ((_, a), (_, b)) in enumerate(zip(was, now, strict=True)) if not tolerance.allows(a, b)]
    if not apart:
        return None
    step, before = was[apart[0][0]]
    after = now[apart[0][0]][1]
    where = "" if len(was) == 1 else f" at step {step}"
    return SeriesDifference(f"{before!r}{where}", f"{after!r}{where}", max(size for _, size in apart))


def _told(points: Points) -> str:
    return f"{len(points)} points" + (f", steps {points[0][0]} to {points[-1][0]}" if points else "")
