"""How clearly a face can be seen: brightness, sharpness, head turn, and what the edge cuts off.

Measured on the face in a fixed framing and size, so that serving's doubts and training's
groups of dark, blurred and turned pictures mean the same, whatever the picture's size.
"""

from __future__ import annotations

import cv2
import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Landmarks, similarity
from facetraits.vision.crop import FRAMINGS, fit_face

SIDE_PX = 64

# Where the networks begin to lose accuracy, first of all the baseline's gender network in the dark:
# measured on 250 val pictures made darker and more blurred (docs/experiments.md). Almost none of
# UTKFace's own pictures fall outside these limits.
_DARK_BELOW = 25.0
_PROFILE_ABOVE = 0.35
# From the brows to the lower lip, as left, top, right, and bottom in the framing "utkface".
_CORE = (0.20, 0.15, 0.78, 0.80)
_CUT_OFF_ABOVE = 0.10


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


def cut_off(landmarks: Landmarks, width: int, height: int) -> float:
    """The share of a face, from brows to lower lip, that is outside its picture, 0..1.

    Args:
        landmarks: in pixels of a picture of that width and height.
    """
    left, top, right, bottom = _CORE
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    back = cv2.invertAffineTransform(similarity(landmarks, FRAMINGS["utkface"]))
    core = (corners @ back[:, :2].T + back[:, 2]).astype(np.float32)
    picture = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    inside, _ = cv2.intersectConvexConvex(core, picture)
    return float(1 - inside / cv2.contourArea(core))


def reasons_to_doubt(
    crop: Pixels, landmarks: Landmarks, width: int, height: int
) -> tuple[str, ...]:
    """Why the answers about a face should not be relied on: "cut_off", "dark", "profile".

    Args:
        crop: (s, s) gray or (s, s, 3) RGB uint8, in the framing "utkface".
        landmarks: the face's landmarks, in the picture's pixels.
        width, height: of the picture, in pixels.
    """
    reasons = {
        "cut_off": cut_off(landmarks, width, height) > _CUT_OFF_ABOVE,
        "dark": brightness(view_of(crop)) < _DARK_BELOW,
        "profile": turn(landmarks) > _PROFILE_ABOVE,
    }
    return tuple(reason for reason, applies in reasons.items() if applies)


def view_of(crop: Pixels) -> Pixels:
    """A face's crop → (64, 64) gray uint8, on which brightness and sharpness are measured."""
    return fit_face(crop, SIDE_PX)
