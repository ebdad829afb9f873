"""At which sizes and in which windows a picture is searched."""

import itertools
import tracemalloc

import cv2
import numpy as np
import pytest

from facetraits.paths import Paths
from facetraits.vision import search as search_module
from facetraits.vision.detection import FaceDetector
from facetraits.vision.search import resized, search, windows
from facetraits.vision.yunet import load_yunet
from tests.photos import astronaut, group


@pytest.fixture(scope="module")
def detector():
    return FaceDetector()


class Recorder:
    """YuNet, and the sizes that it was asked to search."""

    def __init__(self):
        self._yunet = load_yunet(Paths.found().models)
        self.sizes = []

    def __call__(self, image, least_score):
        self.sizes.append(image.shape[:2])
        return self._yunet(image, least_score)

    @property
    def pixels(self):
        return sum(height * width for height, width in self.sizes)


def face(width_px):
    """The astronaut's face of about that width, with some air, and where its middle is."""
    scale = width_px / 90
    crop = astronaut()[40:220, 140:300]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(crop, None, fx=scale, fy=scale, interpolation=method), scale * 80, scale * 70


def with_face(picture, width_px, x, y):
    """Puts the middle of a face there."""
    pixels, across, down = face(width_px)
    left, top = round(x - across), round(y - down)
    height, width = pixels.shape[:2]
    picture[top : top + height, left : left + width] = pixels
    return picture


def gray(width, height):
    return np.full((height, width, 3), 120, np.uint8)


def holds(found, x, y):
    box = found.box
    return box.x < x < box.x + box.width and box.y < y < box.y + box.height


@pytest.mark.parametrize("factor", [2.1, 3, 4, 5.5, 7])
def test_one_large_face_is_one_person(detector, factor):
    portrait = cv2.resize(astronaut(), None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)

    (found,) = detector.find(portrait)

    assert holds(found, 220 * factor, 110 * factor)


@pytest.mark.parametrize("share", [0.4, 0.55, 0.7])
def test_a_close_up_of_a_phones_size_is_one_person(detector, share):
    close = cv2.resize(face(share * 3000)[0], (3000, 4000), interpolation=cv2.INTER_CUBIC)

    assert len(detector.find(close)) == 1


@pytest.mark.parametrize("height", [1100, 2300, 6000])
def test_a_large_portrait_without_its_suit_is_one_person(detector, height):
    scale = height / 230
    portrait = cv2.resize(
        astronaut()[:230, 60:360], None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC
    )

    (found,) = detector.find(portrait)

    assert holds(found, scale * 160, scale * 110)


def test_faces_between_tiles_and_fine_windows_are_found_once(detector):
    photo, middles = group(8, 12, 70, 3600, 2400)

    found = detector.find(photo)

    seen = [sum(holds(face, *middle) for face in found) for middle in middles]
    assert seen.count(1) >= 0.97 * len(middles)
    assert max(seen) == 1
    assert len(found) <= len(middles)


@pytest.mark.parametrize("face_px", [40, 120, 250])
@pytest.mark.parametrize("off_px", [-60, -8, 0, 9, 70])
def test_a_face_between_two_windows_is_found_once(detector, face_px, off_px):
    border = windows(1600)[0].core_end
    photo = with_face(gray(1600, 1200), face_px, border + off_px, 600)

    (found,) = detector.find(photo)

    assert holds(found, border + off_px, 600)
    assert found.box.width == pytest.approx(face_px, rel=0.4)


@pytest.mark.parametrize("off_px", [-30, 0, 12])
def test_a_small_face_between_two_fine_windows_is_found_once(detector, off_px):
    border = 5 * 256 * 4000 / 3072
    photo = with_face(gray(4000, 3000), 30, border + off_px, border)

    (found,) = detector.find(photo)

    assert holds(found, border + off_px, border)


def test_a_crowd_far_away_is_found_in_fine_windows():
    photo, middles = group(4, 6, 26, 4000, 3000)
    yunet = Recorder()

    rows = search(yunet, photo, 0.6, 100)

    seen = sum(
        any(x < px < x + w and y < py < y + h for x, y, w, h in rows[:, :4].tolist())
        for px, py in middles
    )
    assert seen >= 0.9 * len(middles)
    assert all(
        any(x < px < x + w and y < py < y + h for px, py in middles)
        for x, y, w, h in rows[:, :4].tolist()
    )
    assert yunet.pixels < 7_000_000  # with all of it at 3,072 pixels: 10 million


