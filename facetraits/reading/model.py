"""The one definition of a reading: frozen values whose annotations define their JSON.

The shape of the JSON is a contract (docs/api.md). These classes write it (`to_dict`,
`to_json`), read it back (`from_json`, `from_dict`), and are the source of the OpenAPI schema
(`reading.schema`) and of the front end's types (`python -m tools.types`). To add a field, add
it here, with a default for results that were kept before it existed.

Between processes a reading travels as MessagePack, unrounded, and with each face's `look`,
which is never in the JSON. The two hooks are in :mod:`facetraits.reading.arrays`:

    data = msgspec.msgpack.Encoder(enc_hook=enc_hook).encode(reading)
    reading = msgspec.msgpack.Decoder(Reading, dec_hook=dec_hook).decode(data)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Self, TypeVar

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from facetraits.reading.geometry import Box, Landmarks
from facetraits.reading.json_value import JsonValue
from facetraits.reading.traits import (
    AGE_RANGES,
    EMOTIONS,
    GENDERS,
    REASONS,
    TRAITS,
    VALENCES,
)
from facetraits.reading.units import (
    DIGITS,
    Milliseconds,
    Ratio,
    Years,
    check_one_of,
    internal,
    keys,
    one_of,
)
from facetraits.settings import NETS_CHOICES

_RANGE_NAMES = tuple(r.name for r in AGE_RANGES)
_STEPS = ("decode", "detect", "classify", "total")
# A side that the JSON rounds to 0 was between 0 and 0.05 px long: take the middle.
_ROUNDED_TO_ZERO_PX = 0.025

Look = NDArray[np.float32]
"""(16, 16) float32 with mean 0 and deviation 1: a small, aligned copy of a face."""


@dataclass(frozen=True, slots=True)
class AgeReading(JsonValue):
    """Apparent age in years."""

    value: Annotated[
        Years,
        Meta(description='years; the best estimate; with nets "baseline", the middle of `range`'),
    ]
    low: Annotated[Years, Meta(description="years; the lower end of the interval")]
    high: Annotated[Years, Meta(description="years; the upper end of the interval")]
    coverage: Annotated[
        Ratio, Meta(description="the fraction of faces whose labeled age is in low..high")
    ]
    range: Annotated[str, one_of(_RANGE_NAMES, "the most probable of seven age ranges")]
    ranges: Annotated[
        Mapping[str, Ratio], keys(_RANGE_NAMES, "age range → probability; they sum to 1")
    ]

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:
            raise ValueError(f"age {self.value} is not in {self.low}..{self.high}")


@dataclass(frozen=True, slots=True)
class GenderReading(JsonValue):
    """Apparent gender presentation, in the words of the training data's labels."""

    value: Annotated[str, one_of(GENDERS)]
    probability: Annotated[Ratio, Meta(description="that of `value`")]

    def __post_init__(self) -> None:
        check_one_of(self.value, GENDERS, "gender")


@dataclass(frozen=True, slots=True)
class EmotionReading(JsonValue):
    """Apparent expression."""

    dominant: Annotated[
        str,
        one_of(
            sorted({*EMOTIONS, *VALENCES}),
            "the most probable emotion; a valence if there are no `scores`",
        ),
    ]
    probability: Annotated[Ratio, Meta(description="that of `dominant`")]
    scores: Annotated[
        Mapping[str, Ratio] | None,
        keys(EMOTIONS, 'emotion → probability; absent with nets "baseline"'),
    ] = field(default=None, kw_only=True)
    valence: Annotated[Mapping[str, Ratio], keys(VALENCES, "valence → probability")]


@dataclass(frozen=True, slots=True)
class Doubt(JsonValue):
    """A trait that should not be relied on, and why."""

    trait: Annotated[str, one_of(TRAITS)]
    reason: Annotated[str, one_of(REASONS)]

    def __post_init__(self) -> None:
        check_one_of(self.trait, TRAITS, "trait")
        check_one_of(self.reason, REASONS, "reason")


def ambiguous(sure: Mapping[str, float], below: Mapping[str, float]) -> tuple[Doubt, ...]:
    """A doubt for each answer that is less probable than its threshold.

    Args:
        sure: trait → probability of its answer.
        below: trait → threshold; a trait without one is never ambiguous.
    """
    return tuple(Doubt(trait, "ambiguous") for trait in below if sure[trait] < below[trait])


@dataclass(frozen=True, slots=True)
class Traits(JsonValue):
    """The networks' answers for one face."""

    age: AgeReading
    gender: GenderReading
    emotion: EmotionReading
    unsure: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundFace:
    """Where a detector found a face.

    Attributes:
        box: in pixels, inside the picture.
        landmarks: (5, 2) float32, in pixels.
        score: the detector's, 0..1.
        look: (16, 16) float32; see :class:`Face`.
    """

    box: Box
    landmarks: Landmarks
    score: float
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class BoxRatio(JsonValue):
    """A box as fractions of the picture's width and height."""

    left: Ratio
    top: Ratio
    width: Ratio
    height: Ratio

    @classmethod
    def of(cls, box: Box, width: int, height: int) -> Self:
        """A box in a picture of that size in pixels; every share is kept within 0..1."""
        sides = (box.x / width, box.y / height, box.width / width, box.height / height)
        return cls(*(min(1.0, max(0.0, side)) for side in sides))


