"""Figures as they are compared: what a person reads differently differs, what a renderer draws a little differently does not."""

from __future__ import annotations

import io
import time
from typing import Any

import numpy as np
import pytest

from cellkeep.verifying.compare_images import image_distance

USUAL = 0.02  # the contract's default


def figure(title: str = "AUC 0.913", legend: str = "loss 0.31", hinting: str | None = None, moved: float = 0.0, dpi: int = 100) -> bytes:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    rendering: Any = {"text.hinting": hinting} if hinting else {}
    with mpl.rc_context(rendering):
        drawn, axes = plt.subplots(dpi=dpi)
        x = np.linspace(0, 10, 200)
        axes.plot(x, np.sin(x), label=legend)
        axes.legend()
        axes.set_title(title, x=0.5 + moved / 496)  # pixels: the axes are that wide
        buffer = io.BytesIO()
        drawn.savefig(buffer, format="png")
        plt.close(drawn)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "again",
    [{}, {"hinting": "none"}, {"moved": 0.25}, {"moved": 0.5}, {"moved": 1.0}],
    ids=["as it was", "other hinting", "a quarter of a pixel", "half a pixel", "a pixel"],
)
def test_a_figure_that_is_drawn_again_is_the_same(again: dict[str, Any]) -> None:
    assert image_distance(figure(), figure(**again)) < USUAL


@pytest.mark.parametrize(
    "other",
    [{"title": "AUC 0.751"}, {"title": "AUC 0.914"}, {"title": "AUC 0.918"}, {"legend": "loss 0.37"}, {"legend": "loss 0.81"}],
    ids=lambda other: next(iter(other.values())),
)
def test_a_figure_in_which_a_digit_is_another_one_differs(other: dict[str, Any]) -> None:
    assert image_distance(figure(), figure(**other)) > USUAL


def test_a_large_picture_in_which_everything_differs_is_told_in_a_few_seconds() -> None:
    from PIL import Image

    def noise(seed: int) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(np.random.default_rng(seed).integers(0, 255, (1500, 2000, 3), dtype=np.uint8)).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    was, now = noise(1), noise(2)
    began = time.process_time()
    assert image_distance(was, now) > USUAL
    assert time.process_time() - began < 5
