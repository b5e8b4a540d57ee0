"""How different two pictures look, from 0 (the same) to 1.

The mean structural dissimilarity of the two on a grid of at most 256 pixels a side, for red, green and blue apart, of which the largest
counts (in grey alone a red curve and a blue one are nearly the same):

    D = mean over windows of (1 - SSIM) / 2,   SSIM = (2 m1 m2 + c1)(2 s12 + c2) / ((m1² + m2² + c1)(s1² + s2² + c2))

with means m, variances s² and covariance s12 in windows of 8 by 8 pixels, every 4 pixels, c1 = (0.01 · 255)², c2 = (0.03 · 255)²:
Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE
Transactions on Image Processing 13(4), 2004, equation 13, with a uniform window in place of the Gaussian. Windows that are plain in both
pictures and equally bright are left out of the mean: of a plot nine tenths are blank paper, which would hide that another curve stands
on it.

A mean hides what is small: a title that says 0.751 instead of 0.913 is 0.004 by it. So the place that differs most counts beside it, on
a grid of at most 1,024 pixels a side, smoothed by 1/4 1/2 1/4 in both directions, with L the largest over windows of 12 by 12 pixels,
every 4 pixels and each colour, of the least (1 - SSIM) / 2 when the other picture is moved by up to one pixel:

    distance = max(D, 2 L²)

The smoothing and the moves take out what two renderings of one figure differ by. Measured with matplotlib's figures of 640 by 480 pixels:
half a pixel's move of the title makes L 0.06, other hinting of all text 0.07; one digit of the title 0.16, one of the legend 0.12. The
square puts the usual tolerance, 0.02, between them, at L = 0.1.
"""

from __future__ import annotations

import io
from typing import Any

_SIDE = 256
_WINDOW = 8
_STEP = 4
_FINE_SIDE = 1_024
_FINE_WINDOW = 12
#: Windows that are looked at closely; where more differ, those that differ most.
_MOST_WINDOWS = 2_000
_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2
#: Variance below which a window is plain.
_PLAIN = 1.0
#: Sides that differ by more than this share are different pictures, whatever is on them.
_SHAPE = 0.05
#: Pixels beyond which a picture is not opened: a few bytes can say that they are a billion.
_MOST_PIXELS = 100_000_000


class NoImage(ValueError):
    """It cannot be compared as a picture; the text says why."""


def image_distance(was: bytes, now: bytes) -> float:
    """The distance of two encoded pictures (PNG, JPEG, GIF, WebP).

    Raises
    ------
    NoImage
        One cannot be read, or Pillow and numpy are not installed.
    """
    one, other = _opened(was), _opened(now)
    if any(abs(a - b) > _SHAPE * max(a, b) for a, b in zip(one.size, other.size, strict=True)):
        return 1.0
    before, after = (_channels(image, _scaled(one.size, _SIDE, _WINDOW)) for image in (one, other))
    mean = max(structural_dissimilarity(before[:, :, channel], after[:, :, channel]) for channel in range(3))
    before, after = (_channels(image, _scaled(one.size, _FINE_SIDE, _FINE_WINDOW)) for image in (one, other))
    return max(mean, min(1.0, 2 * local_dissimilarity(before, after) ** 2))


def _scaled(size: tuple[int, int], most: int, least: int) -> tuple[int, ...]:
    scale = min(1.0, most / max(size))
    return tuple(max(least, round(side * scale)) for side in size)


def _opened(data: bytes) -> Any:
    try:
        from PIL import Image
    except ImportError as error:
        raise NoImage("comparing pictures needs Pillow and numpy; they are compared as bytes") from error
    try:
        image = Image.open(io.BytesIO(data))
        if image.width * image.height > _MOST_PIXELS:
            raise NoImage(f"a picture of {image.width} by {image.height} pixels is compared as bytes")
        image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:  # what Pillow raises for broken files
        if isinstance(error, NoImage):
            raise
        raise NoImage(f"a picture cannot be read ({type(error).__name__})") from error
    return image


def _channels(image: Any, size: tuple[int, ...]) -> Any:
    """Red, green and blue, ``(height, width, 3) float64``; on white paper, where it is transparent."""
    import numpy as np
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        coloured = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), coloured)
    return np.asarray(image.convert("RGB").resize(size, Image.Resampling.BOX), dtype=np.float64)


def structural_dissimilarity(one: Any, other: Any) -> float:
    """Of two channels, ``(height, width) float64`` from 0 to 255, equally large and at least 8 by 8."""
    import numpy as np

    if np.array_equal(one, other):
        return 0.0
    mean1, mean2 = _means(one), _means(other)
    var1 = np.maximum(_means(one * one) - mean1**2, 0)
    var2 = np.maximum(_means(other * other) - mean2**2, 0)
    covariance = _means(one * other) - mean1 * mean2
    told = (var1 > _PLAIN) | (var2 > _PLAIN) | (np.abs(mean1 - mean2) > 1)
    return float(np.clip(_dissimilar(mean1, mean2, var1, var2, covariance)[told].mean(), 0, 1)) if told.any() else 0.0


def _dissimilar(mean1: Any, mean2: Any, var1: Any, var2: Any, covariance: Any) -> Any:
    similar = (2 * mean1 * mean2 + _C1) * (2 * covariance + _C2) / ((mean1**2 + mean2**2 + _C1) * (var1 + var2 + _C2))
    return (1 - similar) / 2


def local_dissimilarity(one: Any, other: Any) -> float:
    """L of two pictures, ``(height, width, 3) float64`` from 0 to 255, equally large and at least 12 by 12."""
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view

    if np.array_equal(one, other):
        return 0.0
    one, other = _smooth(one), _smooth(other)
    apart = _means(np.abs(one - other).max(axis=2), _FINE_WINDOW)
    chosen = np.argsort(apart, axis=None)[::-1][:_MOST_WINDOWS]
    rows, columns = np.unravel_index(chosen[apart.ravel()[chosen] > 0], apart.shape)
    height, width = one.shape[:2]

    def windows(picture: Any) -> Any:
        every = sliding_window_view(picture, (_FINE_WINDOW, _FINE_WINDOW), axis=(0, 1))
        return every[rows * _STEP, columns * _STEP].reshape(len(rows), 3, _FINE_WINDOW**2)

    before = windows(one)
    mean1 = before.mean(-1)
    before -= mean1[..., None]
    var1 = (before**2).mean(-1)
    edged = np.pad(other, ((1, 1), (1, 1), (0, 0)), mode="edge")
    least = np.full(len(rows), 1.0)
    for move in np.ndindex(3, 3):
        after = windows(edged[move[0] : move[0] + height, move[1] : move[1] + width])
        mean2 = after.mean(-1)
        after -= mean2[..., None]
        found = _dissimilar(mean1, mean2, var1, (after**2).mean(-1), (before * after).mean(-1))
        least = np.minimum(least, found.max(axis=1))
    return float(np.clip(least.max(initial=0.0), 0, 1))


def _smooth(picture: Any) -> Any:
    import numpy as np

    edged = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    rows = edged[:-2] / 4 + edged[1:-1] / 2 + edged[2:] / 4
    return rows[:, :-2] / 4 + rows[:, 1:-1] / 2 + rows[:, 2:] / 4


def _means(picture: Any, window: int = _WINDOW) -> Any:
    """Of each window, by sums from the corner (summed-area table)."""
    import numpy as np

    sums = np.zeros((picture.shape[0] + 1, picture.shape[1] + 1))
    sums[1:, 1:] = picture.cumsum(0).cumsum(1)
    w = window
    total = sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]
    return total[::_STEP, ::_STEP] / w**2
