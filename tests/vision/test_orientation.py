"""Photos that lie on their side or upside down."""

import numpy as np
import pytest

from facetraits import Analyzer
from facetraits.vision import orientation
from facetraits.vision.detection import FaceDetector, Found
from tests.photos import FACE_MIDDLE, astronaut, group


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer()


@pytest.mark.parametrize("lies", [90, 180, 270])
def test_a_photo_that_is_not_upright_is_read_as_if_it_were(analyzer, lies):
    photo = astronaut()[:, :440]
    upright = analyzer.analyze(photo)
    reading = analyzer.analyze(orientation.turned(photo, lies))
    assert reading.rotated_deg == 360 - lies
    assert (reading.width, reading.height) == ((440, 512) if lies == 180 else (512, 440))
    (face,), (wanted,) = reading.faces, upright.faces
    assert face.age.value == pytest.approx(wanted.age.value, abs=3)
    assert face.gender.value == wanted.gender.value
    assert face.emotion.dominant == wanted.emotion.dominant
    assert face.unsure == wanted.unsure


@pytest.mark.parametrize("lies", [90, 180, 270])
def test_boxes_and_landmarks_are_in_the_photo_as_it_is(detector, lies):
    photo = astronaut()[:, :440]
    found = detector.find_turned(orientation.turned(photo, lies))
    (face,) = found.faces
    assert (found.count, found.rotated_deg) == (1, 360 - lies)
    x, y = {
        90: (512 - FACE_MIDDLE[1], FACE_MIDDLE[0]),
        180: (440 - FACE_MIDDLE[0], 512 - FACE_MIDDLE[1]),
        270: (FACE_MIDDLE[1], 440 - FACE_MIDDLE[0]),
    }[lies]
    assert face.box.x < x < face.box.x + face.box.width
    assert face.box.y < y < face.box.y + face.box.height
    assert np.abs(face.landmarks - (x, y)).max() < 60
    assert (
        orientation.lean_deg(face.landmarks)
        == pytest.approx(lies if lies <= 180 else lies - 360, abs=20)
        or abs(abs(orientation.lean_deg(face.landmarks)) - 180) < 20
    )


def test_upright_photos_stay_as_they_are(detector, analyzer):
    photo, _ = group(2, 3, 60, 900, 600)
    for picture in (astronaut(), astronaut()[40:220, 140:300], photo):
        assert detector.find_turned(picture).rotated_deg == 0
    assert "rotated_deg" not in analyzer.analyze(astronaut()).to_dict()


@pytest.mark.parametrize("shape", [(1, 1), (30, 2_000), (480, 640)])
def test_nobody_is_no_reason_to_turn(detector, shape):
    assert detector.find_turned(np.full((*shape, 3), 127, np.uint8)) == Found([], 0)


def test_a_clearly_upright_photo_costs_no_search_more(detector):
    (face,) = detector.find(astronaut())
    assert face.score > 0.9
    assert not orientation.is_doubtful([face])


def test_turning_there_and_back_is_nothing():
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    for degrees in orientation.TURNS:
        back = orientation.turned(orientation.turned(picture, degrees), -degrees)
        assert np.array_equal(back, picture)
