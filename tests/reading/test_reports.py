"""Readings as text, CSV and pictures."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from facetraits.reading import reports
from tests.reading.test_model import make_reading


def test_text():
    assert reports.as_text("a.jpg", make_reading()) == (
        "a.jpg (640x480): 1 face\n"
        "  1. looks 28-45, female 97%, positive 91%; unsure: age (ambiguous)"
    )
    assert reports.as_text("b.jpg", replace(make_reading(), faces=())).endswith("no faces found")


@pytest.mark.parametrize(
    ("probability", "words"), [(0.9949, "99%"), (0.995, ">99%"), (1.0, ">99%"), (0.504, "50%")]
)
def test_no_probability_is_called_certain(probability, words):
    reading = make_reading()
    (face,) = reading.faces
    sure = replace(face, gender=replace(face.gender, probability=probability))
    assert f"female {words}, " in reports.label(sure)


def test_csv_has_a_row_a_face():
    text = reports.as_csv([("a, b.jpg", make_reading()), ("=cmd()", make_reading())])
    header, first, second = csv.reader(io.StringIO(text))
    assert tuple(header) == reports.CSV_COLUMNS
    row = dict(zip(header, first, strict=True))
    assert row["file"] == "a, b.jpg"
    assert (row["age"], row["gender"], row["unsure"]) == ("36.5", "female", "age:ambiguous")
    assert second[0] == "'=cmd()"


def test_annotation_draws_on_a_copy():
    image = np.full((480, 640, 3), 90, np.uint8)
    drawn = reports.annotated(image, make_reading())
    assert drawn.shape == image.shape
    assert (image == 90).all()
    assert (drawn[48:288, 64] != 90).any(axis=1).all()  # the left edge of the box
    assert reports.png(drawn).startswith(b"\x89PNG")
