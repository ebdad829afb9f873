"""Where the faces of a picture are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Box, overlap
from facetraits.reading.model import FoundFace
from facetraits.vision.yunet import load_yunet, not_too_thin

# YuNet finds faces of about 10 to 300 pixels. A picture up to the near size is
# searched once, as it is; a larger one once small, for the faces that fill it,
# and once large, for the small faces of a group.
_NEAR_SIDE_PX = 640
_ONE_PASS_SIDE_PX = 1024
_FAR_SIDE_PX = 3072
# Smaller pictures are enlarged: a 48-pixel picture of a face is one.
_LEAST_SIDE_PX = 160
# A face that was here a moment ago is looked for in a square of so many times its side,
# scaled to so many pixels: it moves by less than half of itself between two frames.
_NEAR_REGION = 2.0
_NEAR_REGION_PX = 128
_LANDMARK_XS, _LANDMARK_YS = range(4, 14, 2), range(5, 14, 2)
# A face that fills its picture to the edges is found once it has air around it.
_AIR = 0.25

_GRAY = (127, 127, 127)

_SAME_FACE_OVERLAP = 0.4


class FaceDetector:
    """Finds faces. Not for two threads at once: the network has one input.

    Args:
        least_score: faces scored lower, 0..1, are left out.
        longest_side_px: no search is larger than this: smaller is faster and blinder.
        models_dir: where the networks are; by default those that come with the package.

    Raises:
        BadWeights: where there is no network to find faces with.
    """

    def __init__(
        self,
        least_score: float = 0.6,
        longest_side_px: int = _FAR_SIDE_PX,
        models_dir: Path | None = None,
    ) -> None:
        self._least_score = least_score
        self._longest_side_px = longest_side_px
        self._yunet = load_yunet(models_dir or Paths.found().models)

    def find(self, image: Pixels, most: int = 100) -> list[FoundFace]:
        """Finds the faces of a picture.

        Args:
            image: (h, w, 3) RGB uint8.
            most: so many of them are wanted.

        Returns:
            At most that many, largest first, boxes inside the picture.
        """
        rows: list[NDArray[np.float32]] = []
        for side in self._search_sides(image):
            rows += self._search(image, side)
            if len(rows) >= most:  # a finer search would only add smaller ones
                break
        if not rows:
            rows = self._search_with_air(image)
        height, width = image.shape[:2]
        found = [face for row in rows if (face := _to_face(row, width, height)) is not None]
        return sorted(_without_twins(found), key=lambda face: -face.box.area)[:most]

    def find_within(self, image: Pixels, longest_px: int, most: int = 100) -> list[FoundFace]:
        """Finds the faces of a picture in one search, no larger than this: fast, and blinder.

        Args:
            image: (h, w, 3) RGB uint8.
            longest_px: side of the search; small faces want a large one.
            most: so many of them are wanted.
        """
        height, width = image.shape[:2]
        rows = self._search(image, max(_LEAST_SIDE_PX, min(longest_px, max(height, width))))
        found = [face for row in rows if (face := _to_face(row, width, height)) is not None]
        return sorted(_without_twins(found), key=lambda face: -face.box.area)[:most]

    def find_near(self, image: Pixels, boxes: Sequence[Box], most: int = 100) -> list[FoundFace]:
        """Finds faces that were in these boxes a moment ago: fast, and blind elsewhere.

        Args:
            image: (h, w, 3) RGB uint8.
            boxes: where to look; in and around each.
            most: so many of them are wanted.
        """
        height, width = image.shape[:2]
        found = []
        for box in boxes:
            region = box.grown(_NEAR_REGION).clipped(width, height)
            if region is not None:
                found += self._find_in(image, region)
        return sorted(_without_twins(found), key=lambda face: -face.box.area)[:most]

    def _find_in(self, image: Pixels, region: Box) -> list[FoundFace]:
        left, top = int(region.x), int(region.y)
        right, bottom = (math.ceil(e) for e in (region.x + region.width, region.y + region.height))
        part = image[top:bottom, left:right]
        height, width = image.shape[:2]
        found = []
        for row in self._search(part, _NEAR_REGION_PX):
            # x, y, width, height, then the landmarks' x and y in turn.
            row[[0, *_LANDMARK_XS]] += left
            row[[1, *_LANDMARK_YS]] += top
            face = _to_face(row, width, height)
            if face is not None:
                found.append(face)
        return found

    def _search_sides(self, image: Pixels) -> list[int]:
        longest = max(image.shape[:2])
        if longest <= _ONE_PASS_SIDE_PX:
            sides = [max(longest, _LEAST_SIDE_PX)]
        else:
            sides = [_NEAR_SIDE_PX, min(longest, _FAR_SIDE_PX)]
        return sorted({min(side, self._longest_side_px) for side in sides})

    def _search(self, image: Pixels, longest_px: int) -> list[NDArray[np.float32]]:
        """Rows of YuNet (box, five landmarks, score), in pixels of the given picture."""
        height, width = image.shape[:2]
        scale = longest_px / max(height, width)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if size != (width, height):
            method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            image = as_pixels(cv2.resize(image, size, interpolation=method))
        rows = self._yunet(not_too_thin(image), self._least_score)
        rows[:, 0:14:2] *= width / size[0]
        rows[:, 1:14:2] *= height / size[1]
        return list(rows)

    def _search_with_air(self, image: Pixels) -> list[NDArray[np.float32]]:
        height, width = image.shape[:2]
        # Shrunk before it is padded: no picture on the way is larger than the search.
        scale = min(1.0, _NEAR_SIDE_PX / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = image if scale == 1 else cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        # Of the shorter side: a face is no wider than that.
        edge = int(min(size) * _AIR)
        wide = as_pixels(
            cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_GRAY)
        )
        longest = min(max(wide.shape[:2]), _NEAR_SIDE_PX)
        rows = self._search(wide, max(longest, _LEAST_SIDE_PX))
        for row in rows:
            row[[0, *_LANDMARK_XS]] = (row[[0, *_LANDMARK_XS]] - edge) * width / size[0]
            row[[1, *_LANDMARK_YS]] = (row[[1, *_LANDMARK_YS]] - edge) * height / size[1]
            row[2] *= width / size[0]
            row[3] *= height / size[1]
        return rows


def _to_face(row: NDArray[np.float32], width: int, height: int) -> FoundFace | None:
    x, y, box_width, box_height = (float(value) for value in row[:4])
    if not (np.isfinite(row).all() and box_width > 0 and box_height > 0):
        return None
    box = Box(x, y, box_width, box_height).clipped(width, height)
    if box is None:
        return None
    return FoundFace(box, row[4:14].reshape(5, 2).copy(), min(1.0, max(0.0, float(row[14]))))


def _without_twins(faces: list[FoundFace]) -> list[FoundFace]:
    """One of each face that both searches found: the better scored."""
    kept: list[FoundFace] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if all(overlap(face.box, other.box) < _SAME_FACE_OVERLAP for other in kept):
            kept.append(face)
    return kept
