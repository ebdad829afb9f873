"""The JSON of a reading back to the reading, for what is written from a kept one."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def recall(told: dict[str, Any]) -> Reading:
    """What `Reading.to_dict` gave → the reading, as exact as the JSON's rounding."""
    return Reading(
        told["request_id"],
        told["nets"],
        told["width"],
        told["height"],
        told["processing_ms"],
        tuple(map(_face, told["faces"])),
    )


def _face(told: dict[str, Any]) -> Face:
    landmarks = np.array(told["landmarks"], np.float32)
    found = FoundFace(_box(told["box"]), landmarks, told["score"])
    unsure = tuple(Doubt(doubt["trait"], doubt["reason"]) for doubt in told["unsure"])
    traits = Traits(
        AgeReading(**told["age"]),
        GenderReading(**told["gender"]),
        EmotionReading(**told["emotion"]),
        unsure,
    )
    return Face(found, traits)


def _box(told: dict[str, float]) -> Box:
    return Box(told["x"], told["y"], told["width"], told["height"])
