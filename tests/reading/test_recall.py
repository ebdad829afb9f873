"""A reading's JSON back to the reading."""

from __future__ import annotations

import json

import pytest

from facetraits.reading.model import Reading
from facetraits.reading.recall import recall
from facetraits.reading.reports import as_csv
from tests.web.fakes import canned_reading


@pytest.mark.parametrize("nets", ["baseline", "traitnet"])
def test_what_is_told_comes_back(nets):
    reading = canned_reading(nets=nets)

    back = recall(json.loads(reading.to_json()))

    assert back.to_json() == reading.to_json()
    assert as_csv([("a.jpg", back)]) == as_csv([("a.jpg", reading)])


def test_no_face_is_no_face():
    reading = Reading("id", "baseline", 64, 48, {"total": 1.0})

    assert recall(json.loads(reading.to_json())) == reading
