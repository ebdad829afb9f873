"""Tracks faces from frame to frame: the same number for the same face, and steadier answers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.geometry import Box, overlap
from facetraits.reading.model import Face, FoundFace, Traits
from facetraits.vision.averages import DOUBT_FRAMES, Averages, History

# A face that is missing for this long, and in this many frames, gets a new number when it returns.
# Both must hold, so that at one frame per second a face is not lost between two frames.
_LOST_AFTER_S = 0.7
_LOST_AFTER_FRAMES = 2
# After this time it is lost no matter how few frames there were.
_LOST_AT_LAST_S = 5.0
# Correlation of the aligned, normalized faces of two frames; below it, they are two people.
_SAME_LOOK = 0.5
_LEAST_OVERLAP = 0.15
_LARGEST_GROWTH = 1.8
# A face's first frames are all classified: its averages settle within them.
_SETTLED_AFTER = 5
# Frames may arrive a little early or late.
_EARLY_S = 0.01


@dataclass(slots=True)
class Track:
    """Where a face was last seen, and its history.

    Attributes:
        frames: how many frames its traits are averaged over.
        missed: frames since it was last seen.
        answered_s: the time of the last frame in its averages.
        latest: its averaged traits; None before the first frame was answered.
    """

    number: int
    box: Box
    look: NDArray[np.float32] | None
    seen_s: float
    frames: int = 0
    missed: int = 0
    history: History = field(default_factory=History)
    answered_s: float = -math.inf
    latest: Traits | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Where a tracker's faces were in one frame. It stays as it is, except for the histories.

    Attributes:
        tracks: copies, which share the histories.
        next_number: of the next new track.
        width: of the frame, in pixels; 0 if unknown.
    """

    tracks: tuple[Track, ...]
    next_number: int
    width: int


@dataclass(frozen=True, slots=True)
class Sighting:
    """A face in a frame.

    Attributes:
        number: of its track.
        frames: how many frames its traits are averaged over, including this one.
        passed_s: time in seconds since the previous of these frames; 0 if this is the first one.
        history: of the track.
    """

    number: int
    frames: int
    passed_s: float
    history: History


class Seen(Protocol):
    """What of a face is needed to find its track."""

    @property
    def box(self) -> Box: ...

    @property
    def look(self) -> NDArray[np.float32] | None: ...


