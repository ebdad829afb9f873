"""Face detection: where the faces in a picture are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import FoundFace, scaled
from facetraits.vision import orientation
from facetraits.vision.overlaps import without_overlaps
from facetraits.vision.search import LEAST_SIDE_PX, moved, resized, search, search_once
from facetraits.vision.yunet import SCORE, Rows, load_yunet

# A known face is searched for in a square this many times the longer side of its box, scaled to
# this many pixels: between two frames, a face moves by less than half its own size.
_NEAR_REGION = 2.0
_NEAR_REGION_PX = 128
# A face that fills its picture to the edges is found only with some space around it. This much
# is added on each side, as a fraction of the picture's shorter side.
_AIR = 0.25
_WITH_AIR_PX = 640
# Side of the search for a photo's orientation; faces too small for it are no reliable sign.
_TURNED_PX = 640

# For hiding faces, where a missed face is worse than a hidden lamp (docs/api.md).
_DOUBTFUL_SCORE = 0.3
MOST_DOUBTFUL = 1000
_ENLARGED, _SMALL_PX = 2.0, 1024

_GRAY = (127, 127, 127)

_SAME_FACE_OVERLAP = 0.4
_MOST_COMPARED = 2000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search of a photo that may not be upright found.

    Attributes:
        faces: the largest ones, largest first, in pixels of the photo as given.
        count: how many were found, of which `faces` are the largest. Small faces beyond the
            requested number are not looked for further, so there may be more.
        rotated_deg: the clockwise rotation that makes the photo upright: 0, 90, 180 or 270;
            0 whenever that is not clear.
    """

    faces: list[FoundFace]
    count: int
    rotated_deg: int = 0


