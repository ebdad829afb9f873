"""Readings as text, CSV and pictures."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from facetraits.reading import reports
from facetraits.reading.model import Doubt
from facetraits.reading.traits import TRAITS
from tests.reading.test_model import make_reading


def test_text():
    assert reports.as_text("a.jpg", make_reading()) == (
        "a.jpg (640x480): 1 face\n"
        "  1. looks 28-45, female 97%, positive 91%; unsure: age (ambiguous)"
    )
    assert reports.as_text("b.jpg", replace(make_reading(), faces=())).endswith("no faces found")


def test_text_says_what_was_left_out():
    crowd = reports.as_text("a.jpg", replace(make_reading(), faces_found=12))
    assert "1 of at least 12 faces, the largest (use --max-faces for more)\n" in crowd
    moving = reports.as_text("a.gif", replace(make_reading(), animated=True))
    assert "1 face; an animation, only its first frame was analyzed\n" in moving


@pytest.mark.parametrize(
    ("probability", "words"), [(0.9949, "99%"), (0.995, ">99%"), (1.0, ">99%"), (0.504, "50%")]
)
def test_no_probability_is_called_certain(probability, words):
    reading = make_reading()
    (face,) = reading.faces
    sure = replace(face, gender=replace(face.gender, probability=probability))
    assert f"female {words}, " in reports.label(sure)


def test_what_may_not_be_a_face_is_not_described_as_one():
    reading = make_reading()
    doubts = tuple(Doubt(trait, "not_a_face") for trait in TRAITS)
    (face,) = reading.faces
    other = replace(face, unsure=doubts)
    assert not face.may_be_none
    assert other.may_be_none
    assert reports.label(other) == "not a face?"
    text = reports.as_text("a.jpg", replace(reading, faces=(face, other)))
    assert text.endswith("  2. not a face?")
    assert "age:not_a_face" in reports.as_csv([("a.jpg", replace(reading, faces=(other,)))])


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
