"""Whether an export answers like its model: labels must be equal but for ties, numbers within the tolerance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..serving.native import Answer


@dataclass
class Comparison:
    """How two answers of the same rows differ.

    Attributes
    ----------
    greatest : float or None
        Greatest ``|a - b| / max(1, |b|)`` of any number; infinite where one is missing and the other is not. None: no numbers.
    row : int or None
        Where that is.
    labels : int
        Rows with another label, those left out in which the best classes are as good as equal.
    label_row : int or None
        The first of them.
    """

    greatest: float | None = None
    row: int | None = None
    labels: int = 0
    label_row: int | None = None

    def is_within(self, tolerance: float) -> bool:
        """Whether that is as good as equal."""
        return self.labels == 0 and (self.greatest is None or self.greatest <= tolerance)


def compare(export: Answer, model: Answer, classes: list[Any] | None, tolerance: float) -> Comparison:
    """The export's answers against the model's.

    Raises
    ------
    ValueError
        They have not the same shape.

    Examples
    --------
    >>> import numpy as np
    >>> compare(Answer([np.array([1.0, 2.5])], None), Answer([np.array([1.0, 2.0])], None), None, 1e-5).greatest
    0.25
    """
    import numpy as np

    if len(export.columns) != len(model.columns) or (export.scores is None) != (model.scores is None):
        raise ValueError(f"it gives {len(export.columns)} outputs, the model {len(model.columns)}")
    found = Comparison()
    ties = _ties(model.scores, tolerance)
    pairs = list(zip(export.columns, model.columns, strict=True))
    if model.scores is not None:
        _numbers(found, export.scores, model.scores)
    for mine, theirs in pairs:
        if mine.shape != theirs.shape:
            raise ValueError(f"it gives an output of shape {mine.shape}, the model {theirs.shape}")
        if classes is None and theirs.dtype.kind in "fiub":
            _numbers(found, mine, theirs)
            continue
        differs = _unequal(mine, theirs) & ~ties if ties is not None else _unequal(mine, theirs)
        found.labels += int(differs.sum())
        if found.label_row is None and differs.any():
            found.label_row = int(np.argmax(differs))
    return found


def _ties(scores: Any, tolerance: float) -> Any:
    import numpy as np

    if scores is None or scores.shape[1] < 2:
        return None
    best = np.sort(scores, axis=1)
    return best[:, -1] - best[:, -2] <= 2 * tolerance


def _unequal(mine: Any, theirs: Any) -> Any:
    import numpy as np

    if theirs.dtype.kind in "fiub" and mine.dtype.kind in "fiub":
        unequal = mine != theirs
    else:
        unequal = np.array([str(a) != str(b) for a, b in zip(mine.reshape(-1), theirs.reshape(-1), strict=True)]).reshape(theirs.shape)
    return unequal.reshape(len(unequal), -1).any(axis=1) if unequal.ndim > 1 else unequal


def _numbers(found: Comparison, mine: Any, theirs: Any) -> None:
    import numpy as np

    if mine.shape != theirs.shape:
        raise ValueError(f"it gives an output of shape {mine.shape}, the model {theirs.shape}")
    a, b = np.asarray(mine, dtype="float64"), np.asarray(theirs, dtype="float64")
    with np.errstate(invalid="ignore", over="ignore"):
        far = np.abs(a - b) / np.maximum(1.0, np.abs(b))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    far = np.where(same, 0.0, np.where(np.isfinite(far), far, np.inf)).reshape(len(a), -1)
    if far.size == 0:
        return
    at = int(np.argmax(far.max(axis=1)))
    greatest = float(far[at].max())
    if found.greatest is None or greatest > found.greatest:
        found.greatest, found.row = greatest, at
