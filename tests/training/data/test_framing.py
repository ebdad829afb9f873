"""One framing for all data sets."""

import numpy as np
import pytest

from facetraits.training.data.datasets import Sample
from facetraits.training.data.framing import (
    LandmarkCache,
    find_landmarks,
    median_landmarks,
    plausible,
)
from facetraits.vision.crop import FRAMINGS, fit_face
from facetraits.vision.detection import FaceDetector
from tests.photos import astronaut


def portrait(side=48):
    """A gray picture in FER2013's framing."""
    (face,) = FaceDetector().find(astronaut())
    return fit_face(astronaut(), side, face.landmarks, "fer2013")


def sample(name, picture):
    return Sample(name, "train", lambda: picture)


@pytest.fixture
def cache(tmp_path):
    return LandmarkCache(tmp_path / "cache" / "landmarks.npz")


def test_a_small_gray_face_comes_to_the_framing(cache):
    face = sample("FER2013/a.png", portrait())
    cache.fill([face], progress=False)
    assert cache.of(face) == pytest.approx(median_landmarks(48), abs=2.5)
    moved = cache.cut(face, face.load(), 96, color=False)
    found = FaceDetector().find(np.repeat(moved[..., None], 3, axis=2), most=1)
    assert found[0].landmarks == pytest.approx(FRAMINGS["utkface"] * 96, abs=7)


def test_a_framed_picture_is_only_resized(cache):
    face = sample("UTKFace/a.jpg", astronaut()[:200, 100:300])
    cache.fill([face], progress=False)
    assert cache.of(face) is None
    assert np.array_equal(
        cache.cut(face, face.load(), 32, color=True), fit_face(face.load(), 32, color=True)
    )


def test_where_nothing_is_found_the_median_stands_in(cache):
    blank = sample("FER2013/b.png", np.full((48, 48), 90, np.uint8))
    cache.fill([blank], progress=False)
    assert cache.of(blank) is None
    assert cache.cut(blank, blank.load(), 32, color=False).shape == (32, 32)


def test_the_file_spares_the_second_search(tmp_path):
    path, asked = tmp_path / "landmarks.npz", []

    def load():
        asked.append(1)
        return portrait()

    face = Sample("FER2013/a.png", "train", load)
    LandmarkCache(path).fill([face], progress=False)
    again = LandmarkCache(path)
    again.fill([face], progress=False)
    assert len(asked) == 1
    assert again.of(face) is not None


def test_landmarks_far_from_the_median_are_not_believed():
    assert plausible(median_landmarks(48), 48)
    assert not plausible(median_landmarks(48) * 0.5, 48)
    assert not plausible(median_landmarks(48) + 20, 48)
    assert not plausible(median_landmarks(48)[::-1].copy(), 48)
    assert not plausible(np.zeros((5, 2), np.float32), 48)
    assert find_landmarks(FaceDetector(), np.zeros((48, 48), np.uint8)) is None