class FaceDetector:
    """Finds faces. Not safe for use by two threads at once: the network has a single input.

    Args:
        least_score: minimum score of a face, 0..1; faces with a lower score are left out.
        models_dir: location of the networks; by default, those that come with the package.

    Raises:
        BadWeights: if there is no usable network for detecting faces.
    """

    def __init__(self, least_score: float = 0.6, models_dir: Path | None = None) -> None:
        self._least_score = least_score
        self._yunet = load_yunet(models_dir or Paths.found().models)

    def find(self, image: Pixels, most: int = 100) -> list[FoundFace]:
        """Finds the faces in a picture.

        Args:
            image: (h, w, 3) RGB uint8.
            most: return at most this many.

        Returns:
            The faces, largest first, with boxes clipped to the picture.
        """
        return self._find_all(image, most)[:most]

    def _find_all(self, image: Pixels, most: int) -> list[FoundFace]:
        """All that a search for this many faces found, largest first."""
        rows = search(self._yunet, image, self._least_score, most)
        if not len(rows):
            rows = self._search_with_air(image)
        return _faces(rows, image)

    def find_turned(self, image: Pixels, most: int = 100) -> Found:
        """Finds the faces in a photo that may be sideways or upside down.

        Args:
            image: (h, w, 3) RGB uint8.
            most: return at most this many.
        """
        found = self._find_all(image, most)
        degrees = self._upright_turn(image) if orientation.is_doubtful(found[:most]) else 0
        if degrees == 0:
            return Found(found[:most], len(found))
        turned = self._find_all(orientation.turned(image, degrees), most)
        back = [orientation.turned_back(face, image, degrees) for face in turned[:most]]
        return Found(back, len(turned), degrees)

    def find_doubtful(self, image: Pixels, most: int = MOST_DOUBTFUL) -> list[FoundFace]:
        """Finds faces to hide: also doubtful ones, and ones that lie on their side or upside down.

        More of what it finds is no face at all, so it is not for readings.

        Args:
            image: (h, w, 3) RGB uint8.
            most: return at most this many.
        """
        # Enlarged, so that the smallest faces of a small picture are found, too.
        factor = _ENLARGED if max(image.shape[:2]) <= _SMALL_PX else 1.0
        rows = search(self._yunet, resized(image, factor), _DOUBTFUL_SCORE, most)
        found = _faces(moved(rows, 1 / factor, 1 / factor), image)[:most]
        for degrees in orientation.TURNS[1:]:
            found += self._find_at(image, degrees, most)
        return found

    def _find_at(self, image: Pixels, degrees: int, most: int) -> list[FoundFace]:
        """The faces that are upright once the picture is rotated, searched for quickly."""
        small = resized(image, min(1.0, _TURNED_PX / max(image.shape[:2])))
        turned = orientation.turned(small, degrees)
        longer_px = max(LEAST_SIDE_PX, max(small.shape[:2]))
        rows = search_once(self._yunet, turned, longer_px, _DOUBTFUL_SCORE)
        faces = [orientation.turned_back(f, small, degrees) for f in _faces(rows, turned)[:most]]
        scale = image.shape[1] / small.shape[1]
        return [scaled(face, scale) for face in faces]

    def _upright_turn(self, image: Pixels) -> int:
        small = resized(image, min(1.0, _TURNED_PX / max(image.shape[:2])))
        side = max(LEAST_SIDE_PX, max(small.shape[:2]))
        rows = {
            degrees: self._search_once(orientation.turned(small, degrees), side)
            for degrees in orientation.TURNS
        }
        return orientation.clearest(rows)

    def find_within(self, image: Pixels, longest_px: int, most: int = 100) -> list[FoundFace]:
        """Finds the faces in a picture in one search of limited size: faster, but misses more.

        Args:
            image: (h, w, 3) RGB uint8.
            longest_px: maximum longer side of the search; small faces need a large one.
            most: return at most this many.
        """
        longer_px = max(LEAST_SIDE_PX, min(longest_px, max(image.shape[:2])))
        return _faces(self._search_once(image, longer_px), image)[:most]

    def find_near(self, image: Pixels, boxes: Sequence[Box], most: int = 100) -> list[FoundFace]:
        """Finds faces near their previous boxes: fast, but finds no faces elsewhere.

        Args:
            image: (h, w, 3) RGB uint8.
            boxes: where to look: in and around each.
            most: return at most this many.
        """
        height, width = image.shape[:2]
        found = [np.empty((0, 15), np.float32)]
        for box in boxes:
            region = box.grown(_NEAR_REGION).clipped(width, height)
            if region is not None:
                found.append(self._search_in(image, region))
        return _faces(np.concatenate(found), image)[:most]

    def _search_once(self, image: Pixels, longer_px: int) -> Rows:
        return search_once(self._yunet, image, longer_px, self._least_score)

    def _search_in(self, image: Pixels, region: Box) -> Rows:
        left, top = int(region.x), int(region.y)
        right, bottom = (math.ceil(e) for e in (region.x + region.width, region.y + region.height))
        rows = self._search_once(image[top:bottom, left:right], _NEAR_REGION_PX)
        return moved(rows, left=left, top=top)

    def _search_with_air(self, image: Pixels) -> Rows:
        # Shrink before padding, so that no intermediate picture is larger than the search needs.
        small = resized(image, min(1.0, _WITH_AIR_PX / max(image.shape[:2])))
        # A fraction of the shorter side, because a face is no wider than that.
        edge = int(min(small.shape[:2]) * _AIR)
        wide = as_pixels(
            cv2.copyMakeBorder(small, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_GRAY)
        )
        longer_px = max(LEAST_SIDE_PX, min(max(wide.shape[:2]), _WITH_AIR_PX))
        rows = self._search_once(wide, longer_px)
        across, down = (image.shape[axis] / small.shape[axis] for axis in (1, 0))
        return moved(moved(rows, left=-edge, top=-edge), across, down)


def _faces(rows: Rows, image: Pixels) -> list[FoundFace]:
    """The faces, largest first, boxes clipped to the picture, duplicates removed."""
    height, width = image.shape[:2]
    found = [face for row in rows if (face := _to_face(row, width, height)) is not None]
    # A crowd may have thousands: compare only the largest, which are more than are ever returned.
    found = sorted(found, key=lambda face: -face.box.area)[:_MOST_COMPARED]
    return sorted(_without_twins(found), key=lambda face: -face.box.area)


def _to_face(row: NDArray[np.float32], width: int, height: int) -> FoundFace | None:
    x, y, box_width, box_height = (float(value) for value in row[:4])
    if not (np.isfinite(row).all() and box_width > 0 and box_height > 0):
        return None
    box = Box(x, y, box_width, box_height).clipped(width, height)
    if box is None:
        return None
    return FoundFace(box, row[4:14].reshape(5, 2).copy(), min(1.0, max(0.0, float(row[SCORE]))))


def _without_twins(faces: list[FoundFace]) -> list[FoundFace]:
    """Removes duplicates of a face found by several searches, keeping the best-scored one."""
    faces = sorted(faces, key=lambda face: -face.score)
    boxes = np.array([(f.box.x, f.box.y, f.box.width, f.box.height) for f in faces])
    return [faces[index] for index in without_overlaps(boxes.reshape(-1, 4), _SAME_FACE_OVERLAP)]
