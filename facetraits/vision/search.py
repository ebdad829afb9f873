"""How a whole picture is searched: at which sizes, in which windows, and which hits count.

YuNet finds faces of about 10 to 300 pixels. A picture of up to 1,024 pixels is searched
once, as it is. A larger one is searched at 640 pixels, for faces that fill it, and at 1,600,
for those of a group. A face that is too small even for that still leaves a trace, a hit with
a low score, and only around traces is the picture searched in finer windows. A 12-megapixel
portrait takes 60 ms this way; searching all of it at 3,072 pixels would take 133 ms more
(docs/performance.md).

In a search for small faces, parts of a large face look like faces themselves. So hits that
are too large for a search are ignored in it, and one person is not found twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels
from facetraits.vision.overlaps import overlaps
from facetraits.vision.yunet import SCORE, Rows, YuNet, not_too_thin

_ONE_PASS_PX = 1024
# The longer side of each of the three searches, and how short the shorter side may become: in a
# tall screenshot, scaling by the longer side alone would make the faces vanish.
_NEAR_PX, _NEAR_SHORTER_PX = 640, 160
_MIDDLE_PX, _MIDDLE_SHORTER_PX = 1600, 480
_FINE_PX, _FINE_SHORTER_PX = 3072, 1024
# A strip thinner than this is scaled by its longer side alone: it contains no face to lose.
_THINNEST_PX = 64
# Smaller pictures are enlarged, such as a 48-pixel picture of a face.
LEAST_SIDE_PX = 160

# A hit that scores too low for a face, but at least this much, is a trace.
_TRACE_SCORE = 0.05
# Limits for the longer side of a box, in pixels of the search that found it.
_LARGEST_IN_MIDDLE_PX = 300
_LARGEST_IN_FINE_PX = 160
_LARGEST_TRACE_PX = 64
# A face found in the middle search that has at least this size in the near search's pixels must
# have left a trace there, too, or it is not a face: each of 92 faces in 30 photos and montages did.
_SEEN_NEAR_PX = 48
_SAME_OVERLAP = 0.3
_COMPARED = 256

# A picture larger than a core with its margins is searched in parts. A face belongs to the part
# whose core contains its center; near a border, the two parts' estimates of the center may
# differ by up to _SLACK_PX.
_CORE_PX, _MARGIN_PX = 800, 96
_FINE_CORE_PX, _FINE_MARGIN_PX = 256, 48
# Only the best fine windows and hits are kept, which limits the time and memory that a picture
# full of faces can take.
_MOST_FINE_WINDOWS = 200
_MOST_HITS = 1_000
_SLACK_PX = 8

_XS, _YS = [0, *range(4, 14, 2)], [1, *range(5, 14, 2)]


@dataclass(frozen=True, slots=True)
class Scales:
    """Scales of the three searches relative to the picture, each at most 1."""

    near: float
    middle: float
    fine: float

    @classmethod
    def of(cls, width: int, height: int) -> Scales:
        longer, shorter = max(width, height), min(width, height)

        def scale(longer_px: int, shorter_px: int) -> float:
            enough = shorter_px / shorter if shorter >= _THINNEST_PX else 0.0
            return min(1.0, max(longer_px / longer, enough))

        return cls(
            scale(_NEAR_PX, _NEAR_SHORTER_PX),
            scale(_MIDDLE_PX, _MIDDLE_SHORTER_PX),
            scale(_FINE_PX, _FINE_SHORTER_PX),
        )


def search(yunet: YuNet, image: Pixels, least_score: float, most: int) -> Rows:
    """The faces in a picture, in its pixels; may contain duplicates found by two searches.

    Args:
        image: (h, w, 3) RGB uint8.
        least_score: minimum score of a face, 0..1.
        most: once this many are found, no finer search follows: it would only add smaller ones.
    """
    height, width = image.shape[:2]
    longer = max(height, width)
    if longer <= _ONE_PASS_PX:
        return search_once(yunet, image, max(longer, LEAST_SIDE_PX), least_score)
    scales = Scales.of(width, height)
    middle = resized(image, scales.middle)
    near = resized(middle, scales.near / scales.middle)
    trace_score = min(_TRACE_SCORE, least_score)
    rows = moved(_tiled(yunet, near, trace_score), *_factors(near, image))
    faces = rows[rows[:, SCORE] >= least_score]
    if len(faces) >= most or scales.near == scales.middle:
        return faces
    found = moved(_tiled(yunet, middle, trace_score), *_factors(middle, image))
    found = _no_larger(found, _LARGEST_IN_MIDDLE_PX / scales.middle)
    is_face = found[:, SCORE] >= least_score
    more = _seen_by(rows, found[is_face], _SEEN_NEAR_PX / scales.near)
    faces = np.concatenate((faces, more))
    if scales.fine <= scales.middle or len(faces) >= most:
        return faces
    traces = _no_larger(found[~is_face], _LARGEST_TRACE_PX / scales.middle)
    centers = _centers(traces)
    centers = centers[~_inside(centers, faces)]
    return np.concatenate((faces, _around(yunet, image, centers, scales.fine, least_score)))


def search_once(yunet: YuNet, image: Pixels, longer_px: int, least_score: float) -> Rows:
    """The faces found after scaling a picture to this longer side, in the picture's own pixels."""
    sized = resized(image, longer_px / max(image.shape[:2]))
    return moved(yunet(not_too_thin(sized), least_score), *_factors(sized, image))


