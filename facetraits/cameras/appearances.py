"""From a camera's readings to appearances: how long a face was there, and what it looked like.

An appearance is a track of the camera's tracker, and nothing that outlives it: whoever leaves
and comes back is another one. Nothing here recognizes anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facetraits.vision.quality import turn

# The nose within this share of the eye distance from the middle: about 20 degrees of yaw.
FACING_BELOW = 0.25
# The tracker gives a face up after at most 5 seconds.
_OVER_AFTER_S = 5.5
# Between two frames, a face counts as there for at most this long.
_LONGEST_STEP_S = 2.0


@dataclass(frozen=True, slots=True)
class Appearance:
    """One track that is over.

    Attributes:
        seconds: from its first frame to its last.
        facing_s: how much of that the face was turned to the camera.
        ages: age range → probability, averaged by the tracker.
        female: probability of a female gender presentation; of a male one, the rest.
        valence: positive, neutral, negative → probability; None where expressions are off.
    """

    seconds: float
    facing_s: float
    ages: Mapping[str, float]
    female: float
    valence: Mapping[str, float] | None = None


@dataclass(slots=True)
class _Seen:
    first_s: float
    last_s: float
    facing_s: float
    face: Mapping[str, Any]


class Appearances:
    """The faces in view of one camera. Used by one thread at a time.

    Args:
        least_s: shorter tracks do not count.
        expression: whether apparent expressions are counted.
    """

    def __init__(self, least_s: float, expression: bool = False) -> None:
        self._least_s = least_s
        self._expression = expression
        self._seen: dict[int, _Seen] = {}

    @property
    def in_view(self) -> int:
        """How many faces the latest frame has, or had a moment ago."""
        return len(self._seen)

    def update(self, faces: Sequence[Mapping[str, Any]], now_s: float) -> list[Appearance]:
        """One frame's faces, as JSON → the appearances that are over by now.

        Args:
            faces: of a live reading, each with its ``track_id``.
            now_s: the frame's time in seconds, on a monotonic clock.
        """
        for face in faces:
            self._see(face, now_s)
        over = [n for n, seen in self._seen.items() if now_s - seen.last_s > _OVER_AFTER_S]
        return self._ended(over)

    def end(self) -> list[Appearance]:
        """The camera is gone, and with it every face."""
        return self._ended(list(self._seen))

    def _see(self, face: Mapping[str, Any], now_s: float) -> None:
        number = face["track_id"]
        seen = self._seen.get(number)
        if seen is None:
            self._seen[number] = _Seen(now_s, now_s, 0.0, face)
            return
        if is_facing(face["landmarks"]):
            seen.facing_s += min(now_s - seen.last_s, _LONGEST_STEP_S)
        seen.last_s, seen.face = now_s, face

    def _ended(self, numbers: Sequence[int]) -> list[Appearance]:
        tracks = [self._seen.pop(number) for number in numbers]
        return [self._appearance(t) for t in tracks if t.last_s - t.first_s >= self._least_s]

    def _appearance(self, track: _Seen) -> Appearance:
        face, gender = track.face, track.face["gender"]
        female = gender["probability"]
        return Appearance(
            seconds=track.last_s - track.first_s,
            facing_s=track.facing_s,
            ages=face["age"]["ranges"],
            female=female if gender["value"] == "female" else 1 - female,
            valence=face["emotion"]["valence"] if self._expression else None,
        )


def is_facing(landmarks: Sequence[Sequence[float]]) -> bool:
    """Whether a face with these landmarks, in pixels, is turned to the camera."""
    return turn(np.asarray(landmarks, np.float32)) < FACING_BELOW
