"""Dark, blurred and turned faces are doubted; a portrait is not."""

import cv2
import numpy as np
import pytest

from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import reasons_to_doubt, turn
from tests.photos import astronaut


@pytest.fixture(scope="module")
def landmarks():
    (face,) = FaceDetector().find(astronaut())
    return face.landmarks


def test_a_portrait_gives_no_reason(landmarks):
    assert reasons_to_doubt(astronaut(), landmarks) == ()


def test_without_light_it_is_dark(landmarks):
    assert reasons_to_doubt(astronaut() // 12, landmarks) == ("dark",)


def test_out_of_focus_it_is_blurred(landmarks):
    side = float(np.ptp(landmarks[:, 1])) * 2
    soft = cv2.GaussianBlur(astronaut(), (0, 0), side * 0.06)
    assert reasons_to_doubt(soft, landmarks) == ("blurred",)


def test_a_nose_beside_the_eyes_is_a_profile(landmarks):
    turned = landmarks.copy()
    turned[2] = turned[1]
    assert turn(turned) == pytest.approx(0.5)
    assert "profile" in reasons_to_doubt(astronaut(), turned)


def test_gray_pictures_are_measured_as_well(landmarks):
    gray = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    assert reasons_to_doubt(gray, landmarks) == ()