def resized(image: Pixels, scale: float) -> Pixels:
    """Scales a picture: halves it as often as possible, then interpolates.

    Four times faster than averaging over areas in one step, and the same faces are found.
    """
    height, width = image.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    while width >= 2 * size[0] and height >= 2 * size[1]:
        width, height = width // 2, height // 2
        # Drop an odd last row or column, so that each new pixel is the mean of four.
        even = image[: 2 * height, : 2 * width]
        image = as_pixels(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA))
    if size == (width, height):
        return image
    return as_pixels(cv2.resize(image, size, interpolation=cv2.INTER_LINEAR))


def _factors(sized: Pixels, image: Pixels) -> tuple[float, float]:
    """Factors from pixels of the scaled picture to the original's: horizontal, vertical."""
    return image.shape[1] / sized.shape[1], image.shape[0] / sized.shape[0]


def moved(rows: Rows, across: float = 1, down: float = 1, left: float = 0, top: float = 0) -> Rows:
    """The rows, scaled and then shifted right and down."""
    rows = rows.copy()
    rows[:, 0:14:2] *= across
    rows[:, 1:14:2] *= down
    rows[:, _XS] += left
    rows[:, _YS] += top
    return rows


def _centers(rows: Rows) -> NDArray[np.float32]:
    """Centers of the boxes: (n, 2), in pixels."""
    return np.asarray(rows[:, :2] + rows[:, 2:4] / 2, np.float32)


def _no_larger(rows: Rows, side_px: float) -> Rows:
    return np.asarray(rows[rows[:, 2:4].max(axis=1) < side_px], np.float32)


def _seen_by(coarser: Rows, rows: Rows, side_px: float) -> Rows:
    """The rows smaller than side_px, or overlapping with something a coarser search found."""
    kept = rows[:, 2:4].max(axis=1) < side_px
    # A few at a time: a crowd has thousands, and all pairs are compared.
    large = np.flatnonzero(~kept)
    for start in range(0, len(large), _COMPARED):
        some = large[start : start + _COMPARED]
        kept[some] = (overlaps(rows[some], coarser) >= _SAME_OVERLAP).any(axis=1)
    return np.asarray(rows[kept], np.float32)


