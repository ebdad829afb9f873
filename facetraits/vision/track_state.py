"""A tracker's memory as a short text, so that a long video can resume where it was interrupted.

About 5 kB for each face in view: numbers are kept as 32-bit floats, whose rounding error
is far below the noise of one frame.
"""

from __future__ import annotations

import base64
import zlib
from typing import Any

import msgspec
import numpy as np

from facetraits.reading.geometry import Box
from facetraits.reading.model import AgeReading, Doubt
from facetraits.vision.tracking import Snapshot, Track, Tracker

_LOOK_SHAPE = (16, 16)
_MOST_BYTES = 10_000_000


class _State(msgspec.Struct):
    """A track; arrays are little-endian bytes. See :class:`Track`."""

    number: int
    box: tuple[float, float, float, float]
    look: bytes | None
    seen_s: float
    frames: int
    missed: int
    ages: bytes  # (n, 3): value, low, high
    coverage: float
    range: str
    range_names: list[str]
    ranges: bytes  # (n, 7)
    genders: bytes
    doubts: list[list[tuple[str, str]]]
    scores: bytes | None
    valence: bytes | None


class _Memory(msgspec.Struct):
    tracks: list[_State]
    next_number: int
    width: int


def tracker_state(snapshot: Snapshot) -> str:
    """What a tracker remembered, as ASCII text, once that frame's faces have their answers."""
    tracks = [_state(track) for track in snapshot.tracks]
    memory = _Memory(tracks, snapshot.next_number, snapshot.width)
    return base64.b64encode(zlib.compress(msgspec.msgpack.encode(memory))).decode()


def restore_tracker(tracker: Tracker, state: str) -> None:
    """Makes a new tracker go on where the one of that state was.

    Raises:
        ValueError: if it is not such a state.
    """
    packed = zlib.decompressobj().decompress(base64.b64decode(state), _MOST_BYTES)
    memory = msgspec.msgpack.decode(packed, type=_Memory)
    tracks = tuple(_track(state) for state in memory.tracks)
    tracker.go_on(Snapshot(tracks, memory.next_number, memory.width))


def _state(track: Track) -> _State:
    history, box = track.history, track.box
    latest = history.ages[-1]
    return _State(
        number=track.number,
        box=(box.x, box.y, box.width, box.height),
        look=None if track.look is None else _packed(track.look),
        seen_s=track.seen_s,
        frames=track.frames,
        missed=track.missed,
        ages=_packed([(age.value, age.low, age.high) for age in history.ages]),
        coverage=latest.coverage,
        range=latest.range,
        range_names=list(latest.ranges),
        ranges=_packed(list(history.ranges)),
        genders=_packed(list(history.genders)),
        doubts=[[(d.trait, d.reason) for d in frame] for frame in history.doubts],
        scores=None if history.scores is None else _packed(history.scores),
        valence=None if history.valence is None else _packed(history.valence),
    )


def _track(state: _State) -> Track:
    look = None if state.look is None else _unpacked(state.look).reshape(_LOOK_SHAPE)
    track = Track(
        state.number, Box(*state.box), None if look is None else look.copy(), state.seen_s
    )
    track.frames, track.missed, track.answered_s = state.frames, state.missed, state.seen_s
    history = track.history
    ranges = _unpacked(state.ranges).reshape(-1, len(state.range_names)).astype(np.float64)
    history.ranges.extend(ranges)
    # Of all but the latest, only the numbers are used.
    shares = np.exp(ranges[-1] - ranges[-1].max())
    names = dict(zip(state.range_names, (shares / shares.sum()).tolist(), strict=True))
    for value, low, high in _unpacked(state.ages).reshape(-1, 3).tolist():
        history.ages.append(AgeReading(value, low, high, state.coverage, state.range, names))
    history.genders.extend(_unpacked(state.genders).tolist())
    history.doubts.extend(frozenset(Doubt(*pair) for pair in frame) for frame in state.doubts)
    history.scores, history.valence = (
        None if packed is None else _unpacked(packed).astype(np.float64)
        for packed in (state.scores, state.valence)
    )
    return track


def _packed(numbers: Any) -> bytes:
    return np.asarray(numbers, "<f4").tobytes()


def _unpacked(packed: bytes) -> Any:
    return np.frombuffer(packed, "<f4")
