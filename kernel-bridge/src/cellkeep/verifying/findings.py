"""What is found while a run is verified: differences, what was compared, and what could not be."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from ..values import cut
from ..wire import NAME_LIMIT, Difference, VerdictFindings
from .errors import Failed

#: Of a run in which everything differs nobody reads more; how many there were is in the notes.
_MOST_DIFFERENCES = 1_000
_MOST_NOTES = 200
_SHOWN = 500  # characters

Kind = Literal["metric", "output", "prediction", "error", "missing", "extra", "environment", "data"]


@dataclass
class Findings:
    """Filled by the steps of a verification."""

    environment: Literal["same", "reused", "rebuilt", "partial", "none"] | None = None
    executed: int = 0
    metrics: int = 0
    outputs: int = 0
    images: int = 0
    predictions: int = 0
    differences: list[Difference] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failure: Failed | None = None
    left_out: int = 0
    drifts: int = 0
    #: Files of runs that were compared.
    files: int = 0
    #: What the original has and could not be compared, with the reason.
    passed_over: list[str] = field(default_factory=list)

    def differ(
        self,
        kind: Kind,
        name: str,
        was: object,
        now: object,
        *,
        order: int | None = None,
        cell_id: str | None = None,
        distance: float | None = None,
        tolerance: float | None = None,
        counts: bool = True,
    ) -> None:
        """Tell a difference; one that does not count explains, and makes no drift."""
        self.drifts += counts
        if len(self.differences) >= _MOST_DIFFERENCES:
            self.left_out += 1
            return
        self.differences.append(
            {
                "kind": kind,
                "name": cut(_storable(name), 1_000),
                "order": order,
                "cellId": cut(cell_id, NAME_LIMIT) if cell_id else None,
                "was": _shown(was),
                "now": _shown(now),
                "distance": _wire(distance),
                "tolerance": tolerance,
                "counts": counts,
            }
        )

    def note(self, text: str) -> None:
        """Tell something once."""
        text = cut(_storable(text), 1_000)
        if text not in self.notes and len(self.notes) < _MOST_NOTES:
            self.notes.append(text)

    def pass_over(self, text: str) -> None:
        """Tell, once, that something of the original could not be compared, and why."""
        self.note(text)
        if len(self.passed_over) < _MOST_NOTES:
            self.passed_over.append(text)

    def conclude(self) -> None:
        """At the end: where nothing at all was compared, nothing is reproduced but what had nothing to compare."""
        compared = self.metrics or self.outputs or self.images or self.predictions or self.files
        if self.failure is not None or self.drifts or compared:
            return
        if not self.passed_over:
            self.note("the run has no metrics and shows nothing; only that its cells ran again was checked")
            return
        reasons = "; ".join(dict.fromkeys(self.passed_over))
        self.differ("missing", "what could be compared", reasons, "nothing could be compared")
        self.note(f"nothing could be compared: {reasons}")

    @property
    def status(self) -> Literal["reproduced", "drifted", "failed"]:
        """The verdict."""
        if self.failure is not None:
            return "failed"
        return "drifted" if self.drifts else "reproduced"

    def first(self) -> tuple[int | None, str | None]:
        """Order and cell of the execution that first differed or failed."""
        places = [(one["order"], one["cellId"]) for one in self.differences if one["counts"] and one["order"] is not None]
        if self.failure is not None and self.failure.order is not None:
            places.append((self.failure.order, self.failure.cell_id))
        return min(places, key=lambda place: place[0] or 0) if places else (None, None)

    def record(self) -> VerdictFindings:
        """As the contract has it."""
        order, cell_id = self.first()
        notes = [*self.notes, *([f"{self.left_out} more differences are not listed"] if self.left_out else [])]
        error: Any = None
        if self.failure is not None:
            failure = self.failure
            error = {
                "name": cut(failure.name, NAME_LIMIT),
                "message": cut(_storable(failure.message), 8_000),
                "traceback": cut(_storable(failure.traceback), 65_536),
            }
        return {
            "environment": self.environment,
            "executed": self.executed,
            "compared": {"metrics": self.metrics, "outputs": self.outputs, "images": self.images, "predictions": self.predictions},
            "differences": self.differences,
            "firstOrder": order,
            "firstCellId": cell_id,
            "error": error,
            "notes": notes,
        }


def _shown(value: object) -> str:
    return cut(_storable(value if isinstance(value, str) else repr(value) if isinstance(value, float) else str(value)), _SHOWN)


def _storable(text: str) -> str:
    """Without what Postgres keeps in no text."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _wire(value: float | None) -> Any:
    if value is None or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
