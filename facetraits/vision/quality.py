"""How clearly a face can be seen: brightness, sharpness, and head turn.

Measured on the face in a fixed framing and size, so that serving's doubts and training's
groups of dark, blurred and turned pictures mean the same, whatever the picture's size.
"""

from __future__ import annotations

import cv2
import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Landmarks
from facetraits.vision.crop import fit_face

SIDE_PX = 64

# Where the networks begin to lose accuracy, first of all the baseline's gender network in the dark:
# measured on 250 val pictures made darker and more blurred (docs/experiments.md). Almost none of
# UTKFace's own pictures fall outside these limits.
_DARK_BELOW = 25.0
_BLURRED_BELOW = 0.0125
_PROFILE_ABOVE = 0.35


def brightness(face: Pixels) -> float:
    """(s, s) gray uint8 → its mean brightness, 0..255."""
    return float(face.mean())


def sharpness(face: Pixels) -> float:
    """Variance of the Laplacian divided by that of the picture: small if it is blurred."""
    return float(cv2.Laplacian(face, cv2.CV_64F).var() / (float(face.var()) + 1.0))


def turn(landmarks: Landmarks) -> float:
    """How far the nose is from the midpoint of the eyes, in eye distances: 0 is straight ahead."""
    right_eye, left_eye, nose = landmarks[:3]
    across = left_eye - right_eye
    length = float(np.hypot(*across))
    return abs(float((nose - (right_eye + left_eye) / 2) @ across)) / max(length, 1.0) ** 2


def reasons_to_doubt(crop: Pixels, landmarks: Landmarks) -> tuple[str, ...]:
    """Why the answers about a face should not be relied on: "dark", "blurred", "profile".

    Args:
        crop: (s, s) gray or (s, s, 3) RGB uint8, in the framing "utkface".
        landmarks: the face's landmarks, in the picture's pixels.
    """
    view = view_of(crop)
    reasons = {
        "dark": brightness(view) < _DARK_BELOW,
        "blurred": sharpness(view) < _BLURRED_BELOW,
        "profile": turn(landmarks) > _PROFILE_ABOVE,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def view_of(crop: Pixels) -> Pixels:
    """A face's crop → (64, 64) gray uint8, on which brightness and sharpness are measured."""
    return fit_face(crop, SIDE_PX)
