"""Photos that are sideways or upside down although their EXIF block does not say so."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box, Landmarks
from facetraits.reading.model import FoundFace
from facetraits.vision.yunet import SCORE, Rows

TURNS = (0, 90, 180, 270)
"""Clockwise rotations, in degrees."""

# Of 450 pictures of faces (LFW, FairFace, APPA-REAL, train), 4% have no face scored above this
# when upright, and 96% when upside down. YuNet takes an upside-down face's forehead for its
# mouth, so the face does not seem tilted.
_UPRIGHT_SCORE = 0.9
_UPRIGHT_LEAN_DEG = 50.0
# After rotation, the best face must score at least this much, and the sum of squared scores must
# be at least this many times as high: none of the 450 upright photos is rotated.
_CLEAR_SCORE = 0.8
_CLEAR_FACTOR = 1.1


def is_doubtful(faces: Sequence[FoundFace]) -> bool:
    """Whether a photo may not be upright: it has no face, or its best one scores low or tilts."""
    best = max(faces, key=lambda face: face.score, default=None)
    if best is None or best.score < _UPRIGHT_SCORE:
        return True
    return abs(lean_deg(best.landmarks)) > _UPRIGHT_LEAN_DEG


def lean_deg(landmarks: Landmarks) -> float:
    """A face's clockwise tilt, -180..180 degrees, from its eyes' midpoint to its mouth's."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    right, down = mouth - eyes
    return math.degrees(math.atan2(-right, down))


def clearest(rows: Mapping[int, Rows]) -> int:
    """Detections at each rotation → the rotation that makes the photo upright, or 0.

    Scores are squared and summed, so that a few certain faces count for more than many
    doubtful ones.
    """
    sums = {degrees: float((found[:, SCORE] ** 2).sum()) for degrees, found in rows.items()}
    best = max(sums, key=lambda degrees: sums[degrees])
    clear = sums[best] >= _CLEAR_FACTOR * sums[0] and rows[best][:, SCORE].max(initial=0) >= (
        _CLEAR_SCORE
    )
    return best if clear else 0


def turned(image: Pixels, degrees: int) -> Pixels:
    """The picture, rotated clockwise by 0, 90, 180 or 270 degrees."""
    return np.ascontiguousarray(np.rot90(image, -degrees // 90))


def turned_back(face: FoundFace, image: Pixels, degrees: int) -> FoundFace:
    """Maps a face found in the rotated picture back to the original one.

    Args:
        face: a face in pixels of ``turned(image, degrees)``.
        image: the original picture.
        degrees: the clockwise rotation, as in :func:`turned`.
    """
    height, width = image.shape[:2]
    corners = np.array(
        [
            [face.box.x, face.box.y],
            [face.box.x + face.box.width, face.box.y + face.box.height],
        ]
    )
    (x, y), (right, bottom) = np.sort(_back(corners, width, height, degrees), axis=0).tolist()
    return replace(
        face,
        box=Box(x, y, right - x, bottom - y),
        landmarks=_back(face.landmarks, width, height, degrees).astype(np.float32),
    )


def _back(points: Landmarks, width: int, height: int, degrees: int) -> Landmarks:
    x, y = points.T
    turned_points = {
        0: (x, y),
        90: (y, height - x),
        180: (width - x, height - y),
        270: (width - y, x),
    }
    return np.stack(turned_points[degrees], axis=1)
