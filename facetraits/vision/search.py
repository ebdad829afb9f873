"""Where a picture is searched, and how finely: most of a photo's time goes here.

YuNet finds faces of about 10 to 300 pixels. A picture of up to 1,024 pixels is searched once,
as it is. A larger one is searched at 640 pixels, for the faces that fill it, and at 1,600, for
those of a group. What leaves only a weak trace there, too small to be sure, is looked at again
at 3,072 pixels, in windows around the traces, and nowhere else. A picture more than four times
as long as wide would be squeezed: it is searched in tiles along its length.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels
from facetraits.vision.yunet import KEPT_PIXELS, Rows, YuNet

NEAR_PX = 640
ONE_PASS_PX = 1024
MIDDLE_PX = 1600
FAR_PX = 3072
# Smaller pictures are enlarged: a 48-pixel picture of a face is one.
LEAST_PX = 160

LEAST_SCORE = 0.6
# Columns of a row.
XS, YS, SCORE = [0, *range(4, 14, 2)], [1, *range(5, 14, 2)], 14

_ELONGATED = 4.0
_SHORT_SIDE_PX = 480
# A face of up to 160 pixels around its center is whole in the tile.
_TILE_CORE_PX, _TILE_MARGIN_PX = 800, 96
# In a finer search's own pixels. A larger face was seen by the search before, at 60 pixels and
# more; what only the finer one finds is part of a face, or none.
_LARGEST_MIDDLE_PX = 160
_LARGEST_FINE_PX = 160
# A face that is too small for the middle search leaves at least this score there.
_TRACE_SCORE = 0.02
_LARGEST_TRACE_PX = 64
_WINDOW_CORE_PX, _WINDOW_MARGIN_PX = 256, 48
_MOST_WINDOWS = 144
_SAME_FACE_OVERLAP = 0.4
# A finer search that is hardly finer finds nothing new.
_FINER = 1.25


def search(net: YuNet, rgb: Pixels, most: int, longest_px: int = FAR_PX) -> Rows:
    """The faces of a picture.

    Args:
        net: searches pixels as they are.
        rgb: (h, w, 3) uint8.
        most: once so many are found, no finer search is made: it would add smaller ones only.
        longest_px: no search is finer than a picture of this side.

    Returns:
        Rows in the picture's pixels, one a face.
    """
    height, width = rgb.shape[:2]
    longest, shortest = max(height, width), min(height, width)
    if longest <= ONE_PASS_PX or longest_px <= NEAR_PX:
        return without_twins(search_at(net, rgb, max(LEAST_PX, min(longest, longest_px))))
    if longest > _ELONGATED * shortest:
        return _search_elongated(net, rgb, longest_px)
    middle_px = min(longest, MIDDLE_PX, longest_px)
    middle = shrunk(rgb, middle_px / longest)
    rows = scaled_to(rgb, middle, search_at(net, middle, NEAR_PX))
    if len(rows) >= most:
        return without_twins(rows)
    finer = min(longest, longest_px) > _FINER * middle_px
    hits = _tiled(net, middle, _TRACE_SCORE if finer else LEAST_SCORE)
    hits = scaled_to(rgb, middle, hits[_side(hits) < _LARGEST_MIDDLE_PX])
    sure = hits[:, SCORE] >= LEAST_SCORE
    rows = np.concatenate((rows, hits[sure]))
    if finer and len(rows) < most:
        scale = min(1.0, FAR_PX / longest, longest_px / longest)
        traces = _traces(hits[~sure], rows, _LARGEST_TRACE_PX * longest / middle_px)
        rows = np.concatenate((rows, _search_windows(net, rgb, traces, scale)))
    return without_twins(rows)


def _search_elongated(net: YuNet, rgb: Pixels, longest_px: int) -> Rows:
    scale = min(1.0, _SHORT_SIDE_PX / min(rgb.shape[:2]))
    small = shrunk(rgb, scale)
    hits = scaled_to(rgb, small, _tiled(net, small, _TRACE_SCORE if scale < 1 else LEAST_SCORE))
    sure = hits[:, SCORE] >= LEAST_SCORE
    if scale == 1:
        return without_twins(hits)
    traces = _traces(hits[~sure], hits[sure], _LARGEST_TRACE_PX / scale)
    finer = min(1.0, 2 * scale * longest_px / FAR_PX)
    return without_twins(np.concatenate((hits[sure], _search_windows(net, rgb, traces, finer))))


def search_at(net: YuNet, rgb: Pixels, longest_px: int) -> Rows:
    """One search of the whole picture, scaled to that side."""
    longest = max(rgb.shape[:2])
    if longest_px == longest:
        return net(rgb, LEAST_SCORE)
    if longest_px < longest:
        small = shrunk(rgb, longest_px / longest)
    else:
        size = _size(rgb, longest_px / longest)
        small = as_pixels(cv2.resize(rgb, size, interpolation=cv2.INTER_LINEAR))
    return scaled_to(rgb, small, net(small, LEAST_SCORE))


def _size(rgb: Pixels, scale: float) -> tuple[int, int]:
    """Width and height, scaled."""
    height, width = rgb.shape[:2]
    return max(1, round(width * scale)), max(1, round(height * scale))


def shrunk(rgb: Pixels, scale: float) -> Pixels:
    """A smaller picture: halved as often as possible, then by less than half.

    OpenCV averages 2x2 pixels at memory's speed; averaging over any other area of 12 megapixels
    takes four times as long.
    """
    width, height = _size(rgb, scale)
    while rgb.shape[1] >= 2 * width and rgb.shape[0] >= 2 * height:
        # Without an odd last row or column: only whole pairs are that fast.
        even = rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2]
        half = (even.shape[1] // 2, even.shape[0] // 2)
        rgb = as_pixels(cv2.resize(even, half, interpolation=cv2.INTER_AREA))
    if (rgb.shape[1], rgb.shape[0]) == (width, height):
        return rgb
    return as_pixels(cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA))


def scaled_to(rgb: Pixels, small: Pixels, rows: Rows) -> Rows:
    """Rows in pixels of a smaller or larger copy → in those of the picture."""
    scaled = rows.copy()
    scaled[:, [*XS, 2]] *= rgb.shape[1] / small.shape[1]
    scaled[:, [*YS, 3]] *= rgb.shape[0] / small.shape[0]
    return scaled


def moved(rows: Rows, x: float, y: float) -> Rows:
    """Rows of a part of the picture that begins there → of the picture."""
    there = rows.copy()
    there[:, XS] += x
    there[:, YS] += y
    return there


def _tiled(net: YuNet, rgb: Pixels, least_score: float) -> Rows:
    """A search in tiles that overlap; each hit belongs to the tile in whose core its center is."""
    height, width = rgb.shape[:2]
    if max(height, LEAST_PX) * max(width, LEAST_PX) <= KEPT_PIXELS:
        return net(rgb, least_score)
    found = [no_rows()]
    for top, bottom, upper, lower in _tiles(height):
        for left, right, first, last in _tiles(width):
            hits = moved(net(rgb[top:bottom, left:right], least_score), left, top)
            x, y = _centers(hits).T
            found.append(hits[(x >= first) & (x < last) & (y >= upper) & (y < lower)])
    return np.concatenate(found)


def _tiles(length: int) -> Iterator[tuple[int, int, float, float]]:
    """Start, end, and the core's start and end: the cores cover everything, and overlap nowhere."""
    count = max(1, math.ceil((length - 2 * _TILE_MARGIN_PX) / _TILE_CORE_PX))
    step = length / count
    # All of one size: each other shape costs an interpreter of its own.
    size = min(length, math.ceil(step + _TILE_MARGIN_PX * min(count - 1, 2)))
    for number in range(count):
        middle = (number + 0.5) * step
        start = min(max(0, round(middle - size / 2)), length - size)
        first = -math.inf if number == 0 else number * step
        last = math.inf if number == count - 1 else (number + 1) * step
        yield start, start + size, first, last


