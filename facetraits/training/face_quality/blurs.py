"""Blurs faces as lenses, motion, and low resolution do, by a known strength."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

from facetraits.pixels import Pixels, as_pixels

# A disk or a line blurs like a Gaussian of this share of its radius or length: the deviation of
# a disk along one axis is half its radius, that of a line is its length over the root of twelve.
_DISK, _LINE = 0.5, 12**-0.5


def gaussian(face: Pixels, sigma_px: float, rng: Generator) -> Pixels:
    return as_pixels(cv2.GaussianBlur(face, (0, 0), sigma_px))


def defocus(face: Pixels, sigma_px: float, rng: Generator) -> Pixels:
    """A disk, as an open lens makes it."""
    radius = sigma_px / _DISK
    reach = int(np.ceil(radius)) + 1
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    kernel = np.clip(radius + 0.5 - np.hypot(rows, columns), 0, 1)
    return as_pixels(cv2.filter2D(face, -1, kernel / kernel.sum()))


def motion(face: Pixels, sigma_px: float, rng: Generator) -> Pixels:
    """A line in any direction."""
    length = max(1.5, sigma_px / _LINE)
    reach = int(np.ceil(length / 2)) + 1
    angle = rng.uniform(0, np.pi)
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    along = np.abs(columns * np.cos(angle) + rows * np.sin(angle))
    beside = np.abs(rows * np.cos(angle) - columns * np.sin(angle))
    kernel = np.clip(length / 2 + 0.5 - along, 0, 1) * np.clip(1 - beside, 0, 1)
    return as_pixels(cv2.filter2D(face, -1, kernel / kernel.sum()))


def coarse(face: Pixels, sigma_px: float, rng: Generator) -> Pixels:
    """Shrunk and enlarged again: a pixel is about two deviations wide."""
    height, width = face.shape[:2]
    size = (max(4, round(width / (2 * sigma_px))), max(4, round(height / (2 * sigma_px))))
    small = cv2.resize(face, size, interpolation=cv2.INTER_AREA)
    return as_pixels(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))


BLURS: dict[str, Callable[[Pixels, float, Generator], Pixels]] = {
    "gaussian": gaussian,
    "defocus": defocus,
    "motion": motion,
    "coarse": coarse,
}
"""Each takes a picture, the deviation in px of a Gaussian that blurs as much, and a generator."""
