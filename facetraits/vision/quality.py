"""How well a face can be seen: its light, its sharpness, which way it looks.

Measured on the face in one framing and size, whatever the picture's, so that serving's
doubts and training's groups of dark, blurred and turned pictures mean the same.
"""

from __future__ import annotations

import cv2
import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Landmarks
from facetraits.vision.crop import fit_face

SIDE_PX = 64

# Where the networks begin to lose, the baseline's gender network in the dark first: measured on 250
# val pictures made darker and more blurred (docs/experiments.md). Below or beyond these
# hardly one of UTKFace's own pictures is found.
_DARK_BELOW = 25.0
_BLURRED_BELOW = 0.0125
_PROFILE_ABOVE = 0.35


def brightness(face: Pixels) -> float:
    """(s, s) gray uint8 → its mean level, 0..255."""
    return float(face.mean())


def sharpness(face: Pixels) -> float:
    """Variance of the Laplacian over that of the picture: small where it is blurred."""
    return float(cv2.Laplacian(face, cv2.CV_64F).var() / (float(face.var()) + 1.0))


def turn(landmarks: Landmarks) -> float:
    """How far the nose is from between the eyes, in eye distances: 0 looks straight ahead."""
    right_eye, left_eye, nose = landmarks[:3]
    across = left_eye - right_eye
    length = float(np.hypot(*across))
    return abs(float((nose - (right_eye + left_eye) / 2) @ across)) / max(length, 1.0) ** 2


def reasons_to_doubt(crop: Pixels, landmarks: Landmarks) -> tuple[str, ...]:
    """Why the answers about a face should not be relied on: "dark", "blurred", "profile".

    Args:
        crop: (s, s) gray or (s, s, 3) RGB uint8, cut in the framing "utkface".
        landmarks: the face's, in the picture's pixels.
    """
    view = view_of(crop)
    reasons = {
        "dark": brightness(view) < _DARK_BELOW,
        "blurred": sharpness(view) < _BLURRED_BELOW,
        "profile": turn(landmarks) > _PROFILE_ABOVE,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def view_of(crop: Pixels) -> Pixels:
    """A cut face → (64, 64) gray uint8: what brightness and sharpness are measured on."""
    return fit_face(crop, SIDE_PX)
