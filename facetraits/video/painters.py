"""What turns the frames of a video into those of another one, and a plain one of these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import Reading


@dataclass(slots=True)
class Painted:
    """A frame with what was read in it; between two readings, the last one.

    Attributes:
        boxes: of all faces in this very frame, if they are to be blurred: also those beyond the
            limit of a reading.
    """

    pixels: Pixels
    time_s: float
    reading: Reading
    boxes: Sequence[Box] = ()


class HeldBack(NamedTuple):
    """What a painter needs to go on in another process.

    Attributes:
        frames: how many of the last frames it holds back; it must be given them again.
        before_s: the time of the frame before those; None if there is none.
        state: JSON, without pixels.
    """

    frames: int = 0
    before_s: float | None = None
    state: Any = None


class Painter(Protocol):
    """Turns frames into those of a video."""

    def paint(self, frame: Painted) -> list[tuple[Pixels, float]]:
        """A frame → the frames that are complete, each with its time."""
        ...

    def rest(self) -> list[tuple[Pixels, float]]:
        """Those that it held back."""
        ...

    def held_back(self) -> HeldBack:
        """What `restore` needs; the painter is not changed."""
        ...

    def restore(self, state: Any, frames: Iterable[tuple[Pixels, float]]) -> None:
        """Makes a new painter go on from a state, with the frames that were held back."""
        ...


class Plain:
    """The frame as it is, or with boxes."""

    def __init__(
        self, draw: Callable[[Pixels, Reading], Pixels] = lambda pixels, _: pixels
    ) -> None:
        self._draw = draw

    def paint(self, frame: Painted) -> list[tuple[Pixels, float]]:
        return [(self._draw(frame.pixels, frame.reading), frame.time_s)]

    def rest(self) -> list[tuple[Pixels, float]]:
        return []

    def held_back(self) -> HeldBack:
        return HeldBack()

    def restore(self, state: Any, frames: Iterable[tuple[Pixels, float]]) -> None:
        """Does nothing: each frame stands alone."""
