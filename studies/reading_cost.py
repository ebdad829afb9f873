"""The cost of writing a reading and reading it back, with our code and with others (ADR 9).

`python -m studies.reading_cost`; the pydantic row wants `pip install pydantic==2.14.4` besides.
Times are the fastest of seven rounds, in microseconds a reading.
"""

from __future__ import annotations

import json
import pickle
import timeit
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import numpy as np

from facetraits.reading.arrays import dec_hook, enc_hook
from facetraits.reading.geometry import Box
from facetraits.reading.json_value import JsonValue
from facetraits.reading.model import (
    AgeReading,
    BoxRatio,
    Doubt,
    EmotionReading,
    Face,
    FoundFace,
    GenderReading,
    Reading,
    Traits,
)
from facetraits.reading.traits import AGE_RANGES, EMOTIONS, VALENCES

ROUNDS, TIMES = 7, 1000
_RANGE_NAMES = tuple(r.name for r in AGE_RANGES)
Way = tuple[Callable[[], Any], Callable[[], Any]]
"""Writing a reading, and reading back what was written."""


def sample(count: int) -> Reading:
    """A reading with a number of faces, with looks and realistic numbers of digits."""
    rng = np.random.default_rng(count)

    def shares(names: tuple[str, ...]) -> dict[str, float]:
        return dict(zip(names, rng.dirichlet(np.ones(len(names))).tolist(), strict=True))

    def face() -> Face:
        x, y, width, height = rng.uniform(10, 200, 4).tolist()
        landmarks = rng.uniform(10, 400, (5, 2)).astype(np.float32)
        look = rng.standard_normal((16, 16)).astype(np.float32)
        traits = Traits(
            AgeReading(
                31.4159,
                low=26.535,
                high=38.979,
                coverage=0.8,
                range="28-45",
                ranges=shares(_RANGE_NAMES),
            ),
            gender=GenderReading("female", rng.uniform(0.5, 1)),
            emotion=EmotionReading("fear", 0.54321, shares(VALENCES), scores=shares(EMOTIONS)),
            unsure=(Doubt("age", "small"), Doubt("gender", "small")),
        )
        found = FoundFace(
            Box(x, y, width, height), landmarks=landmarks, score=rng.uniform(0.6, 1), look=look
        )
        return replace(Face.of(found, traits, 640, 480), track_id=7, frames=30)

    steps = {"decode": 1.41421, "detect": 4.66920, "classify": 2.71828, "total": 8.80169}
    return Reading(
        "camera-123",
        nets="traitnet",
        width=640,
        height=480,
        processing_ms=steps,
        faces=tuple(face() for _ in range(count)),
    )


def ours(reading: Reading) -> Way:
    text = reading.to_json()
    return reading.to_json, lambda: Reading.from_json(text)


def by_hand(reading: Reading) -> Way:
    """As it was before: a `to_dict` for each class, `json.dumps`, and a parser."""
    text = _dumps(_reading_by_hand(reading))
    return (
        lambda: _dumps(_reading_by_hand(reading)),
        lambda: _parsed_by_hand(json.loads(text)),
    )


def _dumps(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))


def _shares(shares: Mapping[str, float]) -> dict[str, float]:
    return {name: round(float(share), 4) for name, share in shares.items()}


def _reading_by_hand(reading: Reading) -> dict[str, Any]:
    return {
        "request_id": reading.request_id,
        "nets": reading.nets,
        "width": reading.width,
        "height": reading.height,
        "processing_ms": {step: round(ms, 2) for step, ms in reading.processing_ms.items()},
        "faces": [_face_by_hand(face) for face in reading.faces],
    }


def _face_by_hand(face: Face) -> dict[str, Any]:
    box, ratio, age, gender, emotion = (
        face.box,
        face.box_ratio,
        face.age,
        face.gender,
        face.emotion,
    )
    return {
        "box": {s: round(getattr(box, s), 1) for s in ("x", "y", "width", "height")},
        "box_ratio": {s: round(getattr(ratio, s), 4) for s in ("left", "top", "width", "height")},
        "score": round(float(face.score), 4),
        "landmarks": [[round(float(x), 1), round(float(y), 1)] for x, y in face.landmarks],
        "track_id": face.track_id,
        "frames": face.frames,
        "age": {
            "value": round(age.value, 1),
            "low": round(age.low, 1),
            "high": round(age.high, 1),
            "coverage": age.coverage,
            "range": age.range,
            "ranges": _shares(age.ranges),
        },
        "gender": {"value": gender.value, "probability": round(gender.probability, 4)},
        "emotion": {
            "dominant": emotion.dominant,
            "probability": round(emotion.probability, 4),
            "scores": _shares(emotion.scores or {}),
            "valence": _shares(emotion.valence),
        },
        "unsure": [{"trait": doubt.trait, "reason": doubt.reason} for doubt in face.unsure],
    }


def _parsed_by_hand(body: dict[str, Any]) -> Reading:
    steps = body["processing_ms"]
    faces = tuple(map(_face_parsed, body["faces"]))
    return Reading(
        body["request_id"],
        nets=body["nets"],
        width=body["width"],
        height=body["height"],
        processing_ms=steps,
        faces=faces,
    )


