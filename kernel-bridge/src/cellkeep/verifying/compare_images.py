"""How different two pictures look, from 0 (the same) to 1.

The mean structural dissimilarity of the two on a grid of at most 256 pixels a side, for red, green and blue apart, of which the largest
counts (in grey alone a red curve and a blue one are nearly the same):

    D = mean over windows of (1 - SSIM) / 2,   SSIM = (2 m1 m2 + c1)(2 s12 + c2) / ((m1² + m2² + c1)(s1² + s2² + c2))

with means m, variances s² and covariance s12 in windows of 8 by 8 pixels, every 4 pixels, c1 = (0.01 · 255)², c2 = (0.03 · 255)²:
Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural similarity", IEEE
Transactions on Image Processing 13(4), 2004, equation 13, with a uniform window in place of the Gaussian. Windows that are plain in both
pictures and equally bright are left out of the mean: of a plot nine tenths are blank paper, which would hide that another curve stands
on it.
"""

from __future__ import annotations

import io
from typing import Any

_SIDE = 256
_WINDOW = 8
_STEP = 4
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
    scale = min(1.0, _SIDE / max(one.size))
    size = tuple(max(_WINDOW, round(side * scale)) for side in one.size)
    before, after = _channels(one, size), _channels(other, size)
    return max(structural_dissimilarity(before[:, :, channel], after[:, :, channel]) for channel in range(3))


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
    similar = (2 * mean1 * mean2 + _C1) * (2 * covariance + _C2) / ((mean1**2 + mean2**2 + _C1) * (var1 + var2 + _C2))
    told = (var1 > _PLAIN) | (var2 > _PLAIN) | (np.abs(mean1 - mean2) > 1)
    return float(np.clip(((1 - similar) / 2)[told].mean(), 0, 1)) if told.any() else 0.0


def _means(picture: Any) -> Any:
    """Of each window, by sums from the corner (summed-area table)."""
    import numpy as np

    sums = np.zeros((picture.shape[0] + 1, picture.shape[1] + 1))
    sums[1:, 1:] = picture.cumsum(0).cumsum(1)
    w = _WINDOW
    total = sums[w:, w:] - sums[:-w, w:] - sums[w:, :-w] + sums[:-w, :-w]
    return total[::_STEP, ::_STEP] / w**2