def test_a_phones_portrait_is_not_searched_finely():
    portrait = cv2.resize(astronaut()[:400, :300], (3000, 4000), interpolation=cv2.INTER_CUBIC)
    yunet = Recorder()

    assert len(search(yunet, portrait, 0.6, 100)) >= 1

    assert yunet.pixels < 3_000_000
    assert max(max(size) for size in yunet.sizes) <= 1024


def test_no_finer_search_follows_where_enough_was_found():
    photo, _ = group(2, 3, 300, 4000, 3000)
    yunet = Recorder()

    rows = search(yunet, photo, 0.6, 5)

    assert len(rows) >= 5
    assert yunet.sizes == [(480, 640)]


@pytest.mark.parametrize("turned", [False, True])
def test_a_tall_screenshot_keeps_its_faces(detector, turned):
    rng = np.random.default_rng(2)
    sides = rng.uniform(30, 220, 24)
    size = (12_000, 1080) if turned else (1080, 12_000)
    picture, middles = gray(*size), []
    for number, side in enumerate(sides):
        along, across = 500 * number + 250, float(rng.uniform(220, 860))
        middles.append((along, across) if turned else (across, along))
        with_face(picture, side, *middles[-1])

    found = detector.find(picture)

    assert sum(any(holds(f, *middle) for f in found) for middle in middles) >= 23
    assert len(found) <= len(middles)


def test_a_face_as_wide_as_a_tall_screenshot(detector):
    picture = gray(600, 9000)
    picture[4000:4675] = cv2.resize(face(300)[0], (600, 675), interpolation=cv2.INTER_CUBIC)

    (found,) = detector.find(picture)

    assert holds(found, 300, 4262)


@pytest.mark.parametrize(
    ("width", "height"), [(50_000_000, 1), (100, 300_000), (40_000, 63), (1080, 30_000)]
)
def test_what_is_searched_is_no_larger_than_the_picture(width, height):
    yunet = Recorder()

    assert len(search(yunet, gray(width, height), 0.6, 100)) == 0

    # Thin ones are searched with gray around them.
    assert yunet.pixels <= max(1_500_000, 1.5 * width * height)
    assert max(height * width for height, width in yunet.sizes) <= 1024 * 1024


@pytest.mark.parametrize("length", [1, 640, 992, 993, 1600, 2049, 5000, 99_999])
def test_windows_cover_a_length_and_share_it(length):
    found = windows(length)

    assert (found[0].start, found[-1].end) == (0, length)
    assert found[0].core_start == -np.inf and found[-1].core_end == np.inf
    assert len({window.end - window.start for window in found}) == 1
    assert found[0].end <= 992 + 31
    for before, after in itertools.pairwise(found):
        assert before.core_end == after.core_start
        # A face at the border is in both of them.
        assert before.end - before.core_end >= 95
        assert after.core_start - after.start >= 95


@pytest.mark.parametrize(("scale", "size"), [(1, (333, 501)), (0.4, (133, 200)), (0.1, (33, 50))])
def test_a_resized_picture_has_the_size_and_the_light_of_its_scale(scale, size):
    ramp = np.repeat(np.linspace(0, 250, 501).astype(np.uint8)[None, :, None], 333, 0).repeat(3, 2)

    small = resized(ramp, scale)

    assert small.shape == (*size, 3)
    expected = np.linspace(0, 250, size[1])
    assert np.abs(small[size[0] // 2, :, 0] - expected).max() < 5


def test_comparing_two_searches_of_a_crowd_takes_little_memory():
    rng = np.random.default_rng(6)
    rows = np.zeros((3000, 15), np.float32)
    rows[:, :2] = rng.uniform(0, 5000, (len(rows), 2))
    rows[:, 2:4] = rng.uniform(50, 90, (len(rows), 2))
    coarser = rows[::2] + np.float32(3)
    tracemalloc.start()
    try:
        seen = search_module._seen_by(coarser, rows, 60)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000  # all at once: 200 MB, and of 15,000 faces in a strip 5 GB
    expected = rows[:, 2:4].max(axis=1) < 60
    expected[::2] = True
    found = set(map(tuple, seen[:, :4].tolist()))
    assert set(map(tuple, rows[expected, :4].tolist())) <= found
    assert len(seen) < len(rows)
