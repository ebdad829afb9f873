"""Boxes, landmarks and the similarity transform between two faces.

Coordinates are pixels, x to the right and y down, with (0, 0) at the top left
corner of the top left pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.json_value import JsonValue
from facetraits.reading.units import Px

Landmarks = NDArray[np.float32]
"""(5, 2) float32 pixels: the two eyes, the nose tip and the two mouth corners,
each pair the one at the left of the picture first (YuNet's order)."""


@dataclass(frozen=True, slots=True)
class Box(JsonValue):
    """A rectangle in pixels, from its top left corner.

    Raises:
        ValueError: unless width and height are positive.
    """

    x: Px
    y: Px
    width: Px
    height: Px

    def __post_init__(self) -> None:
        if not (self.width > 0 and self.height > 0):
            raise ValueError(f"a box must have a positive size, not {self.width} x {self.height}")

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def shorter_side(self) -> float:
        return min(self.width, self.height)

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    def contains(self, x: float, y: float) -> bool:
        """Whether a point is in the box or on its edge."""
        return 0 <= x - self.x <= self.width and 0 <= y - self.y <= self.height

    def joined(self, other: Box) -> Box:
        """The smallest box around both."""
        left, top = min(self.x, other.x), min(self.y, other.y)
        right = max(self.x + self.width, other.x + other.width)
        bottom = max(self.y + self.height, other.y + other.height)
        return Box(left, top, right - left, bottom - top)

    def grown(self, factor: float) -> Box:
        """A square with the same center. Its side is ``factor`` times the longer side."""
        side = factor * max(self.width, self.height)
        left = self.x + (self.width - side) / 2
        return Box(left, self.y + (self.height - side) / 2, side, side)

    def scaled(self, factor: float) -> Box:
        """The same box in a picture ``factor`` times as large."""
        return Box(self.x * factor, self.y * factor, self.width * factor, self.height * factor)

    def clipped(self, width: int, height: int) -> Box | None:
        """The part inside a picture of that size in pixels, or None if it is all outside."""
        left, top = max(0.0, self.x), max(0.0, self.y)
        right = min(float(width), self.x + self.width)
        bottom = min(float(height), self.y + self.height)
        if right <= left or bottom <= top:
            return None
        return Box(left, top, right - left, bottom - top)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union of two boxes, 0..1."""
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (a.area + b.area - shared)


def similarity(source: NDArray[np.floating], target: NDArray[np.floating]) -> NDArray[np.float64]:
    """The least-squares similarity (rotation, scale, shift) that maps source to target.

    Args:
        source, target: (n, 2) points, n at least 2, not all equal.

    Returns:
        (2, 3) float64 matrix for ``cv2.warpAffine``. Umeyama 1991 with complex
        numbers, which needs no SVD and cannot mirror. OpenCV's
        ``estimateAffinePartial2D`` looks for outliers and was up to 0.05 px off;
        scikit-image's estimator is exact, but would add SciPy's 113 MB to serving.

    Raises:
        ValueError: if all source points are the same.
    """
    z = source[:, 0] + 1j * source[:, 1].astype(np.float64)
    w = target[:, 0] + 1j * target[:, 1].astype(np.float64)
    spread = z - z.mean()
    energy = float((spread.conj() * spread).real.sum())
    if energy <= 1e-9:
        raise ValueError("a similarity transform needs distinct points")
    a = (spread.conj() * (w - w.mean())).sum() / energy
    b = w.mean() - a * z.mean()
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])
