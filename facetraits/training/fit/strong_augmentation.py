"""Strong, fast augmentation that imitates webcams, phones, and detectors, in gray or color.

Like :mod:`augmentation`, but for pictures with or without colors, and several times faster:
lighting is one lookup table per channel, and noise comes from a precomputed bank.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cache

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels

_BANK_PX = 512
_LEVELS = np.arange(256, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class StrongAugmentation:
    """The strength of each change; zero turns it off.

    Attributes:
        turn_deg, stretch, shift: maximum rotation in degrees, change of the aspect ratio,
            and shift as a share of the side.
        closer, farther: maximum share of the side that is cropped or padded.
        contrast, brightness, gamma: maximum relative change, change in levels, and exponent.
        tint: maximum relative gain of one color over the others.
        gray_share: share of pictures converted to gray.
        coarse_share, jpeg_share, blur_share, noise_share, erase_share: shares of pictures
            that are downsampled, compressed, blurred, noisy, and partly covered.
        least_px: the smallest size for downsampled pictures.
        noise: maximum standard deviation of the noise, in levels.
    """

    turn_deg: float = 12.0
    stretch: float = 0.06
    shift: float = 0.05
    closer: float = 0.24
    farther: float = 0.06
    contrast: float = 0.4
    brightness: float = 35.0
    gamma: float = 0.3
    tint: float = 0.15
    gray_share: float = 0.3
    coarse_share: float = 0.3
    jpeg_share: float = 0.3
    blur_share: float = 0.15
    noise_share: float = 0.3
    erase_share: float = 0.25
    least_px: int = 28
    noise: float = 10.0

    def times(self, strength: float) -> StrongAugmentation:
        """The same kinds of changes, this many times as strong and as frequent."""
        scaled = {
            field.name: strength * getattr(self, field.name)
            for field in fields(self)
            if field.name != "least_px"
        }
        return replace(self, **scaled)


def change(face: Pixels, how: StrongAugmentation, rng: Generator) -> Pixels:
    """(s, s) or (s, s, 3) uint8 → the same shape, augmented at random."""
    face = _move(face, how, rng)
    if rng.random() < how.blur_share:
        face = _blur(face, rng)
    if rng.random() < how.coarse_share:
        face = _coarsen(face, how.least_px, rng)
    face = _light(face, how, rng)
    if rng.random() < how.noise_share:
        face = _add_noise(face, rng.uniform(0, how.noise), rng)
    if face.ndim == 3 and rng.random() < how.gray_share:
        face = as_pixels(cv2.merge([cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)] * 3))
    if rng.random() < how.jpeg_share:
        face = _compress(face, int(rng.integers(25, 90)))
    if rng.random() < how.erase_share:
        face = _cover(face, rng)
    return face


def _move(face: Pixels, how: StrongAugmentation, rng: Generator) -> Pixels:
    """Rotates, crops, stretches, shifts, and mirrors in one warp."""
    side = face.shape[0]
    middle = (side - 1) / 2
    turn = np.deg2rad(rng.uniform(-how.turn_deg, how.turn_deg))
    scale = 1 / (1 - rng.uniform(-how.farther, how.closer))
    stretch = np.exp(rng.uniform(-how.stretch, how.stretch))
    across = scale * stretch * (1 if rng.random() < 0.5 else -1)
    down = scale / stretch
    matrix = np.array(
        [
            [across * np.cos(turn), down * np.sin(turn), 0],
            [-across * np.sin(turn), down * np.cos(turn), 0],
        ]
    )
    # With a tighter crop, a face can also be further off center.
    reach = side * (how.shift + max(0.0, (scale - 1) / 2) * 0.7)
    wanted = middle + rng.uniform(-reach, reach, 2)
    matrix[:, 2] = wanted - matrix[:, :2] @ (middle, middle)
    return as_pixels(
        cv2.warpAffine(
            face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )


def _blur(face: Pixels, rng: Generator) -> Pixels:
    """Out-of-focus blur, or motion blur: averages a line of pixels."""
    side = face.shape[0]
    if rng.random() < 0.5:
        return as_pixels(cv2.GaussianBlur(face, (0, 0), side / 100 * rng.uniform(0.5, 2.0)))
    length = max(3, int(side * rng.uniform(0.03, 0.09)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    half = (length - 1) / 2 * np.array([np.cos(angle), np.sin(angle)])
    first, last = ((length - 1) / 2 + sign * half for sign in (-1, 1))
    cv2.line(kernel, tuple(map(round, first)), tuple(map(round, last)), 1.0)
    return as_pixels(cv2.filter2D(face, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE))


def _coarsen(face: Pixels, least_px: int, rng: Generator) -> Pixels:
    """Imitates a face that was small in its picture."""
    side = face.shape[0]
    # Log-uniform, so that very small ones are not rare.
    small = int(side * (min(least_px, side) / side) ** rng.random())
    down = (cv2.INTER_AREA, cv2.INTER_LINEAR)[int(rng.integers(2))]
    up = (cv2.INTER_LINEAR, cv2.INTER_CUBIC)[int(rng.integers(2))]
    coarse = cv2.resize(face, (small, small), interpolation=down)
    return as_pixels(cv2.resize(coarse, (side, side), interpolation=up))


def _light(face: Pixels, how: StrongAugmentation, rng: Generator) -> Pixels:
    """Gamma, contrast around the midpoint, brightness, and tint: one table per channel."""
    channels = 1 if face.ndim == 2 else face.shape[2]
    middle = float(cv2.mean(face)[0])
    curve = 255 * (_LEVELS / 255) ** np.float32(np.exp(rng.uniform(-how.gamma, how.gamma)))
    gain = np.exp(rng.uniform(-how.contrast, how.contrast))
    curve = (curve - middle) * gain + middle + rng.uniform(-how.brightness, how.brightness)
    tints = np.exp(rng.uniform(-how.tint, how.tint, channels) if channels > 1 else np.zeros(1))
    table = np.clip(curve[:, None] * tints, 0, 255).astype(np.uint8)
    return as_pixels(cv2.LUT(face, table.reshape(256, 1, channels)))


@cache
def _noise_bank() -> NDArray[np.int8]:
    """(512, 512, 3) normal noise with standard deviation 32."""
    noise = np.random.default_rng(0).standard_normal((_BANK_PX, _BANK_PX, 3)) * 32
    return np.clip(noise, -127, 127).astype(np.int8)


def _add_noise(face: Pixels, deviation: float, rng: Generator) -> Pixels:
    bank, side = _noise_bank(), face.shape[0]
    top, left = rng.integers(0, max(1, _BANK_PX - side), 2)
    noise = np.resize(bank[top : top + side, left : left + side], (side, side, 3))
    if face.ndim == 2:
        noise = np.ascontiguousarray(noise[:, :, 0])
    # In half of the cases only in brightness, as after a sensor's own denoising.
    elif rng.random() < 0.5:
        noise = np.repeat(noise[:, :, :1], 3, axis=2)
    lit = cv2.addWeighted(face, 1.0, noise, deviation / 32, 0.0, dtype=cv2.CV_8U)
    return as_pixels(lit)


def _compress(face: Pixels, quality: int) -> Pixels:
    """JPEG artifacts; the channel order does not matter."""
    _, encoded = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, quality])
    flag = cv2.IMREAD_GRAYSCALE if face.ndim == 2 else cv2.IMREAD_COLOR
    return as_pixels(cv2.imdecode(encoded, flag))


def _cover(face: Pixels, rng: Generator) -> Pixels:
    """Imitates a hand, a mask, or hair: a patch of one color or noise (Zhong et al. 2017)."""
    side = face.shape[0]
    height, width = (int(side * rng.uniform(0.1, 0.4)) for _ in range(2))
    top, left = int(rng.integers(0, side - height)), int(rng.integers(0, side - width))
    patch = face[top : top + height, left : left + width]
    if rng.random() < 0.7:
        patch[...] = rng.integers(0, 256, face.shape[2:], np.uint8)
    else:
        patch[...] = rng.integers(0, 256, patch.shape, np.uint8)
    return face
