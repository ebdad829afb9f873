"""How much boxes overlap, for many at once; :func:`geometry.overlap` is for two."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.floating]
"""(n, 4) pixels: x, y, width, height."""


def overlaps(boxes: Boxes, others: Boxes) -> NDArray[np.floating]:
    """Intersection over union, 0..1, of each box with each of the others: (n, m)."""
    first, last = boxes[:, None, :2], boxes[:, None, :2] + boxes[:, None, 2:4]
    start, end = others[None, :, :2], others[None, :, :2] + others[None, :, 2:4]
    shared = np.maximum(np.minimum(last, end) - np.maximum(first, start), 0).prod(axis=2)
    areas = boxes[:, None, 2:4].prod(axis=2) + others[None, :, 2:4].prod(axis=2)
    return np.asarray(shared / np.maximum(areas - shared, np.finfo(shared.dtype).tiny))


def without_overlaps(boxes: Boxes, most: float) -> NDArray[np.intp]:
    """Greedy non-maximum suppression: the boxes to keep, of those given best first.

    Args:
        boxes: best first.
        most: a box that overlaps by more than this with a better one is dropped.

    Returns:
        (k,) indices, in order.
    """
    left = np.arange(len(boxes))
    kept: list[np.intp] = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        left = left[overlaps(boxes[best : best + 1], boxes[left])[0] <= most]
    return np.array(kept, np.intp)