@dataclass(frozen=True, slots=True, kw_only=True)
class Face(JsonValue):
    """A face that was found, with its traits.

    `look` is a small aligned copy, (16, 16) float32 with mean 0 and deviation 1, to recognize
    the face in the next frame. It is None outside the live mode, and never in the JSON.
    """

    box: Annotated[Box, Meta(description="in pixels, inside the upright picture")]
    box_ratio: BoxRatio
    score: Annotated[Ratio, Meta(description="the detector's score")]
    landmarks: Annotated[
        Landmarks,
        Meta(
            description="pixels: the two eyes, the tip of the nose, the two corners of the mouth",
            extra={DIGITS: 1},
        ),
    ]
    track_id: Annotated[
        int | None,
        Meta(description="the same for the same face from frame to frame; null outside /live"),
    ]
    frames: Annotated[
        int | None,
        Meta(description="how many frames the traits are averaged over; only in /live"),
    ] = None
    age: AgeReading
    gender: GenderReading
    emotion: EmotionReading
    unsure: Annotated[tuple[Doubt, ...], Meta(description="the traits not to rely on, and why")]
    look: Annotated[Look | None, internal()] = None

    @property
    def traits(self) -> Traits:
        return Traits(self.age, self.gender, self.emotion, self.unsure)

    @property
    def may_be_none(self) -> bool:
        """Whether this is probably not a face, and is left out of summaries."""
        return any(doubt.reason == "not_a_face" for doubt in self.unsure)

    @classmethod
    def of(cls, found: FoundFace, traits: Traits, width: int, height: int) -> Self:
        """A face in a picture of width x height pixels that is not tracked yet."""
        return cls(
            box=found.box,
            box_ratio=BoxRatio.of(found.box, width, height),
            score=found.score,
            landmarks=found.landmarks,
            track_id=None,
            age=traits.age,
            gender=traits.gender,
            emotion=traits.emotion,
            unsure=traits.unsure,
            look=found.look,
        )


_AnyFace = TypeVar("_AnyFace", Face, FoundFace)


def scaled(face: _AnyFace, factor: float) -> _AnyFace:
    """The face in a picture `factor` times as large."""
    if factor == 1:
        return face
    return replace(face, box=face.box.scaled(factor), landmarks=face.landmarks * factor)


@dataclass(frozen=True, slots=True)
class Reading(JsonValue):
    """The faces of one picture, and how long each step took."""

    request_id: Annotated[str, Meta(description="identifies this reading in logs and problems")]
    nets: Annotated[str, one_of(NETS_CHOICES, "the networks that produced the results")]
    width: Annotated[int, Meta(ge=1, description="pixels, of the upright picture")]
    height: Annotated[int, Meta(ge=1, description="pixels, of the upright picture")]
    processing_ms: Annotated[
        Mapping[str, Milliseconds], keys(_STEPS, "step → milliseconds, without the upload")
    ]
    faces: Annotated[tuple[Face, ...], Meta(description="largest first")] = ()
    faces_found: Annotated[
        int | None,
        Meta(
            description="how many faces were found, of which `faces` are the largest; beyond "
            "max_faces, there may be even more small ones. Absent in /live",
        ),
    ] = None
    rotated_deg: Annotated[
        int | None,
        Meta(
            description="how many degrees clockwise the photo has to be rotated to be upright: 90, "
            "180, or 270 if its faces were found on their side or upside down, and analyzed "
            "upright; boxes are in the photo as it is. Otherwise absent"
        ),
    ] = None
    truncated: Annotated[
        bool | None,
        Meta(
            description="true if the file ends early and the missing part at the bottom was read "
            "as gray; otherwise absent"
        ),
    ] = None
    animated: Annotated[
        bool | None,
        Meta(
            description="true if the file is an animation, of which only the first frame was "
            "analyzed; otherwise absent"
        ),
    ] = None

    def __post_init__(self) -> None:
        check_one_of(self.nets, NETS_CHOICES, "nets")

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Self:
        """Reads what this or an earlier version wrote; see :meth:`JsonValue.from_json`."""
        return super(Reading, cls).from_dict(_as_written_today(members))


def _as_written_today(members: Any) -> Any:
    """A reading from an earlier version → the same as this version writes it."""
    if not isinstance(members, Mapping):
        return members
    changed: dict[str, Any] = {}
    if members.get("nets") == "seed":  # the name until 0.2.0
        changed["nets"] = "baseline"
    if isinstance(members.get("faces"), list):
        changed["faces"] = [_with_a_size(face) for face in members["faces"]]
    return {**members, **changed}


def _with_a_size(face: Any) -> Any:
    """A face with a side that the JSON rounded to 0 → the same with a tiny positive side."""
    box = face.get("box") if isinstance(face, Mapping) else None
    if not isinstance(box, Mapping):
        return face
    sides = {s: _ROUNDED_TO_ZERO_PX for s in ("width", "height") if box.get(s) == 0}
    return {**face, "box": {**box, **sides}} if sides else face
