"""Pictures as arrays, and their two color spaces: RGB and gray, uint8."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(h, w, 3) RGB or (h, w) gray, 0..255."""


def as_pixels(array: Any) -> Pixels:
    """What OpenCV returns, as the uint8 that it is; nothing is copied."""
    return np.asarray(array, np.uint8)


def to_gray(image: Pixels) -> Pixels:
    """(h, w, 3) RGB or (h, w) or (h, w, 1) gray uint8 → (h, w) gray uint8."""
    if image.ndim == 2:
        return image
    if image.shape[2] == 1:
        return image[:, :, 0]
    return as_pixels(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))


def to_rgb(image: Pixels) -> Pixels:
    """(h, w, 3) RGB or (h, w) or (h, w, 1) gray uint8 → (h, w, 3) RGB uint8."""
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    return as_pixels(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB))