class Tracker:
    """The tracks of one camera.

    Not safe for use by two threads at once, with one exception: `answer` uses only the histories,
    so faces of earlier frames can be classified in one thread while another places later ones.

    Args:
        unsure_below, nets, doubt_frames: see :class:`Averages`.
    """

    def __init__(
        self,
        unsure_below: Mapping[str, float] | None = None,
        nets: str = "traitnet",
        doubt_frames: int = DOUBT_FRAMES,
    ) -> None:
        self._averages = Averages(unsure_below or {}, nets, doubt_frames)
        self._tracks: list[Track] = []
        self._next = 1
        self._width = 0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the faces were when they were last seen."""
        return tuple(track.box for track in self._tracks)

    @property
    def width(self) -> int:
        """Width in pixels of the frame that the boxes refer to; 0 if unknown."""
        return self._width

    def snapshot(self) -> Snapshot:
        """Where the faces are now, to save it: see :mod:`facetraits.vision.track_state`."""
        tracks = tuple(replace(track) for track in self._tracks)
        return Snapshot(tracks, self._next, self._width)

    def go_on(self, snapshot: Snapshot) -> None:
        """Continues from what another tracker remembered."""
        self._tracks = [replace(track) for track in snapshot.tracks]
        self._next, self._width = snapshot.next_number, snapshot.width

    def update(self, faces: Sequence[Face], now_s: float, width: int = 0) -> tuple[Face, ...]:
        """One frame's faces → the same faces with their track numbers and averaged traits.

        Args:
            faces: the faces in the frame.
            now_s: the frame's time in seconds, on a monotonic clock.
            width: the frame's width in pixels; 0: same as the previous frame.
        """
        answers = self.answer(self.place(faces, now_s, width), faces)
        tracks = {track.number: track for track in self._tracks}
        for face in answers:
            assert face.track_id is not None  # `answer` sets it
            tracks[face.track_id].latest = face.traits
        return answers

    def is_due(self, now_s: float, every_s: float) -> bool:
        """Whether any face needs new traits, rather than only a new place.

        Args:
            now_s: the frame's time in seconds.
            every_s: how old a settled face's traits can be.
        """
        return any(
            track.missed
            or track.frames < _SETTLED_AFTER
            or now_s - track.answered_s + _EARLY_S >= every_s
            for track in self._tracks
        )

    def follow(
        self, found: Sequence[FoundFace], now_s: float, width: int, height: int
    ) -> tuple[Face, ...] | None:
        """Like `update`, for a frame whose faces were only found: their traits are the latest.

        Args:
            found: the faces in the frame.
            now_s: the frame's time in seconds, on a monotonic clock.
            width, height: the frame's size in pixels.

        Returns:
            The faces; None if one is new or another was lost, which changes no track.
        """
        self._resize(width)
        matched = self._match(found)
        if len(matched) != len(found) or len(matched) != len(self._tracks):
            return None
        faces = []
        for i, face in enumerate(found):
            track = matched[i]
            if track.latest is None:
                return None
            seen = Face.of(face, track.latest, width, height)
            faces.append(replace(seen, track_id=track.number, frames=track.frames))
        for i, face in enumerate(found):
            _move(matched[i], face, now_s)
        return tuple(faces)

    def place(self, faces: Sequence[Seen], now_s: float, width: int = 0) -> list[Sighting]:
        """The first half of `update`: one frame's faces → their tracks."""
        self._resize(width)
        self._tracks = [track for track in self._tracks if not _is_lost(track, now_s)]
        found = self._match(faces)
        for track in self._tracks:
            track.missed += 1  # reset to 0 below for every face found again
        return [
            _placed(found.get(i) or self._begin(face, now_s), face, now_s)
            for i, face in enumerate(faces)
        ]

    def answer(self, sightings: Sequence[Sighting], faces: Sequence[Face]) -> tuple[Face, ...]:
        """The second half, in the same order of frames: the same faces, with averaged traits."""
        return tuple(
            replace(
                self._averages.of(seen.history, face, seen.passed_s),
                track_id=seen.number,
                frames=seen.frames,
            )
            for seen, face in zip(sightings, faces, strict=True)
        )

    def _resize(self, width: int) -> None:
        """Scales the tracks' boxes if a client changed its frame size."""
        if width and self._width and width != self._width:
            for track in self._tracks:
                track.box = track.box.scaled(width / self._width)
        self._width = width or self._width

    def _match(self, faces: Sequence[Seen]) -> dict[int, Track]:
        """Index of a face → its track. Best pairs first; each face and track is used once."""
        pairs = sorted(
            (
                (overlap(track.box, face.box), i, n)
                for n, track in enumerate(self._tracks)
                for i, face in enumerate(faces)
                if _may_be(track, face)
            ),
            reverse=True,
        )
        matched: dict[int, Track] = {}
        taken: set[int] = set()
        for _, i, n in pairs:
            if i not in matched and n not in taken:
                matched[i] = self._tracks[n]
                taken.add(n)
        return matched

    def _begin(self, face: Seen, now_s: float) -> Track:
        track = Track(self._next, face.box, face.look, now_s)
        self._next += 1
        self._tracks.append(track)
        return track


def _move(track: Track, face: Seen, now_s: float) -> None:
    track.box, track.look, track.seen_s = face.box, face.look, now_s
    track.missed = 0


def _placed(track: Track, face: Seen, now_s: float) -> Sighting:
    passed_s = now_s - track.answered_s if track.frames else 0.0
    _move(track, face, now_s)
    track.frames += 1
    track.answered_s = now_s
    return Sighting(track.number, track.frames, passed_s, track.history)


def _is_lost(track: Track, now_s: float) -> bool:
    unseen_s = now_s - track.seen_s
    if unseen_s > _LOST_AT_LAST_S:
        return True
    return unseen_s > _LOST_AFTER_S and track.missed >= _LOST_AFTER_FRAMES


def _may_be(track: Track, face: Seen) -> bool:
    growth = math.sqrt(face.box.area / track.box.area)
    near = overlap(track.box, face.box) >= _LEAST_OVERLAP
    same_size = 1 / _LARGEST_GROWTH <= growth <= _LARGEST_GROWTH
    return near and same_size and likeness(track.look, face.look) >= _SAME_LOOK


def likeness(a: NDArray[np.float32] | None, b: NDArray[np.float32] | None) -> float:
    """Correlation of two faces' looks, -1..1; 1 if either is unknown."""
    if a is None or b is None:
        return 1.0
    return float((a * b).mean())