def _inside(points: NDArray[np.float32], rows: Rows) -> NDArray[np.bool_]:
    """(n, 2) points → (n,) bool: whether each lies in any of the boxes."""
    after = points[:, None] > rows[None, :, :2]
    before = points[:, None] < rows[None, :, :2] + rows[None, :, 2:4]
    inside = np.all(after & before, axis=2)
    return np.asarray(np.any(inside, axis=1))


def _tiled(yunet: YuNet, image: Pixels, least_score: float) -> Rows:
    """The faces in a picture that may be too large for one window."""
    height, width = image.shape[:2]
    found = []
    for down in windows(height):
        for across in windows(width):
            part = image[down.start : down.end, across.start : across.end]
            rows = yunet(not_too_thin(part), least_score)
            rows = moved(rows, left=across.start, top=down.start)
            x, y = _centers(rows).T
            found.append(rows[across.owns(x) & down.owns(y)])
    return _best(np.concatenate(found))


def _best(rows: Rows) -> Rows:
    """The best-scored rows, at most ``_MOST_HITS``, best first."""
    return np.asarray(rows[np.argsort(-rows[:, SCORE], kind="stable")[:_MOST_HITS]], np.float32)


@dataclass(frozen=True, slots=True)
class Window:
    """One window along one axis, in pixels; it owns the faces whose centers lie in its core."""

    start: int
    end: int
    core_start: float
    core_end: float

    def owns(self, center: NDArray[np.float32]) -> NDArray[np.bool_]:
        """(n,) pixels → (n,) bool. Both windows own centers close to their border."""
        after = center >= self.core_start - _SLACK_PX
        return np.asarray(after & (center < self.core_end + _SLACK_PX))


def windows(length: int) -> list[Window]:
    """As few windows of equal size as cover a length; the outermost cores extend beyond it."""
    count = max(1, math.ceil((length - 2 * _MARGIN_PX) / _CORE_PX))
    core = length / count
    # Windows at the ends have only one neighbor.
    size = math.ceil(core + _MARGIN_PX * min(count - 1, 2))
    size = min(length, math.ceil(size / 32) * 32)
    found = []
    for number in range(count):
        start = round((number + 0.5) * core - size / 2)
        start = min(max(0, start), length - size)
        found.append(
            Window(
                start,
                start + size,
                number * core if number else -math.inf,
                (number + 1) * core if number < count - 1 else math.inf,
            )
        )
    return found


def _around(
    yunet: YuNet, image: Pixels, points: NDArray[np.float32], scale: float, least_score: float
) -> Rows:
    """The faces near these points (best first), searched in windows at this scale."""
    # A dictionary removes duplicates and keeps the order.
    cells = dict.fromkeys((int(x), int(y)) for x, y in points * scale // _FINE_CORE_PX)
    found = [np.empty((0, 15), np.float32)]
    for column, row in list(cells)[:_MOST_FINE_WINDOWS]:
        height, width = image.shape[:2]
        across, down = _fine_window(column, width, scale), _fine_window(row, height, scale)
        part = image[down.start : down.end, across.start : across.end]
        sized = resized(part, scale)
        rows = _no_larger(yunet(not_too_thin(sized), least_score), _LARGEST_IN_FINE_PX)
        rows = moved(rows, *_factors(sized, part), across.start, down.start)
        x, y = _centers(rows).T
        found.append(rows[across.owns(x) & down.owns(y)])
    return _best(np.concatenate(found))


def _fine_window(cell: int, length: int, scale: float) -> Window:
    """The window around one cell of the fine grid, in the picture's pixels."""
    side = min(length, round((_FINE_CORE_PX + 2 * _FINE_MARGIN_PX) / scale))
    start = round((cell * _FINE_CORE_PX - _FINE_MARGIN_PX) / scale)
    start = min(max(0, start), length - side)
    core_start, core_end = (number * _FINE_CORE_PX / scale for number in (cell, cell + 1))
    return Window(start, start + side, core_start, core_end)
