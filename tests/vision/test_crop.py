"""The one function that makes a network's input of a face."""

import cv2
import numpy as np
import pytest

from facetraits.pixels import to_gray
from facetraits.vision.crop import FRAMINGS, fit_face
from facetraits.vision.detection import FaceDetector
from tests.photos import astronaut


def smooth_picture(side=200):
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (12, 12, 3), np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def test_a_crop_is_only_resized():
    picture = smooth_picture()
    fitted = fit_face(picture, 50)
    assert fitted.shape == (50, 50)
    assert fitted.dtype == np.uint8
    expected = cv2.resize(to_gray(picture), (50, 50), interpolation=cv2.INTER_AREA)
    assert np.array_equal(fitted, expected)


def test_gray_stays_gray_in_every_shape():
    gray = to_gray(smooth_picture(48))
    assert np.array_equal(fit_face(gray, 48), gray)
    assert np.array_equal(fit_face(gray[..., None], 48), gray)


@pytest.mark.parametrize("framing", sorted(FRAMINGS))
@pytest.mark.parametrize("size_px", [48, 100, 200])
def test_landmarks_on_the_framing_give_what_the_crop_gives(framing, size_px):
    picture = smooth_picture()
    whole = fit_face(picture, size_px)
    aligned = fit_face(picture, size_px, FRAMINGS[framing] * 200, framing)
    assert np.abs(whole.astype(int) - aligned).mean() < 1.5


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_a_face_pasted_into_a_photo_and_turned_comes_back_upright(scale):
    picture = smooth_picture()
    turn = cv2.getRotationMatrix2D((100, 100), 20, scale)
    turn[:, 2] += 250
    photo = cv2.warpAffine(picture, turn, (900, 900))
    landmarks = FRAMINGS["utkface"] * 200 @ turn[:, :2].T + turn[:, 2]
    back = fit_face(photo, 64, landmarks.astype(np.float32))
    inner = np.s_[4:-4, 4:-4]
    assert np.abs(fit_face(picture, 64)[inner].astype(int) - back[inner]).mean() < 4


def test_a_shrunken_face_is_averaged_and_not_sampled():
    stripes = np.zeros((800, 800), np.uint8)
    stripes[:, ::2] = 255
    fitted = fit_face(stripes, 100, FRAMINGS["utkface"] * 800)
    assert 110 < fitted.mean() < 145
    assert fitted.std() < 20


def test_an_empty_picture_is_refused():
    with pytest.raises(ValueError, match="empty"):
        fit_face(np.zeros((0, 5, 3), np.uint8), 48)


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("scale", [5, 8, 12])
def test_of_a_large_face_every_pixel_counts(color, scale):
    """A face of 600 to 1,500 pixels with a sensor's noise looks like the one without."""
    (face,) = FaceDetector().find(astronaut())
    gray = 64 + astronaut() // 2  # far from black and white, where noise is clipped
    large = cv2.resize(gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    noise = np.random.default_rng(0).normal(0, 30, large.shape)
    noisy = np.clip(large + noise, 0, 255).astype(np.uint8)

    clean = fit_face(large, 96, face.landmarks * scale, color=color).astype(int)
    seen = fit_face(noisy, 96, face.landmarks * scale, color=color).astype(int)
    small = fit_face(gray, 96, face.landmarks, color=color).astype(int)

    # Each of the face's pixels stands for many: their noise is averaged away.
    assert np.abs(seen - clean).mean() < 20 / scale
    assert np.abs(clean - small).mean() < 3


@pytest.mark.parametrize("shift", [(-400, 0), (0, 700), (900, 900)])
def test_a_face_outside_the_picture_is_its_edge(shift):
    (face,) = FaceDetector().find(astronaut())

    crop = fit_face(astronaut(), 32, face.landmarks + np.array(shift, np.float32))

    assert crop.shape == (32, 32)


def test_only_the_face_is_made_gray():
    """A part of a picture is cut as the whole of it is."""
    (face,) = FaceDetector().find(astronaut())
    wide = cv2.copyMakeBorder(astronaut(), 0, 0, 3000, 0, cv2.BORDER_CONSTANT, value=(9, 9, 9))
    moved = face.landmarks + np.array([3000, 0], np.float32)

    expected = fit_face(astronaut(), 96, face.landmarks).astype(int)
    assert np.abs(fit_face(wide, 96, moved) - expected).max() <= 1
