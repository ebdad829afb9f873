"""Selects dark, blurred, and turned faces: the most extreme tenth of each."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels
from facetraits.training.data.faces import Faces
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import sharpness
from facetraits.vision.quality import turn as turn_of

_SHARE = 0.1
# From this size up, YuNet's landmarks are accurate enough to measure head rotation.
_LEAST_SIDE_PX = 100
_TOO_FEW = 100

Flags = NDArray[np.bool_]


def conditions(faces: Faces) -> dict[str, Flags]:
    """Condition → (n,) whether each face is in the most extreme tenth."""
    if len(faces) < _TOO_FEW:
        return {}
    brightness = faces.pixels.mean((1, 2))
    found = {
        "darkest tenth": _most(-brightness),
        "most blurred tenth": _most(-np.array([sharpness(face) for face in faces.pixels])),
    }
    if faces.pixels.shape[1] >= _LEAST_SIDE_PX:
        detector = FaceDetector()
        turned = np.array([turn(detector, face) for face in faces.pixels])
        found["most turned tenth"] = _most(turned)
    return found


def turn(detector: FaceDetector, face: Pixels) -> float:
    """How far a data set's face is turned (`quality.turn`); 0 if no face is found."""
    found = detector.find(as_pixels(cv2.cvtColor(face, cv2.COLOR_GRAY2RGB)), most=1)
    return turn_of(found[0].landmarks) if found else 0.0


def _most(values: NDArray[np.float64]) -> Flags:
    chosen = np.zeros(len(values), bool)
    chosen[np.argsort(values)[-max(1, round(len(values) * _SHARE)) :]] = True
    return chosen
