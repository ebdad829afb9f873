"""Pictures made worse, measured as serving measures them."""

import numpy as np
import pytest

from facetraits.reading.geometry import Box
from facetraits.reading.model import FoundFace
from facetraits.training.data.datasets import Sample
from facetraits.vision.quality import brightness
from studies.quality_thresholds import blurred, darkened, measure
from tests.training.conftest import noise
from tests.web.fakes import canned_face

LANDMARKS = np.array([[90, 80], [150, 80], [120, 115], [95, 145], [145, 145]], np.float32)


class Says:
    """Answers the same of everybody, and keeps how bright what it saw was."""

    def __init__(self):
        self.seen = []

    def cut(self, image, landmarks):
        self.seen.append(brightness(image))
        return (image,)

    def __call__(self, crops, mirrored=True):
        return [canned_face() for _ in crops]


def samples():
    # canned_face is a woman.
    return [
        Sample(f"UTKFace/{i}", "val", lambda i=i: noise(i, 160), age=30 + i, gender=i % 2)
        for i in range(4)
    ]


def test_worse_pictures_are_worse_by_what_is_measured():
    found = FoundFace(Box(60, 50, 120, 130), LANDMARKS, 0.9)
    rows = {row.kind: row for row in measure(samples(), lambda _: [found], Says())}
    blur = [row.measured for kind, row in rows.items() if kind.startswith("blur")]
    light = [row.measured for kind, row in rows.items() if kind.startswith("light")]
    assert blur == sorted(blur, reverse=True)
    assert light == sorted(light, reverse=True)
    assert all(
        row.faces == 4 and row.gender == 0.5 for row in rows.values() if "turned" not in row.kind
    )
    assert rows["turned 0 to 0.1"].faces == 4


def test_faces_that_are_not_found_do_not_count():
    rows = measure(samples(), lambda _: [], Says())
    assert {row.faces for row in rows} == {0}
    assert np.isnan(rows[0].gender)


def test_no_change_is_the_picture_itself():
    picture = noise(0, 64)
    assert np.array_equal(blurred(picture, 0.0), picture)
    assert np.array_equal(darkened(picture, 1.0), picture)
    assert darkened(picture, 0.5).mean() == pytest.approx(picture.mean() / 2, abs=1)
