"""YuNet on real pixels."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from facetraits.reading.geometry import Box, overlap
from facetraits.vision import detection
from facetraits.vision.detection import FaceDetector
from tests.photos import FACE_MIDDLE, astronaut, group


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def holds(face, point):
    box = face.box
    return box.x < point[0] < box.x + box.width and box.y < point[1] < box.y + box.height


def test_the_face_of_a_portrait(detector):
    (face,) = detector.find(astronaut())
    assert holds(face, FACE_MIDDLE)
    assert 60 < face.box.width < 130
    assert face.score > 0.8
    left_eye, right_eye, nose, *mouth = face.landmarks
    assert left_eye[0] < nose[0] < right_eye[0]
    assert all(nose[1] < corner[1] for corner in mouth)


@pytest.mark.parametrize("scale", [0.25, 0.6, 1.7, 4.0])
def test_the_same_face_at_other_sizes(detector, scale):
    resized = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    (face,) = detector.find(resized)
    assert holds(face, [scale * value for value in FACE_MIDDLE])


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 960), (4000, 3000)])
def test_a_group_keeps_its_small_faces(detector, width, height):
    photo, middles = group(3, 5, 44, width, height)
    found = detector.find(photo)
    seen = sum(any(holds(face, middle) for face in found) for middle in middles)
    assert seen >= 0.9 * len(middles)
    assert len(found) == len({round(face.box.x) * 10_000 + round(face.box.y) for face in found})


def test_largest_first_and_no_more_than_asked(detector):
    photo, _ = group(2, 3, 60, 900, 600)
    photo[:512, :512] = astronaut()
    found = detector.find(photo, most=2)
    assert len(found) == 2
    assert holds(found[0], FACE_MIDDLE)
    assert found[0].box.area >= found[1].box.area


def test_a_face_that_fills_the_picture(detector):
    tight = astronaut()[70:165, 180:265]
    (face,) = detector.find(tight)
    assert face.box.x >= 0
    assert face.box.x + face.box.width <= tight.shape[1]
    assert face.box.area > 0.4 * tight.shape[0] * tight.shape[1]


@pytest.mark.parametrize("move", [(0, 0), (25, 10), (-25, -15)])
def test_a_face_near_where_it_was_a_moment_ago(detector, move):
    (face,) = detector.find(astronaut())
    before = Box(face.box.x - move[0], face.box.y - move[1], face.box.width, face.box.height)
    (again,) = detector.find_near(astronaut(), [before])
    for name in ("x", "y", "width", "height"):
        assert getattr(again.box, name) == pytest.approx(getattr(face.box, name), abs=10)
    assert np.abs(again.landmarks - face.landmarks).max() < 10


def test_near_searches_at_the_edge_outside_and_for_two_boxes_of_one_face(detector):
    (face,) = detector.find(astronaut())
    edge = astronaut()[:, int(face.box.x) + 20 :]
    (half_out,) = detector.find_near(edge, [Box(0, face.box.y, 90, 110)])
    assert half_out.box.x >= 0
    assert detector.find_near(astronaut(), [Box(5000, 5000, 50, 50)]) == []
    assert detector.find_near(astronaut(), [Box(400, 400, 60, 60)]) == []
    assert len(detector.find_near(astronaut(), [face.box, face.box.grown(1.2)])) == 1


def test_a_quick_search_finds_the_large_and_a_fine_one_the_small(detector):
    photo, middles = group(2, 3, 60, 1280, 960)
    photo[:512, :512] = astronaut()
    quick, fine = (detector.find_within(photo, px) for px in (160, 1280))
    assert 1 <= len(quick) < len(fine)
    assert len(fine) >= len(middles)
    assert len(detector.find_within(photo, 1280, most=2)) == 2


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (10, 20_000), (3000, 2), (33, 47), (480, 640)]
)
def test_pictures_without_a_face(detector, shape):
    assert detector.find(np.full((*shape, 3), 127, np.uint8)) == []


@pytest.mark.skipif(sys.platform != "linux", reason="counts memory as Linux does")
@pytest.mark.parametrize("shape", [(100, 65_000), (10, 100_000), (1_000_000, 1), (30_000, 1_080)])
def test_a_long_thin_picture_without_a_face_costs_little(shape):
    code = (
        "import resource, sys, numpy as np\n"
        "from facetraits.vision.detection import FaceDetector\n"
        "detector = FaceDetector()\n"
        "image = np.full((int(sys.argv[1]), int(sys.argv[2]), 3), 127, np.uint8)\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert detector.find(image) == []\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    height, width = map(str, shape)

    run = subprocess.run(
        [sys.executable, "-c", code, height, width],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )

    assert int(run.stdout) < 400_000  # kilobytes; with edges of the longer side up to 9 GB


def test_of_a_crowd_of_thousands_the_largest_are_kept():
    rng = np.random.default_rng(4)
    rows = np.zeros((20_000, 15), np.float32)
    rows[:, :2] = rng.uniform(0, 6900, (len(rows), 2))
    rows[:, 2:4] = rng.uniform(20, 40, (len(rows), 2))
    rows[:, 14] = rng.uniform(0.6, 1, len(rows))
    image = np.zeros((7000, 7000, 3), np.uint8)

    faces = detection._faces(rows, image)[:100]

    areas = [face.box.area for face in faces]
    assert len(faces) == 100 and areas == sorted(areas, reverse=True)
    assert areas[-1] > np.sort(rows[:, 2] * rows[:, 3])[-400]


def test_of_faces_found_twice_the_better_scored_stays():
    rng = np.random.default_rng(5)
    rows = np.zeros((300, 15), np.float32)
    rows[:, :2] = rng.uniform(0, 300, (len(rows), 2))
    rows[:, 2:4] = rng.uniform(20, 40, (len(rows), 2))
    rows[:, 14] = rng.uniform(0.6, 1, len(rows))

    faces = detection._faces(rows, np.zeros((400, 400, 3), np.uint8))

    found = [Box(*map(float, row[:4])) for row in rows]
    kept = []
    for index in np.argsort(-rows[:, 14], kind="stable"):
        if all(overlap(found[index], found[other]) < 0.4 for other in kept):
            kept.append(index)
    assert 50 < len(kept) < 290
    assert {face.score for face in faces} == {float(rows[index, 14]) for index in kept}
