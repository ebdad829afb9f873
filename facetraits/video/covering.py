"""Blurs the faces of a video, also where they were not found: shortly before and after they were.

The last frames are held back, so that a face that is found now is covered in them, too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.video.painters import HeldBack, Painted
from facetraits.vision.hiding import hide_faces

# A face stays covered for so long after it was last found: it may only be turned away or blurred.
_COVERED_AFTER_S = 0.8
# And is covered for this many frames before it was first found, a little larger.
_COVERED_BEFORE_FRAMES = 8
_MARGIN_UNSEEN = 1.3


@dataclass(slots=True)
class _Held:
    """A frame that is held back, with the boxes to cover in it."""

    pixels: Pixels
    time_s: float
    boxes: list[Box]


class _Memory(msgspec.Struct, frozen=True):
    """All that `Covering` remembers except pixels; see its attributes."""

    released_s: float | None
    held: list[list[Box]]
    seen: dict[int, tuple[float, Box]]
    others: list[tuple[float, Box]]


@dataclass(slots=True)
class Covering:
    """See `Painter`.

    Attributes:
        _held: the frames held back.
        _seen: of each track, when and where it was last found.
        _others: the same of faces without a track.
        _released_s: the time of the frame before those held back.
    """

    _held: deque[_Held] = field(default_factory=deque)
    _seen: dict[int, tuple[float, Box]] = field(default_factory=dict)
    _others: list[tuple[float, Box]] = field(default_factory=list)
    _released_s: float | None = None

    def paint(self, frame: Painted) -> list[tuple[Pixels, float]]:
        boxes = [face.box for face in frame.reading.faces]
        for face in frame.reading.faces:
            if face.track_id is None:
                continue
            if face.track_id not in self._seen:
                self._cover_in_held(face.box)
            self._seen[face.track_id] = (frame.time_s, face.box)
        self._forget(frame.time_s)
        boxes += [b.grown(_MARGIN_UNSEEN) for s, b in self._seen.values() if s < frame.time_s]
        boxes += self._covered_others(frame)
        self._held.append(_Held(frame.pixels, frame.time_s, boxes))
        return [self._release()] if len(self._held) > _COVERED_BEFORE_FRAMES else []

    def rest(self) -> list[tuple[Pixels, float]]:
        return [self._release() for _ in range(len(self._held))]

    def held_back(self) -> HeldBack:
        boxes = [held.boxes for held in self._held]
        memory = _Memory(self._released_s, boxes, self._seen, self._others)
        state = msgspec.to_builtins(memory, str_keys=True)
        return HeldBack(len(self._held), self._released_s, state)

    def restore(self, state: Any, frames: Iterable[tuple[Pixels, float]]) -> None:
        memory = msgspec.convert(state, _Memory, str_keys=True)
        # Fewer frames only come if the video ends earlier than it did.
        for boxes, (pixels, time_s) in zip(memory.held, frames, strict=False):
            self._held.append(_Held(pixels, time_s, boxes))
        self._seen, self._others = memory.seen, memory.others
        self._released_s = memory.released_s

    def _covered_others(self, frame: Painted) -> list[Box]:
        """The same for faces without a number: beyond the limit, or in a frame that is not read."""
        known = [face.box for face in frame.reading.faces]
        found = [box for box in frame.boxes if box not in known]
        for box in found:
            if not _is_any_at([other for _, other in self._others], box):
                self._cover_in_held(box)
        lost = [
            (seen_s, box)
            for seen_s, box in self._others
            if frame.time_s - seen_s <= _COVERED_AFTER_S and not _is_any_at([*known, *found], box)
        ]
        self._others = lost + [(frame.time_s, box) for box in found]
        return found + [box.grown(_MARGIN_UNSEEN) for _, box in lost]

    def _cover_in_held(self, box: Box) -> None:
        for earlier in self._held:
            earlier.boxes.append(box.grown(_MARGIN_UNSEEN))

    def _release(self) -> tuple[Pixels, float]:
        held = self._held.popleft()
        self._released_s = held.time_s
        pixels = held.pixels.copy()
        height, width = pixels.shape[:2]
        inside = [box for b in held.boxes if (box := b.clipped(width, height)) is not None]
        hide_faces(pixels, inside, "blur")
        return pixels, held.time_s

    def _forget(self, time_s: float) -> None:
        over = [n for n, (seen_s, _) in self._seen.items() if time_s - seen_s > _COVERED_AFTER_S]
        for number in over:
            del self._seen[number]


def _is_any_at(boxes: Sequence[Box], place: Box) -> bool:
    """Whether one of the boxes is in that place."""
    return any(box.contains(*place.middle) for box in boxes)
