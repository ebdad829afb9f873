"""Dark, blurred and turned pictures."""

import cv2
import numpy as np
from skimage import data

from facetraits.training.data.datasets import Sample
from facetraits.training.data.faces import Faces
from facetraits.training.evaluation.conditions import conditions, turn
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import sharpness


def portrait():
    """NASA's portrait of Eileen Collins, the face large."""
    gray = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2GRAY)
    return cv2.resize(gray[40:240, 120:320], (200, 200))


def test_the_tenth_that_is_dark_or_blurred_is_found():
    rng = np.random.default_rng(0)
    pixels = rng.integers(90, 200, (200, 48, 48)).astype(np.uint8)
    pixels[:20] //= 4
    pixels[20:40] = [cv2.GaussianBlur(face, (0, 0), 3) for face in pixels[20:40]]
    samples = [Sample(f"FER2013/{i}", "test", None) for i in range(200)]
    found = conditions(Faces(samples, pixels))
    assert set(np.flatnonzero(found["darkest tenth"])) == set(range(20))
    assert set(np.flatnonzero(found["most blurred tenth"])) == set(range(20, 40))
    assert "most turned tenth" not in found  # too small for landmarks


def test_blur_lowers_sharpness_and_light_does_not_change_it_much():
    face = portrait()
    assert sharpness(cv2.GaussianBlur(face, (0, 0), 3)) < sharpness(face) / 4
    assert abs(sharpness((face // 2).astype(np.uint8)) / sharpness(face) - 1) < 0.2


def test_a_face_seen_from_the_side_is_turned():
    face = portrait()
    # Pressing one half of the picture together moves the nose off the middle, as turning does.
    squeezed = np.hstack([cv2.resize(face[:, :95], (45, 200)), face[:, 95:]])
    assert turn(FaceDetector(), squeezed) > turn(FaceDetector(), face) + 0.08
    assert turn(FaceDetector(), np.zeros((200, 200), np.uint8)) == 0.0


def test_a_handful_of_faces_has_no_conditions():
    assert conditions(Faces([], np.zeros((5, 48, 48), np.uint8))) == {}
