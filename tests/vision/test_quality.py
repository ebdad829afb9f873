"""Dark, turned, and cut faces are doubted; a portrait is not."""

import cv2
import numpy as np
import pytest

from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import cut_off, turn
from facetraits.vision.quality import reasons_to_doubt as reasons_of_crop
from tests.photos import astronaut


def reasons_to_doubt(image, landmarks, size_px=96, color=True):
    """Those of a face as it is cut for the networks."""
    height, width = image.shape[:2]
    return reasons_of_crop(
        fit_face(image, size_px, landmarks, color=color), landmarks, width, height
    )


@pytest.fixture(scope="module")
def landmarks():
    (face,) = FaceDetector().find(astronaut())
    return face.landmarks


def test_a_portrait_gives_no_reason(landmarks):
    assert reasons_to_doubt(astronaut(), landmarks) == ()


def test_without_light_it_is_dark(landmarks):
    assert reasons_to_doubt(astronaut() // 12, landmarks) == ("dark",)


def test_a_nose_beside_the_eyes_is_a_profile(landmarks):
    turned = landmarks.copy()
    turned[2] = turned[1]
    assert turn(turned) == pytest.approx(0.5)
    assert "profile" in reasons_to_doubt(astronaut(), turned)


def test_gray_pictures_are_measured_as_well(landmarks):
    gray = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    assert reasons_to_doubt(gray, landmarks, 200, color=False) == ()


@pytest.mark.parametrize(("side", "share"), [("mouth", 0.62), ("eyes", 0.38), ("left half", 0.5)])
def test_a_face_at_the_edge_is_cut_off(landmarks, side, share):
    left, top = landmarks.min(0)
    width, height = np.ptp(landmarks, axis=0)
    if side == "mouth":
        picture, moved = astronaut()[: int(top + share * height)], landmarks
    elif side == "eyes":
        first = int(top + share * height)
        picture, moved = astronaut()[first:], landmarks - (0, first)
    else:
        first = int(left + share * width)
        picture, moved = astronaut()[:, first:], landmarks - (first, 0)
    assert "cut_off" in reasons_to_doubt(np.ascontiguousarray(picture), moved.astype(np.float32))


def test_the_share_outside_is_measured(landmarks):
    assert cut_off(landmarks, 512, 512) == pytest.approx(0, abs=1e-6)
    assert cut_off(landmarks - (2000, 0), 512, 512) == 1
    assert 0.4 < cut_off(landmarks - (float(landmarks[2, 0]), 0), 512, 512) < 0.6
