"""How a frame is shown: turned or mirrored by the display matrix, with square pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np

from facetraits.pixels import Pixels, as_pixels

Matrix = tuple[int, int, int, int]
"""(a, b, c, d): a point (x, y) of the frame as stored is shown at (ax + cy, bx + dy)."""

_UPRIGHT = (1, 0, 0, 1)
# Beyond this, it is a damaged header.
_NARROWEST, _WIDEST = 0.1, 10.0


def display_matrix(frame: av.VideoFrame) -> Matrix:
    """The frame's display matrix, without its shift, which only matters for several videos."""
    side_data: Any = frame.side_data
    for data in side_data:
        if data.type.name == "DISPLAYMATRIX":
            a, b, _, c, d, *_ = np.frombuffer(bytes(data), np.int32).tolist()
            return a, b, c, d
    return _UPRIGHT


def is_on_its_side(matrix: Matrix) -> bool:
    """Whether width and height change places."""
    a, b, _, _ = matrix
    return abs(b) > abs(a)


def turned(pixels: Pixels, matrix: Matrix) -> Pixels:
    """The frame as the display matrix shows it, to the nearest quarter turn, mirrored or not."""
    a, b, c, d = matrix
    right, down = a, d
    if is_on_its_side(matrix):
        pixels, right, down = as_pixels(cv2.transpose(pixels)), c, b
    # OpenCV's codes: 1 for left and right, 0 for up and down, -1 for both.
    flips = {(True, False): 1, (False, True): 0, (True, True): -1}
    flip = flips.get((right < 0, down < 0))
    return pixels if flip is None else as_pixels(cv2.flip(pixels, flip))


def square_size(width: int, height: int, aspect_ratio: Fraction | None) -> tuple[int, int]:
    """A stored frame's size once it is stretched until its pixels are square.

    Args:
        aspect_ratio: of one pixel, its width by its height; None or 0 if unknown.
    """
    ratio = float(aspect_ratio or 1)
    if not _NARROWEST <= ratio <= _WIDEST:
        ratio = 1.0
    return max(1, round(width * ratio)), height
