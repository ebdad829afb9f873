"""What each face did over a whole video: when it was seen, its traits, and a picture of it.

What is complete is handed out and forgotten, so that memory does not grow with the length of the
video: points of a series every few seconds, and the summary of a face once it has left.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import cv2
import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.model import Face
from facetraits.vision.encoding import shrunk

# The tracker itself gives a face a new number when it returns after this time.
_OVER_AFTER_S = 6.0
# A longer pause between two frames of a face does not count as seen.
_GAP_S = 1.0
# A new picture of a face must be this much better, so that few are encoded.
_BETTER = 1.25
_LEAST_PROBABILITY = 1e-4
_THUMBNAIL_PX, _THUMBNAIL_GROWTH, _THUMBNAIL_QUALITY = 80, 1.5, 80


@dataclass(slots=True)
class Sums:
    """Sums over some frames of a face."""

    frames: int = 0
    age: float = 0.0
    low: float = 0.0
    high: float = 0.0
    emotions: dict[str, float] = field(default_factory=dict)

    def add(self, face: Face) -> None:
        self.frames += 1
        self.age += face.age.value
        self.low += face.age.low
        self.high += face.age.high
        for name, share in (face.emotion.scores or face.emotion.valence).items():
            self.emotions[name] = self.emotions.get(name, 0.0) + share

    def age_means(self) -> dict[str, float]:
        sums = (("value", self.age), ("low", self.low), ("high", self.high))
        return {name: round(total / self.frames, 1) for name, total in sums}

    def emotion_means(self) -> dict[str, float]:
        return {name: round(total / self.frames, 3) for name, total in self.emotions.items()}


@dataclass(slots=True)
class Track:
    """One face since its first frame, in sums of a fixed size.

    Attributes:
        number: its track number.
        coverage: the share of people whose age is in the interval of a single frame.
        gender_logit: the sum of the frames' log odds of "female".
        dominant_s: expression → seconds for which it was the most probable one.
        doubts: "trait:reason" → frames.
        bin, point: the number of the current bin of the series, and its sums.
        quality, thumbnail: the best picture so far: a JPEG, in base64.
    """

    number: int
    first_s: float
    last_s: float
    coverage: float
    seen_s: float = 0.0
    whole: Sums = field(default_factory=Sums)
    gender_logit: float = 0.0
    dominant_s: dict[str, float] = field(default_factory=dict)
    doubts: dict[str, int] = field(default_factory=dict)
    bin: int = -1
    point: Sums = field(default_factory=Sums)
    quality: float = 0.0
    thumbnail: str | None = None

    def add(self, face: Face, time_s: float) -> None:
        """One more frame of it."""
        passed_s = time_s - self.last_s
        passed_s = passed_s if passed_s <= _GAP_S else 0.0
        self.last_s = time_s
        self.seen_s += passed_s
        self.whole.add(face)
        self.point.add(face)
        self.gender_logit += _female_logit(face)
        name = face.emotion.dominant
        self.dominant_s[name] = self.dominant_s.get(name, 0.0) + passed_s
        for doubt in face.unsure:
            key = f"{doubt.trait}:{doubt.reason}"
            self.doubts[key] = self.doubts.get(key, 0) + 1

    def to_dict(self) -> dict[str, Any]:
        """Its summary as JSON; a trait that was doubtful in half of the frames is unsure."""
        frames = self.whole.frames
        female = 1 / (1 + math.exp(-self.gender_logit / frames))
        return {
            "track_id": self.number,
            "first_s": round(self.first_s, 3),
            "last_s": round(self.last_s, 3),
            "seen_s": round(self.seen_s, 3),
            "frames": frames,
            "age": {**self.whole.age_means(), "coverage": self.coverage},
            "gender": {
                "value": "female" if female >= 0.5 else "male",
                "probability": round(max(female, 1 - female), 3),
            },
            "emotion": {"mean": self.whole.emotion_means(), "dominant_share": self._shares()},
            "unsure": [
                dict(zip(("trait", "reason"), key.split(":"), strict=True))
                for key, count in sorted(self.doubts.items())
                if count >= frames / 2
            ],
            "thumbnail": self.thumbnail,
        }

    def _shares(self) -> dict[str, float]:
        """Expression → share of the time; of a face that was seen once, that of its frame."""
        total_s = sum(self.dominant_s.values())
        if total_s == 0:
            return {name: 1.0 for name in list(self.dominant_s)[:1]}
        return {name: round(s / total_s, 3) for name, s in self.dominant_s.items() if s > 0}


@dataclass(frozen=True, slots=True)
class Finished:
    """What is complete: points of series, and summaries of faces that left, as JSON."""

    points: list[dict[str, Any]]
    tracks: list[dict[str, Any]]


class Tracks:
    """The faces in view. Not safe for use by two threads at once.

    Args:
        bin_s: seconds of one point of a series.
        thumbnails: whether to keep a picture of each face.
    """

    def __init__(self, bin_s: float, thumbnails: bool) -> None:
        self._bin_s = bin_s
        self._thumbnails = thumbnails
        self._open: dict[int, Track] = {}
        self.count = 0

    def add(self, faces: Iterable[Face], time_s: float, pixels: Pixels) -> Finished:
        """One frame: its faces, and its pixels, (h, w, 3) RGB uint8."""
        points, bin_ = [], int(time_s / self._bin_s)
        for face in faces:
            track = self._track_of(face, time_s)
            if track.bin != bin_:
                points += self._point(track)
                track.bin, track.point = bin_, Sums()
            track.add(face, time_s)
            if self._thumbnails and (quality := _quality(face)) > track.quality * _BETTER:
                track.quality, track.thumbnail = quality, _thumbnail(pixels, face)
        over = [t for t in self._open.values() if time_s - t.last_s > _OVER_AFTER_S]
        ended = self._end(over)
        return Finished(points + ended.points, ended.tracks)

    def end(self) -> Finished:
        """All that is left, at the end of the video."""
        return self._end(list(self._open.values()))

    def state(self) -> dict[str, Any]:
        """JSON to go on from."""
        return {"count": self.count, "open": [asdict(track) for track in self._open.values()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a state."""
        self.count = state["count"]
        for values in state["open"]:
            sums = {name: Sums(**values[name]) for name in ("whole", "point")}
            self._open[values["number"]] = Track(**{**values, **sums})

    def _track_of(self, face: Face, time_s: float) -> Track:
        assert face.track_id is not None  # the tracker numbers every face
        if face.track_id not in self._open:
            self.count += 1
            self._open[face.track_id] = Track(face.track_id, time_s, time_s, face.age.coverage)
        return self._open[face.track_id]

    def _end(self, tracks: list[Track]) -> Finished:
        for track in tracks:
            del self._open[track.number]
        points = [point for track in tracks for point in self._point(track)]
        return Finished(points, [track.to_dict() for track in tracks])

    def _point(self, track: Track) -> list[dict[str, Any]]:
        if track.point.frames == 0:
            return []
        point = {
            "track_id": track.number,
            "time_s": round(track.bin * self._bin_s, 3),
            "age": track.point.age_means(),
            "emotion": track.point.emotion_means(),
        }
        return [point]


def _female_logit(face: Face) -> float:
    female = face.gender.probability
    female = female if face.gender.value == "female" else 1 - female
    bounded = min(1 - _LEAST_PROBABILITY, max(_LEAST_PROBABILITY, female))
    return math.log(bounded / (1 - bounded))


def _quality(face: Face) -> float:
    """How good a picture of the face is: large, found with certainty, seen clearly."""
    doubtful = any(doubt.reason != "ambiguous" for doubt in face.unsure)
    return face.score * math.sqrt(face.box.area) * (0.5 if doubtful else 1.0)


def _thumbnail(pixels: Pixels, face: Face) -> str:
    """A small picture of the face: a JPEG, in base64."""
    region = face.box.grown(_THUMBNAIL_GROWTH).clipped(pixels.shape[1], pixels.shape[0]) or face.box
    bottom, right = math.ceil(region.y + region.height), math.ceil(region.x + region.width)
    part = shrunk(pixels[int(region.y) : bottom, int(region.x) : right], _THUMBNAIL_PX)
    quality = [cv2.IMWRITE_JPEG_QUALITY, _THUMBNAIL_QUALITY]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(part, cv2.COLOR_RGB2BGR), quality)
    return base64.b64encode(np.asarray(encoded).tobytes()).decode()
