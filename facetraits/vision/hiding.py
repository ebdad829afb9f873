"""Makes faces unrecognizable in a picture's pixels, in a way that cannot be undone.

Blurring and pixelating both start from the means of a coarse grid, a fixed number of cells
for each face, however many pixels it has. What the means do not contain is gone: unlike
a plain Gaussian blur, which can be sharpened again, nothing brings it back. Covering
leaves nothing of the face at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from facetraits.errors import BadRequest
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Box

STYLES = ("blur", "pixelate", "cover")

_NUMBERS = re.compile(r"[1-9][0-9]{0,3}(,[1-9][0-9]{0,3}){0,99}", re.ASCII)

# The ellipse over a face is this many times as wide and as high as its box, so that the
# corners of the box are inside it (that takes 1.42), and some of the hair.
_MARGIN = 1.5
# Cells along the longer side of the ellipse's box: five across the face itself.
_CELLS = 8
_COVER = (64, 64, 64)


@dataclass(frozen=True, slots=True)
class Hiding:
    """Which faces to hide, and how.

    Attributes:
        style: one of ``STYLES``.
        faces: numbers of the reading's faces, from 1; empty for all, and doubtful ones, too.

    Raises:
        BadRequest: for an unknown style, or a number below 1.
    """

    style: str = STYLES[0]
    faces: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise BadRequest(f"style={self.style[:50]!r} is not one of {', '.join(STYLES)}")
        if any(number < 1 for number in self.faces):
            raise BadRequest(f"faces={min(self.faces)} is below 1: faces are numbered from 1")

    @classmethod
    def parse(cls, style: str, faces: str) -> Self:
        """A style, and "all" or numbers separated by commas. Raises BadRequest."""
        if faces == "all":
            return cls(style)
        if not _NUMBERS.fullmatch(faces):
            raise BadRequest(f"faces={faces[:50]!r} is neither all nor numbers like 1,3")
        return cls(style, tuple(int(number) for number in faces.split(",")))


@dataclass(frozen=True, slots=True)
class Region:
    """The part of a picture that covers a face, in whole pixels inside the picture."""

    left: int
    top: int
    right: int
    bottom: int


def hide_faces(image: Pixels, boxes: Sequence[Box], style: str) -> Pixels:
    """Makes the faces in the boxes unrecognizable, in place.

    Args:
        image: (h, w, 3) RGB uint8, which is changed.
        boxes: of the faces, in pixels; parts outside the picture are left out.
        style: one of ``STYLES``.

    Returns:
        (h, w) uint8, 255 where the picture was changed and 0 elsewhere.
    """
    mask = np.zeros(image.shape[:2], np.uint8)
    for box in boxes:
        region = _region(box, image)
        if region.right <= region.left or region.bottom <= region.top:
            continue  # all of it is outside
        inside = _ellipse(box, region)
        part = image[region.top : region.bottom, region.left : region.right]
        part[inside > 0] = _hidden(part, style)[inside > 0]
        mask[region.top : region.bottom, region.left : region.right] |= inside
    return mask


def _region(box: Box, image: Pixels) -> Region:
    height, width = image.shape[:2]
    across, down = box.width * (_MARGIN - 1) / 2, box.height * (_MARGIN - 1) / 2
    return Region(
        max(0, math.floor(box.x - across)),
        max(0, math.floor(box.y - down)),
        min(width, math.ceil(box.x + box.width + across)),
        min(height, math.ceil(box.y + box.height + down)),
    )


def _ellipse(box: Box, region: Region) -> Pixels:
    """(h, w) uint8 of the region's size, 255 inside the ellipse around the box."""
    inside = np.zeros((region.bottom - region.top, region.right - region.left), np.uint8)
    middle = (box.x + box.width / 2 - region.left, box.y + box.height / 2 - region.top)
    # A pixel more, so that rounding never uncovers a corner of a tiny box.
    axes = (box.width * _MARGIN / 2 + 1, box.height * _MARGIN / 2 + 1)
    cv2.ellipse(
        inside,
        tuple(round(value) for value in middle),
        tuple(math.ceil(value) for value in axes),
        angle=0,
        startAngle=0,
        endAngle=360,
        color=255,
        thickness=cv2.FILLED,
    )
    return inside


def _hidden(part: Pixels, style: str) -> Pixels:
    """What is shown instead of a part of the picture."""
    if style == "cover":
        return np.full_like(part, _COVER)
    height, width = part.shape[:2]
    cell = max(height, width) / _CELLS
    grid = (max(1, round(width / cell)), max(1, round(height / cell)))
    means = cv2.resize(part, grid, interpolation=cv2.INTER_AREA)
    between = cv2.INTER_NEAREST if style == "pixelate" else cv2.INTER_CUBIC
    return as_pixels(cv2.resize(means, (width, height), interpolation=between))
