"""What goes wrong in a promotion."""

from __future__ import annotations


class CannotPromote(ValueError):
    """It cannot be promoted as it was asked for; the text says why and what to do. Nothing was changed."""


class ExportDiffers(Exception):
    """An export that does not answer like the model; the text names the greatest difference and its row."""


class Cancelled(Exception):
    """Somebody has stopped it."""
