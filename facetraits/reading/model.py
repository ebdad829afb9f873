"""What a reading says: frozen values, and the one JSON that every door gives.

The shape of the JSON is a contract (docs/api.md); probabilities are 0..1, boxes
and landmarks pixels of the upright picture, ages years, times milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.geometry import Box, Landmarks


@dataclass(frozen=True, slots=True)
class AgeReading:
    """Apparent age in years.

    Attributes:
        value: the best single answer; with the baseline network its range's middle.
        low, high: an interval that holds the labeled age in a share ``coverage`` of faces.
        range: the most probable of the seven age ranges.
        ranges: range → probability, summing to 1.
    """

    value: float
    low: float
    high: float
    coverage: float
    range: str
    ranges: Mapping[str, float]

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"age {self.value} is not in {self.low}..{self.high}")

    def to_dict(self) -> dict[str, Any]:
        return {
            "value": round(self.value, 1),
            "low": round(self.low, 1),
            "high": round(self.high, 1),
            "coverage": self.coverage,
            "range": self.range,
            "ranges": _rounded(self.ranges),
        }


@dataclass(frozen=True, slots=True)
class GenderReading:
    """Apparent gender presentation, "male" or "female" as in the data's labels."""

    value: str
    probability: float

    def to_dict(self) -> dict[str, Any]:
        return {"value": self.value, "probability": _round(self.probability)}


@dataclass(frozen=True, slots=True)
class EmotionReading:
    """Apparent expression.

    Attributes:
        dominant: the most probable emotion; with the baseline network, valence.
        probability: that of ``dominant``.
        valence: positive, neutral, negative → probability.
        scores: each of the eight FER+ emotions → probability, or None where the
            network tells valence only.
    """

    dominant: str
    probability: float
    valence: Mapping[str, float]
    scores: Mapping[str, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "dominant": self.dominant,
            "probability": _round(self.probability),
        }
        if self.scores is not None:
            answer["scores"] = _rounded(self.scores)
        return answer | {"valence": _rounded(self.valence)}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A trait that the answer should not be relied on for, and why.

    Attributes:
        trait: "age", "gender" or "emotion".
        reason: "small", "blurred", "dark", "profile" or "ambiguous".
    """

    trait: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        return {"trait": self.trait, "reason": self.reason}


def ambiguous(sure: Mapping[str, float], below: Mapping[str, float]) -> tuple[Doubt, ...]:
    """The doubts about answers that are less probable than their threshold.

    Args:
        sure: trait → probability of its answer.
        below: trait → threshold; a trait without one is never ambiguous.
    """
    return tuple(Doubt(trait, "ambiguous") for trait in below if sure[trait] < below[trait])


@dataclass(frozen=True, slots=True)
class Traits:
    """What the networks say of one face."""

    age: AgeReading
    gender: GenderReading
    emotion: EmotionReading
    unsure: tuple[Doubt, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "age": self.age.to_dict(),
            "gender": self.gender.to_dict(),
            "emotion": self.emotion.to_dict(),
            "unsure": [doubt.to_dict() for doubt in self.unsure],
        }


@dataclass(frozen=True, slots=True)
class FoundFace:
    """Where a face is.

    Attributes:
        box: in pixels, inside the picture.
        landmarks: five points in pixels.
        score: the detector's, 0..1.
        look: (h, w) float32 of mean 0 and deviation 1: the face, small, aligned and
            normalized, to tell it from another one in the next frame; None outside
            the live mode. It never leaves the process.
    """

    box: Box
    landmarks: Landmarks
    score: float
    look: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Face:
    """A found face with its traits.

    Attributes:
        track_id: the same for the same face from frame to frame; None outside the live mode.
        frames: how many frames the traits are averaged over; None outside the live mode.
    """

    found: FoundFace
    traits: Traits
    track_id: int | None = None
    frames: int | None = None

    @property
    def box(self) -> Box:
        return self.found.box

    @property
    def score(self) -> float:
        return self.found.score

    @property
    def landmarks(self) -> Landmarks:
        return self.found.landmarks

    @property
    def age(self) -> AgeReading:
        return self.traits.age

    @property
    def gender(self) -> GenderReading:
        return self.traits.gender

    @property
    def emotion(self) -> EmotionReading:
        return self.traits.emotion

    @property
    def unsure(self) -> tuple[Doubt, ...]:
        return self.traits.unsure

    def to_dict(self, width: int, height: int) -> dict[str, Any]:
        box = self.box
        return {
            "box": {
                "x": round(box.x, 1),
                "y": round(box.y, 1),
                "width": round(box.width, 1),
                "height": round(box.height, 1),
            },
            "box_ratio": {
                "left": _round(box.x / width),
                "top": _round(box.y / height),
                "width": _round(box.width / width),
                "height": _round(box.height / height),
            },
            "score": _round(self.score),
            "landmarks": [[round(float(x), 1), round(float(y), 1)] for x, y in self.landmarks],
            "track_id": self.track_id,
            **({} if self.frames is None else {"frames": self.frames}),
            **self.traits.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """One picture read: its faces, largest first, and how long each step took.

    Attributes:
        request_id: names this reading in logs and error messages.
        nets: "traitnet" or "baseline".
        width, height: of the upright picture, in pixels.
        processing_ms: step → milliseconds: decode, detect, classify, total.
    """

    request_id: str
    nets: str
    width: int
    height: int
    processing_ms: Mapping[str, float]
    faces: tuple[Face, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        return {
            "request_id": self.request_id,
            "nets": self.nets,
            "width": self.width,
            "height": self.height,
            "processing_ms": {step: round(ms, 2) for step, ms in self.processing_ms.items()},
            "faces": [face.to_dict(self.width, self.height) for face in self.faces],
        }

    def to_json(self) -> str:
        return json.dumps(self.to_dict(), separators=(",", ":"))


def _round(ratio: float) -> float:
    return round(float(ratio), 4)


def _rounded(ratios: Mapping[str, float]) -> dict[str, float]:
    return {name: _round(ratio) for name, ratio in ratios.items()}
