"""A verdict as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator

from ..cli.output import plain
from ..wire import Difference, StoredRun, VerdictFindings

_SHOWN = 20
_WIDE = 100
_ENVIRONMENTS = {
    "same": "this environment, whose packages are the recorded ones",
    "reused": "an environment built before",
    "rebuilt": "an environment built for it",
    "partial": "an environment built for it, in which some packages are others",
    "none": "this environment; the recorded one is not known",
}


def report(run: StoredRun, status: str, findings: VerdictFindings) -> Iterator[str]:
    """Lines; control characters of what cells have printed are taken out."""
    compared = findings["compared"]
    yield plain(f"{status}: {run['name']} ({run['id']})")
    if findings["environment"]:
        yield f"  in {_ENVIRONMENTS[findings['environment']]}"
    counted = [
        f"{compared[what]} {word}"  # type: ignore[literal-required]
        for what, word in (("metrics", "metrics"), ("outputs", "outputs"), ("images", "pictures"), ("predictions", "models' predictions"))
        if compared[what]  # type: ignore[literal-required]
    ]
    yield f"  {findings['executed']} executions; compared: {', '.join(counted) or 'nothing'}"
    error = findings["error"]
    if error is not None:
        where = "" if findings["firstOrder"] is None else f" at execution {findings['firstOrder']}"
        yield plain(f"  failed{where}: {error['name']}: {error['message']}")[:1_000]
    differences = [one for one in findings["differences"] if one["counts"]]
    if differences and findings["firstOrder"] is not None and error is None:
        cell = f", cell {findings['firstCellId']}" if findings["firstCellId"] else ""
        yield plain(f"  first at execution {findings['firstOrder']}{cell}")
    yield from _listed("different", differences)
    yield from _listed("also different, without counting", [one for one in findings["differences"] if not one["counts"]])
    if findings["notes"]:
        yield "  notes"
        yield from (plain(f"    {note}") for note in findings["notes"][:_SHOWN])


def _listed(title: str, differences: list[Difference]) -> Iterator[str]:
    if not differences:
        return
    yield f"  {title}"
    for one in differences[:_SHOWN]:
        apart = "" if one["distance"] is None else f", {float(one['distance']):.3g} apart"
        allowed = "" if one["tolerance"] is None or one["distance"] is None else f" ({one['tolerance']:g} allowed)"
        yield plain(f"    {one['kind']} {one['name']}: {one['was'][:_WIDE]} → {one['now'][:_WIDE]}{apart}{allowed}")
    if len(differences) > _SHOWN:
        yield f"    … and {len(differences) - _SHOWN} more (--json has all)"
