"""Dark, blurred and turned faces are doubted; a portrait is not."""

import cv2
import numpy as np
import pytest

from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import reasons_to_doubt as reasons_of_crop
from facetraits.vision.quality import turn
from tests.photos import astronaut


def reasons_to_doubt(image, landmarks, size_px=96, color=True):
    """Those of a face as it is cut for the networks."""
    return reasons_of_crop(fit_face(image, size_px, landmarks, color=color), landmarks)


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
    assert reasons_to_doubt(gray, landmarks, 200, color=False) == ()


@pytest.mark.parametrize("scale", [1, 4, 12])
def test_a_face_out_of_focus_is_blurred_at_any_resolution(landmarks, scale):
    large = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    soft = cv2.GaussianBlur(large, (0, 0), float(np.ptp(landmarks[:, 1])) * 2 * scale * 0.06)
    # A sensor's noise is not sharpness.
    noise = np.random.default_rng(0).normal(0, 12, soft.shape)
    noisy = np.clip(soft + noise, 0, 255).astype(np.uint8) if scale > 4 else soft

    assert reasons_to_doubt(noisy, landmarks * scale) == ("blurred",)