def _face_parsed(body: dict[str, Any]) -> Face:
    found = FoundFace(Box(**body["box"]), np.array(body["landmarks"], np.float32), body["score"])
    age, gender = AgeReading(**body["age"]), GenderReading(**body["gender"])
    unsure = tuple(Doubt(**doubt) for doubt in body["unsure"])
    traits = Traits(age, gender=gender, emotion=EmotionReading(**body["emotion"]), unsure=unsure)
    return replace(
        Face.of(found, traits, 640, 480),
        box_ratio=BoxRatio(**body["box_ratio"]),
        track_id=body["track_id"],
        frames=body["frames"],
    )


def by_pydantic(reading: Reading) -> Way:
    """The same shape as pydantic models that round when they are written."""
    from pydantic import BaseModel, PlainSerializer

    def rounded(digits: int) -> Any:
        return Annotated[float, PlainSerializer(lambda number: round(number, digits))]

    ratio, one_digit = rounded(4), rounded(1)
    shares = dict[str, ratio]  # type: ignore[valid-type]

    def model(name: str, **kinds: Any) -> Any:
        return type(
            name, (BaseModel,), {"__annotations__": kinds, "model_config": {"frozen": True}}
        )

    face = model(
        "Face",
        box=model("Box", **dict.fromkeys(("x", "y", "width", "height"), one_digit)),
        box_ratio=model("Ratio", **dict.fromkeys(("left", "top", "width", "height"), ratio)),
        score=ratio,
        landmarks=list[list[one_digit]],  # type: ignore[valid-type]
        track_id=int | None,
        frames=int | None,
        age=model(
            "Age",
            **dict.fromkeys(("value", "low", "high"), one_digit),
            coverage=ratio,
            range=str,
            ranges=shares,
        ),
        gender=model("Gender", value=str, probability=ratio),
        emotion=model("Emotion", dominant=str, probability=ratio, scores=shares, valence=shares),
        unsure=list[model("Doubt", trait=str, reason=str)],  # type: ignore[misc]
    )
    whole = model(
        "Reading",
        request_id=str,
        nets=str,
        width=int,
        height=int,
        processing_ms=dict[str, rounded(2)],  # type: ignore[misc]
        faces=list[face],  # type: ignore[valid-type]
    )
    value = whole.model_validate(unrounded(reading))
    text = value.model_dump_json()
    return value.model_dump_json, lambda: whole.model_validate_json(text)


def unrounded(reading: Reading) -> Any:
    """The reading as plain values, without looks."""
    faces = tuple(replace(face, look=None) for face in reading.faces)
    return msgspec.to_builtins(replace(reading, faces=faces), enc_hook=np.ndarray.tolist)


def by_msgpack(reading: Reading) -> Way:
    encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
    decoder = msgspec.msgpack.Decoder(Reading, dec_hook=dec_hook)
    data = encoder.encode(reading)
    return lambda: encoder.encode(reading), lambda: decoder.decode(data)


def by_structs(reading: Reading) -> Way:
    """The same with msgspec's own classes in place of dataclasses."""
    encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
    decoder = msgspec.msgpack.Decoder(as_struct(Reading), dec_hook=dec_hook)
    value = decoder.decode(encoder.encode(reading))
    data = encoder.encode(value)
    return lambda: encoder.encode(value), lambda: decoder.decode(data)


@cache
def as_struct(cls: Any) -> Any:
    """A frozen dataclass → a msgspec Struct of the same fields, its checks included."""
    hints = get_type_hints(cls, include_extras=True)
    return msgspec.defstruct(
        cls.__name__,
        [
            (f.name, _as_structs(hints[f.name]), *(() if f.default is MISSING else (f.default,)))
            for f in fields(cls)
        ],
        namespace={"__post_init__": cls.__post_init__} if hasattr(cls, "__post_init__") else {},
        frozen=True,
        kw_only=True,
    )


def _as_structs(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, JsonValue):
        cls: Any = kind  # to mypy a class is not hashable here
        return as_struct(cls)
    if get_origin(kind) is Annotated:
        return Annotated[(_as_structs(get_args(kind)[0]), *kind.__metadata__)]
    if get_origin(kind) is tuple:
        return tuple[_as_structs(get_args(kind)[0]), ...]  # type: ignore[misc]
    return kind


def by_pickle(reading: Reading) -> Way:
    data = pickle.dumps(reading, 5)
    return lambda: pickle.dumps(reading, 5), lambda: pickle.loads(data)


WAYS: dict[str, Callable[[Reading], Way]] = {
    "JSON, by hand, as it was": by_hand,
    "JSON, ours": ours,
    "JSON, pydantic": by_pydantic,
    "between processes, pickle, as it was": by_pickle,
    "between processes, MessagePack, ours": by_msgpack,
    "between processes, MessagePack, Structs": by_structs,
}


def microseconds(call: Callable[[], Any]) -> float:
    return min(timeit.repeat(call, number=TIMES, repeat=ROUNDS)) / TIMES * 1e6


def main() -> None:
    print(f"{'':42}{'faces':>6}{'bytes':>7}{'write':>8}{'read':>8}  microseconds")
    for name, way in WAYS.items():
        for count in (1, 5):
            try:
                write, read = way(sample(count))
            except ImportError as missing:
                print(f"{name:42}  {missing}")
                break
            times = f"{microseconds(write):8.1f}{microseconds(read):8.1f}"
            print(f"{name:42}{count:6}{len(write()):7}{times}")


if __name__ == "__main__":
    main()