def _traces(hits: Rows, known: Rows, largest_px: float) -> Rows:
    """The weak hits that are small, and not parts of faces that are known."""
    hits = hits[_side(hits) < largest_px]
    x, y = _centers(hits)[:, :1], _centers(hits)[:, 1:]
    inside = (x > known[:, 0]) & (x < known[:, 0] + known[:, 2])
    inside &= (y > known[:, 1]) & (y < known[:, 1] + known[:, 3])
    return hits[~inside.any(axis=1)]


def _search_windows(net: YuNet, rgb: Pixels, traces: Rows, scale: float) -> Rows:
    """Windows of the picture, scaled, around the traces: those of the best ones first."""
    found = [no_rows()]
    cells = (_centers(traces) * scale // _WINDOW_CORE_PX).astype(int)
    # A dictionary keeps their order, and each once.
    for column, row in list(dict.fromkeys(map(tuple, cells.tolist())))[:_MOST_WINDOWS]:
        hits = _search_window(net, rgb, scale, column * _WINDOW_CORE_PX, row * _WINDOW_CORE_PX)
        place = _centers(hits) * scale // _WINDOW_CORE_PX
        found.append(hits[(place[:, 0] == column) & (place[:, 1] == row)])
    return np.concatenate(found)


def _search_window(net: YuNet, rgb: Pixels, scale: float, x: int, y: int) -> Rows:
    side = _WINDOW_CORE_PX + 2 * _WINDOW_MARGIN_PX
    height, width = rgb.shape[:2]
    left, right = _span(x - _WINDOW_MARGIN_PX, side, scale, width)
    top, bottom = _span(y - _WINDOW_MARGIN_PX, side, scale, height)
    part = rgb[top:bottom, left:right]
    small = shrunk(part, scale)
    hits = net(small, LEAST_SCORE)
    hits = hits[_side(hits) < _LARGEST_FINE_PX]
    return moved(scaled_to(part, small, hits), left, top)


def _span(start: float, side: int, scale: float, length: int) -> tuple[int, int]:
    """The picture's pixels that a window covers: shifted at an edge, to keep its size."""
    start = max(0.0, min(start, length * scale - side))
    return round(start / scale), min(length, round((start + side) / scale))


def no_rows() -> Rows:
    return np.empty((0, SCORE + 1), np.float32)


def _centers(rows: Rows) -> NDArray[np.float32]:
    return np.asarray(rows[:, :2] + rows[:, 2:4] / 2, np.float32)


def _side(rows: Rows) -> NDArray[np.float32]:
    """The longer side of each box."""
    return np.asarray(np.maximum(rows[:, 2], rows[:, 3]))


def without_twins(rows: Rows) -> Rows:
    """One row of each face that several searches found: the best scored; best first."""
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")]
    right, bottom = rows[:, 0] + rows[:, 2], rows[:, 1] + rows[:, 3]
    area = rows[:, 2] * rows[:, 3]
    kept: list[int] = []
    for number in range(len(rows)):
        across = np.minimum(right[number], right[kept]) - np.maximum(rows[number, 0], rows[kept, 0])
        down = np.minimum(bottom[number], bottom[kept]) - np.maximum(rows[number, 1], rows[kept, 1])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        if (shared < _SAME_FACE_OVERLAP * (area[number] + area[kept] - shared)).all():
            kept.append(number)
    return rows[kept]
