"""The copy of a picture that may be kept."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from facetraits.vision.encoding import COPY_PX, decode_copy, encode_copy
from tests.photos import astronaut


@pytest.mark.parametrize(
    ("height", "width", "shape"),
    [
        (40, 30, (40, 30)),
        (COPY_PX, COPY_PX, (COPY_PX, COPY_PX)),
        (COPY_PX + 1, 10, (COPY_PX, 10)),
        (3000, 6000, (800, 1600)),
        (1, 20_000, (1, 1600)),
    ],
)
def test_a_copy_is_a_jpeg_of_a_bounded_size(height, width, shape):
    copy = encode_copy(np.full((height, width, 3), 90, np.uint8))

    picture = Image.open(io.BytesIO(copy))
    assert picture.format == "JPEG"
    assert picture.size == shape[::-1]
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_a_copy_looks_like_the_picture():
    copy = decode_copy(encode_copy(astronaut()), COPY_PX)

    assert copy.shape == astronaut().shape
    assert np.abs(copy.astype(int) - astronaut()).mean() < 4


def test_a_copy_can_be_opened_smaller():
    assert decode_copy(encode_copy(astronaut()), 128).shape == (128, 128, 3)
