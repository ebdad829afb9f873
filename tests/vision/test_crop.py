"""The one function that makes a network's input of a face."""

import cv2
import numpy as np
import pytest

from facetraits.pixels import to_gray
from facetraits.vision.crop import FRAMINGS, fit_face


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
