"""Which parts of a picture are searched, and what comes of it."""

import cv2
import numpy as np
import pytest

from facetraits.reading.geometry import overlap
from facetraits.vision import search
from facetraits.vision.detection import FaceDetector
from tests.photos import FACE_MIDDLE, astronaut, group


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


def holds(face, point):
    box = face.box
    return box.x < point[0] < box.x + box.width and box.y < point[1] < box.y + box.height


@pytest.mark.parametrize("height", [1100, 1600, 2300, 3000, 4000, 6000])
def test_a_large_portrait_is_one_person(detector, height):
    portrait = astronaut()[:400, 60:360]
    scale = height / 400
    enlarged = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    face, *others = detector.find(enlarged)
    assert holds(face, [scale * (FACE_MIDDLE[0] - 60), scale * FACE_MIDDLE[1]])
    # Enlarged cloth may look like a small face; no part of the face may.
    assert not any(overlap(face.box, other.box.grown(2)) for other in others)


@pytest.mark.parametrize("shape", [(12_000, 800), (800, 12_000), (30_000, 1_080)])
@pytest.mark.parametrize("face_px", [40, 180])
def test_faces_along_a_very_long_picture(detector, shape, face_px):
    face = astronaut()[40:220, 140:300]
    small = cv2.resize(face, None, fx=face_px / 90, fy=face_px / 90, interpolation=cv2.INTER_AREA)
    photo = np.full((*shape, 3), 127, np.uint8)
    along = range(300, max(shape) - 500, 1_500)
    for at in along:
        y, x = (at, 100) if shape[0] > shape[1] else (100, at)
        photo[y : y + small.shape[0], x : x + small.shape[1]] = small
    found = detector.find(photo)
    assert len(found) == len(along)
    assert all(face.box.width == pytest.approx(face_px, rel=0.3) for face in found)


def test_faces_between_tiles_and_windows_are_found_once(detector):
    photo, middles = group(8, 12, 70, 3600, 2400)
    found = detector.find(photo)
    seen = [sum(holds(face, middle) for face in found) for middle in middles]
    assert seen.count(1) >= 0.97 * len(middles)
    assert max(seen) == 1
    assert len(found) <= len(middles)


def test_enough_faces_end_the_search():
    sizes = []

    def net(rgb, least_score):
        sizes.append(max(rgb.shape[:2]))
        rows = np.zeros((2, search.SCORE + 1), np.float32)
        rows[:, :4] = [[0, 0, 90, 90], [200, 200, 90, 90]]
        rows[:, 14] = 0.9
        return rows

    photo = np.zeros((3000, 4000, 3), np.uint8)
    assert len(search.search(net, photo, most=2)) == 2
    assert sizes == [640]


def test_nothing_is_searched_finely_without_a_trace():
    seen = []

    def net(rgb, least_score):
        seen.append(rgb.shape[:2])
        return np.empty((0, search.SCORE + 1), np.float32)

    assert len(search.search(net, np.zeros((3000, 4000, 3), np.uint8), most=100)) == 0
    assert seen[0] == (480, 640)
    assert sum(height * width for height, width in seen) < 3_000_000


@pytest.mark.parametrize("length", [50, 801, 992, 993, 1200, 1600, 2049, 30_000])
def test_tiles_cover_everything_and_their_cores_do_not_overlap(length):
    tiles = list(search._tiles(length))
    starts, ends, firsts, lasts = zip(*tiles, strict=True)
    assert starts[0] == 0 and ends[-1] == length
    assert firsts[0] == -np.inf and lasts[-1] == np.inf
    assert firsts[1:] == lasts[:-1]
    assert len({end - start for start, end in zip(starts, ends, strict=True)}) == 1
    for start, end, first, last in tiles:
        assert start == 0 or first - start >= search._TILE_MARGIN_PX - 1
        assert end == length or end - last >= search._TILE_MARGIN_PX - 1


@pytest.mark.parametrize("size", [(4032, 3024), (4031, 3023), (641, 479), (1000, 10)])
@pytest.mark.parametrize("scale", [0.9, 0.5, 0.3, 0.11])
def test_a_picture_that_is_shrunk_is_the_mean_of_its_pixels(size, scale):
    ramp = np.linspace(0, 255, size[0], dtype=np.float32)
    picture = np.repeat(np.tile(ramp, (size[1], 1))[..., None], 3, axis=2).astype(np.uint8)
    small = search.shrunk(picture, scale)
    assert small.shape[1::-1] == tuple(max(1, round(side * scale)) for side in size)
    assert abs(float(small.mean()) - float(picture.mean())) < 2
