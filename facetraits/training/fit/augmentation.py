"""Random augmentation that imitates webcams, phones, and detectors."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The strength of each change; zero turns it off.

    Attributes:
        turn_deg, zoom, shift: maximum rotation in degrees, and maximum scale change and
            shift as shares of the side.
        contrast, brightness: maximum relative change, and maximum change in gray levels.
        blur_share, coarse_share, erase_share: shares of the pictures that are
            blurred, reduced to a low resolution, or partly covered.
        noise: maximum standard deviation of the sensor noise, in gray levels.
    """

    turn_deg: float = 10.0
    zoom: float = 0.12
    shift: float = 0.06
    contrast: float = 0.35
    brightness: float = 30.0
    blur_share: float = 0.1
    coarse_share: float = 0.15
    erase_share: float = 0.25
    noise: float = 6.0


def augment(pixels: NDArray[np.uint8], how: Augmentation, rng: Generator) -> NDArray[np.uint8]:
    """(n, s, s) gray uint8 → the same shape, each face augmented at random."""
    return np.stack([_augment_one(face, how, rng) for face in pixels])


def _augment_one(face: Pixels, how: Augmentation, rng: Generator) -> Pixels:
    face = _move(face, how, rng)
    if rng.random() < how.coarse_share:
        face = _coarsen(face, rng)
    if rng.random() < how.blur_share:
        face = as_pixels(
            cv2.GaussianBlur(face, (0, 0), face.shape[0] / 100 * rng.uniform(0.5, 2.0))
        )
    face = _light(face, how, rng)
    if rng.random() < how.erase_share:
        _erase(face, rng)
    return face


def _move(face: Pixels, how: Augmentation, rng: Generator) -> Pixels:
    """Rotates, zooms, shifts, and mirrors in one warp."""
    side = face.shape[0]
    middle = (side - 1) / 2
    turn = rng.uniform(-how.turn_deg, how.turn_deg)
    matrix = cv2.getRotationMatrix2D((middle, middle), turn, np.exp(rng.uniform(-1, 1) * how.zoom))
    matrix[:, 2] += rng.uniform(-how.shift, how.shift, 2) * side
    if rng.random() < 0.5:
        matrix = matrix @ np.array([[-1, 0, side - 1], [0, 1, 0], [0, 0, 1]])
    moved = cv2.warpAffine(
        face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return as_pixels(moved)


def _coarsen(face: Pixels, rng: Generator) -> Pixels:
    """Imitates a face that was small in its picture, with JPEG artifacts."""
    side = face.shape[0]
    small = max(16, int(side * rng.uniform(0.3, 0.8)))
    coarse = cv2.resize(face, (small, small), interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))]
    _, encoded = cv2.imencode(".jpg", coarse, quality)
    decoded = as_pixels(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    return as_pixels(cv2.resize(decoded, (side, side), interpolation=cv2.INTER_LINEAR))


def _light(face: Pixels, how: Augmentation, rng: Generator) -> Pixels:
    gain = np.exp(rng.uniform(-how.contrast, how.contrast))
    middle = float(face.mean())
    offset = middle * (1 - gain) + rng.uniform(-how.brightness, how.brightness)
    lit = face.astype(np.float32) * np.float32(gain) + np.float32(offset)
    if how.noise:
        deviation = np.float32(rng.uniform(0, how.noise))
        lit += deviation * rng.standard_normal(face.shape, dtype=np.float32)
    return as_pixels(np.clip(lit, 0, 255))


def _erase(face: Pixels, rng: Generator) -> None:
    """Covers a patch with a single gray level, in place (random erasing, Zhong et al. 2017)."""
    side = face.shape[0]
    height, width = (int(side * rng.uniform(0.1, 0.35)) for _ in range(2))
    top, left = int(rng.integers(0, side - height)), int(rng.integers(0, side - width))
    face[top : top + height, left : left + width] = rng.integers(0, 256)
