"""The JSON of a reading."""

import json

import numpy as np
import pytest

from facetraits.reading.geometry import Box
from facetraits.reading.model import (
    AgeReading,
    Doubt,
    EmotionReading,
    Face,
    FoundFace,
    GenderReading,
    Reading,
    Traits,
)


def make_reading():
    ranges = {"1-2": 0.0, "3-9": 0.0, "10-20": 0.1, "21-27": 0.2, "28-45": 0.7}
    traits = Traits(
        AgeReading(36.5, 28, 45, 0.8, "28-45", ranges | {"46-65": 0.0, "66-116": 0.0}),
        GenderReading("female", 0.97123),
        EmotionReading("positive", 0.91, {"positive": 0.91, "neutral": 0.05, "negative": 0.04}),
        (Doubt("age", "ambiguous"),),
    )
    found = FoundFace(Box(64, 48, 128, 240), np.full((5, 2), 100.04, np.float32), 0.98765)
    times = {"decode": 3.14159, "detect": 9.0, "classify": 2.0, "total": 14.2}
    return Reading("id-1", "baseline", 640, 480, times, (Face.of(found, traits, 640, 480),))


def test_the_contract():
    said = json.loads(make_reading().to_json())
    assert said["processing_ms"] == {"decode": 3.14, "detect": 9.0, "classify": 2.0, "total": 14.2}
    (face,) = said["faces"]
    assert face["box"] == {"x": 64, "y": 48, "width": 128, "height": 240}
    assert face["box_ratio"] == {"left": 0.1, "top": 0.1, "width": 0.2, "height": 0.5}
    assert face["score"] == 0.9877
    assert face["landmarks"] == [[100.0, 100.0]] * 5
    assert face["track_id"] is None
    assert face["age"]["value"] == 36.5
    assert face["gender"] == {"value": "female", "probability": 0.9712}
    assert "scores" not in face["emotion"]
    assert face["unsure"] == [{"trait": "age", "reason": "ambiguous"}]


def test_a_face_answers_by_attribute():
    face = make_reading().faces[0]
    assert (face.age.value, face.gender.value, face.emotion.dominant) == (
        36.5,
        "female",
        "positive",
    )


def test_an_age_outside_its_interval_is_refused():
    with pytest.raises(ValueError, match="not in"):
        AgeReading(50, 20, 30, 0.8, "46-65", {})
