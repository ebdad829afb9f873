"""A reading's JSON back to the reading."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from facetraits.errors import BadReading
from facetraits.reading.geometry import Box
from facetraits.reading.model import BoxRatio, Reading
from facetraits.reading.reports import as_csv
from tests.reading.old_readings import SEED, TRAITNET
from tests.web.fakes import canned_reading


@pytest.mark.parametrize("nets", ["baseline", "traitnet"])
def test_what_was_written_comes_back(nets):
    reading = canned_reading(nets=nets)

    back = Reading.from_json(reading.to_json())

    assert back.to_json() == reading.to_json()
    assert Reading.from_json(reading.to_json().encode()).to_json() == reading.to_json()
    assert Reading.from_dict(reading.to_dict()).to_json() == reading.to_json()
    assert as_csv([("a.jpg", back)]) == as_csv([("a.jpg", reading)])


def test_no_face_is_no_face():
    reading = Reading("id", "baseline", 64, 48, {"total": 1.0})

    assert Reading.from_json(reading.to_json()) == reading


def test_a_reading_of_the_live_mode_comes_back():
    reading = canned_reading(nets="traitnet")
    faces = tuple(replace(face, track_id=7, frames=30) for face in reading.faces)

    back = Reading.from_json(replace(reading, faces=faces).to_json())

    assert [(face.track_id, face.frames) for face in back.faces] == [(7, 30), (7, 30)]


def test_a_reading_of_an_earlier_version_is_read_to_the_letter():
    assert Reading.from_json(TRAITNET).to_json() == TRAITNET


def test_the_networks_earlier_name_is_understood():
    reading = Reading.from_json(SEED)

    assert reading.nets == "baseline"
    assert reading.to_dict() == json.loads(SEED) | {"nets": "baseline"}
    (face,) = reading.faces
    assert (face.age.value, face.gender.value, face.emotion.dominant) == (
        36.5,
        "female",
        "positive",
    )
    assert face.emotion.scores is None


@pytest.mark.parametrize("width, height", [(0.02, 40.0), (40.0, 0.049), (0.001, 0.001)])
def test_a_box_that_rounds_to_nothing_survives(width, height):
    reading = canned_reading()
    box = Box(63.9, 12.0, width, height)
    faces = (replace(reading.faces[0], box=box, box_ratio=BoxRatio.of(box, 64, 80)),)
    text = replace(reading, faces=faces).to_json()
    assert "0.0" in str(json.loads(text)["faces"][0]["box"])

    back = Reading.from_json(text)

    assert back.to_json() == text
    assert abs(back.faces[0].box.width - width) <= 0.05
    assert abs(back.faces[0].box.height - height) <= 0.05


def test_members_that_are_not_known_are_ignored():
    written = canned_reading().to_dict()
    more = {**written, "mood": 1, "faces": [{**face, "hat": "red"} for face in written["faces"]]}

    assert Reading.from_dict(more).to_dict() == written


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (("width",), r"missing required field `width`"),
        (("faces", 0, "age", "range"), r"missing required field `range` - at `\$.faces\[0\].age`"),
        (("faces", 1, "track_id"), r"missing required field `track_id` - at `\$.faces\[1\]`"),
    ],
)
def test_a_member_that_is_missing_is_named(path, says):
    written = canned_reading().to_dict()
    node = written
    for step in path[:-1]:
        node = node[step]
    del node[path[-1]]

    with pytest.raises(BadReading, match=says):
        Reading.from_json(json.dumps(written))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("width",), 0, r">= 1 - at `\$.width`"),
        (("nets",), "cats", r"'cats' is not one of traitnet, baseline"),
        (("faces", 0, "score"), 1.5, r"<= 1.0 - at `\$.faces\[0\].score`"),
        (("faces", 0, "age", "low"), 99, r"age 36.5 is not in 99"),
        (("faces", 0, "gender", "value"), "x", r"'x' is not one of male, female"),
        (("faces", 0, "unsure", 0, "reason"), "x", r"'x' is not one of not_a_face, "),
        (("faces", 0, "box", "width"), -1, r"positive size, not -1"),
        (("faces", 0, "landmarks"), [[1, 2]], r"five points"),
        (("faces", 0, "landmarks", 2), [1], r"faces\[0\].landmarks"),
        (("faces",), {"0": 1}, r"Expected `array`, got `object` - at `\$.faces`"),
        (("faces", 0, "box"), None, r"Expected `object`, got `null` - at `\$.faces\[0\].box`"),
    ],
)
def test_a_member_that_is_wrong_is_named(path, value, says):
    written = canned_reading().to_dict()
    node = written
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value

    with pytest.raises(BadReading, match=says):
        Reading.from_json(json.dumps(written))


@pytest.mark.parametrize("text", ["", "{", "NaN", b"\xff\xfe", "[]", "3", "null"])
def test_what_is_no_reading_is_refused(text):
    with pytest.raises(BadReading, match=r"not JSON|not a Reading"):
        Reading.from_json(text)
