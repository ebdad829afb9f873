"""One framing for all data sets."""

import numpy as np
import pytest

from facetraits.training.data import framing
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
    assert cache.of(face, face.load()) == pytest.approx(median_landmarks(48), abs=2.5)
    moved = cache.cut(face, face.load(), 96, color=False)
    found = FaceDetector().find(np.repeat(moved[..., None], 3, axis=2), most=1)
    assert found[0].landmarks == pytest.approx(FRAMINGS["utkface"] * 96, abs=7)


@pytest.mark.parametrize("dataset", ["UTKFace", "FairFace", "APPA-REAL", "LFW"])
@pytest.mark.parametrize("air", [0.0, 0.6])
def test_a_face_of_every_data_set_comes_to_one_framing(cache, dataset, air):
    """A tight chip, a loose one: a data set cannot be told by its framing."""
    (face,) = FaceDetector().find(astronaut())
    grown = face.box.grown(1 + air).clipped(512, 512)
    left, top = int(grown.x), int(grown.y)
    chip = astronaut()[top : int(grown.y + grown.height), left : int(grown.x + grown.width)]
    picture = np.ascontiguousarray(chip)

    found = cache.of(sample(f"{dataset}/a.jpg", picture), picture)

    eyes_apart = float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))
    assert np.abs(found + np.array([left, top]) - face.landmarks).max() < 0.18 * eyes_apart


def test_of_several_faces_the_one_in_the_middle_is_meant(cache):
    picture = np.ascontiguousarray(np.hstack([astronaut()[:300, 100:350]] * 3))
    found = cache.of(sample("APPA-REAL/a.jpg", picture), picture)
    assert 250 < found[:, 0].mean() < 500


def test_a_face_beside_the_middle_is_not_the_one_that_is_meant(cache):
    picture = np.ascontiguousarray(
        np.hstack([astronaut()[:300, 100:350], np.zeros((300, 400, 3), np.uint8)])
    )
    assert cache.of(sample("APPA-REAL/a.jpg", picture), picture) is None


def test_where_no_face_is_found_utkfaces_picture_is_the_face(cache):
    blank = sample("UTKFace/b.jpg", np.full((64, 64, 3), 90, np.uint8))
    assert cache.of(blank, blank.load()) is None
    assert np.array_equal(
        cache.cut(blank, blank.load(), 32, color=True), fit_face(blank.load(), 32, color=True)
    )


def test_where_no_face_is_found_a_photo_is_left_out(cache):
    blank = sample("FairFace/b.jpg", np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(ValueError, match="no face"):
        cache.cut(blank, blank.load(), 32, color=True)


def test_where_nothing_is_found_the_median_stands_in(cache):
    blank = sample("FER2013/b.png", np.full((48, 48), 90, np.uint8))
    assert cache.of(blank, blank.load()) is None
    assert cache.cut(blank, blank.load(), 32, color=False).shape == (32, 32)


def test_the_file_spares_the_second_search(tmp_path, monkeypatch):
    path, face = tmp_path / "landmarks.npz", sample("FER2013/a.png", portrait())
    first = LandmarkCache(path)
    found = first.of(face, face.load())
    assert not path.exists()
    first.save()

    monkeypatch.setattr(framing, "find_landmarks", None)
    assert np.array_equal(LandmarkCache(path).of(face, face.load()), found)


def test_another_picture_of_the_same_name_has_landmarks_of_its_own(cache):
    face = sample("FER2013/a.png", portrait())
    mirrored = np.ascontiguousarray(portrait()[:, ::-1])
    mine = cache.of(face, face.load())
    other = cache.of(sample("FER2013/a.png", mirrored), mirrored)
    assert other[:, 0] == pytest.approx(47 - mine[[1, 0, 2, 4, 3], 0], abs=5)
    assert not np.array_equal(mine, other)


def test_nothing_is_written_where_nothing_was_found(tmp_path):
    LandmarkCache(tmp_path / "landmarks.npz").save()
    assert list(tmp_path.iterdir()) == []


def test_landmarks_far_from_the_median_are_not_believed():
    assert plausible(median_landmarks(48), 48)
    assert not plausible(median_landmarks(48) * 0.5, 48)
    assert not plausible(median_landmarks(48) + 20, 48)
    assert not plausible(median_landmarks(48)[::-1].copy(), 48)
    assert not plausible(np.zeros((5, 2), np.float32), 48)
    assert find_landmarks(FaceDetector(), np.zeros((48, 48), np.uint8)) is None
