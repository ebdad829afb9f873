"""Camera frames made for the benchmark: NASA's portrait of Eileen Collins, moving about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data

from facetraits.pixels import Pixels

SIZE = (640, 480)
# The face with its hair in the 512x512 original: left, top, right, bottom.
_CUT = (120, 0, 340, 240)
_FACE_MIDDLE = (220 - _CUT[0], 115 - _CUT[1])
_FACE_SIDE = 90


@dataclass(frozen=True, slots=True)
class Mover:
    """One face on its way, on an ellipse.

    Attributes:
        face_px: side of the face.
        turns_s: seconds for one round.
        phase: where it begins, 0..1.
        from_s, to_s: it is there from, and until.
    """

    face_px: int
    turns_s: float
    phase: float = 0.0
    from_s: float = 0.0
    to_s: float = 1e9

    def middle(self, at_s: float) -> tuple[float, float]:
        angle = 2 * np.pi * (at_s / self.turns_s + self.phase)
        return SIZE[0] * (0.5 + 0.3 * np.cos(angle)), SIZE[1] * (0.5 + 0.22 * np.sin(angle))


def background(seed: int = 0) -> Pixels:
    """(480, 640, 3) uint8: blurred noise, which costs JPEG about as much as a room does."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 200, (30, 40, 3), np.uint8)
    grain = rng.integers(-2, 3, (SIZE[1], SIZE[0], 1))
    smooth = cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC).astype(np.int16)
    return np.clip(smooth + grain, 0, 255).astype(np.uint8)


def frames(
    movers: list[Mover], seconds: float, fps: float
) -> Iterator[tuple[Pixels, list[tuple[float, float, int]]]]:
    """Each frame, (480, 640, 3) RGB uint8, with the middle and side of each face in it."""
    left, top, right, bottom = _CUT
    person = data.astronaut()[top:bottom, left:right]
    empty = background()
    for number in range(round(seconds * fps)):
        at_s = number / fps
        frame, truth = empty.copy(), []
        for mover in movers:
            if mover.from_s <= at_s < mover.to_s:
                x, y = mover.middle(at_s)
                _paste(frame, person, mover.face_px / _FACE_SIDE, x, y)
                truth.append((x, y, mover.face_px))
        yield frame, truth


def _paste(frame: Pixels, person: NDArray[np.uint8], scale: float, x: float, y: float) -> None:
    matrix = np.array(
        [[scale, 0, x - scale * _FACE_MIDDLE[0]], [0, scale, y - scale * _FACE_MIDDLE[1]]]
    )
    moved = cv2.warpAffine(person, matrix, SIZE, flags=cv2.INTER_AREA)
    there = cv2.warpAffine(np.ones(person.shape[:2], np.uint8), matrix, SIZE) > 0
    frame[there] = moved[there]


def jpegs(seconds: float = 2.0, fps: float = 30.0) -> list[bytes]:
    """A loop of 640x480 JPEGs of about 40 kB with one face of 110 pixels."""
    return [encode(frame) for frame, _ in frames([Mover(110, seconds)], seconds, fps)]


def encode(frame: Pixels) -> bytes:
    bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()
