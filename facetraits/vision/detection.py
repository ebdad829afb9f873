"""Where the faces are, in pictures and in a camera's frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import FoundFace
from facetraits.vision.search import (
    FAR_PX,
    LEAST_PX,
    NEAR_PX,
    SCORE,
    moved,
    no_rows,
    scaled_to,
    search,
    search_at,
    shrunk,
    without_twins,
)
from facetraits.vision.yunet import Rows, load_yunet, not_too_thin

# A face that was here a moment ago is looked for in a square of so many times its side,
# scaled to so many pixels: it moves by less than half of itself between two frames.
_NEAR_REGION = 2.0
_NEAR_REGION_PX = 128
# A face that fills its picture to the edges is found once it has air around it.
_AIR = 0.25
_GRAY = (127, 127, 127)


class FaceDetector:
    """Finds faces. Not for two threads at once.

    Args:
        longest_side_px: no search is larger than this: smaller is faster and blinder.
        models_dir: the folder of the networks; by default those that come with the package.

    Raises:
        BadWeights: where the detector's file is missing or damaged.
    """

    def __init__(self, longest_side_px: int = FAR_PX, models_dir: Path | None = None) -> None:
        self._longest_side_px = longest_side_px
        self._yunet = load_yunet(models_dir or Paths.found().models)

    def _net(self, rgb: Pixels, least_score: float) -> Rows:
        return self._yunet(not_too_thin(rgb), least_score)

    def find(self, image: Pixels, most: int = 100) -> list[FoundFace]:
        """Finds the faces of a picture.

        Args:
            image: (h, w, 3) RGB uint8.
            most: so many of them are wanted.

        Returns:
            At most that many, largest first, boxes inside the picture.
        """
        rows = search(self._net, image, most, self._longest_side_px)
        if not len(rows):
            rows = self._search_with_air(image)
        return _faces(rows, image, most)

    def find_within(self, image: Pixels, longest_px: int, most: int = 100) -> list[FoundFace]:
        """Finds the faces of a picture in one search, no larger than this: fast, and blinder.

        Args:
            image: (h, w, 3) RGB uint8.
            longest_px: side of the search; small faces want a large one.
            most: so many of them are wanted.
        """
        side = max(LEAST_PX, min(longest_px, max(image.shape[:2])))
        return _faces(without_twins(search_at(self._net, image, side)), image, most)

    def find_near(self, image: Pixels, boxes: Sequence[Box], most: int = 100) -> list[FoundFace]:
        """Finds faces that were in these boxes a moment ago: fast, and blind elsewhere.

        Args:
            image: (h, w, 3) RGB uint8.
            boxes: where to look; in and around each.
            most: so many of them are wanted.
        """
        height, width = image.shape[:2]
        found = [no_rows()]
        for box in boxes:
            region = box.grown(_NEAR_REGION).clipped(width, height)
            if region is not None:
                found.append(self._search_region(image, region))
        return _faces(without_twins(np.concatenate(found)), image, most)

    def _search_region(self, image: Pixels, region: Box) -> Rows:
        left, top = int(region.x), int(region.y)
        right, bottom = (math.ceil(e) for e in (region.x + region.width, region.y + region.height))
        part = image[top:bottom, left:right]
        return moved(search_at(self._net, part, _NEAR_REGION_PX), left, top)

    def _search_with_air(self, image: Pixels) -> Rows:
        # Shrunk before it is padded: no picture on the way is larger than the search.
        small = shrunk(image, min(1.0, NEAR_PX / max(image.shape[:2])))
        # Of the shorter side: a face is no wider than that.
        edge = int(min(small.shape[:2]) * _AIR)
        wide = as_pixels(
            cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_GRAY)
        )
        side = max(LEAST_PX, min(max(wide.shape[:2]), NEAR_PX))
        return scaled_to(image, small, moved(search_at(self._net, wide, side), -edge, -edge))


def _faces(rows: Rows, image: Pixels, most: int) -> list[FoundFace]:
    height, width = image.shape[:2]
    found = [face for row in rows if (face := _to_face(row, width, height)) is not None]
    return sorted(found, key=lambda face: -face.box.area)[:most]


def _to_face(row: Rows, width: int, height: int) -> FoundFace | None:
    x, y, box_width, box_height = (float(value) for value in row[:4])
    if not (np.isfinite(row).all() and box_width > 0 and box_height > 0):
        return None
    box = Box(x, y, box_width, box_height).clipped(width, height)
    if box is None:
        return None
    score = min(1.0, max(0.0, float(row[SCORE])))
    return FoundFace(box, row[4:14].reshape(5, 2).copy(), score)
