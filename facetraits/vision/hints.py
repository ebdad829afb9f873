"""What is known about a camera's frame before it is analyzed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facetraits.reading.geometry import Box

# A known face is searched for in a square of twice its size, scaled to 128 pixels. For a face of
# this size, half of the frame's resolution gives the search 96 of those 128 pixels.
_FOUND_IN_HALF_PX = 96


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known about a frame before it is analyzed.

    Attributes:
        boxes: where the faces were in the previous frame.
        search_px: search the whole frame, with this longer side; 0: look near the boxes,
            and search the whole frame only if a face is not found there again.
        width: width of the frame that the boxes refer to, in pixels; 0: same as the new one.
        want_traits: whether to classify the faces; if not, it is enough to find those near the
            boxes again.
    """

    boxes: tuple[Box, ...] = ()
    search_px: int = 0
    width: int = 0
    want_traits: bool = True

    @property
    def may_halve(self) -> bool:
        """Whether half of the frame's resolution is enough to find the faces again.

        That is, if the frame is as large as the previous one.
        """
        return not self.want_traits and are_found_in_half(self.boxes)

    def boxes_at(self, width: int) -> tuple[Box, ...]:
        """The boxes scaled to a frame of this width: clients adapt it to their connection."""
        factor = width / (self.width or width)
        return tuple(box.scaled(factor) for box in self.boxes)


def are_found_in_half(boxes: Sequence[Box]) -> bool:
    """Whether half of a frame's resolution is enough to find these faces again."""
    return all(box.shorter_side >= _FOUND_IN_HALF_PX for box in boxes)
