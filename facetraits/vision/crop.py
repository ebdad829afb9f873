"""Pixels of one face: the single way a face becomes a network's input.

Training and serving both call :func:`fit_face`, so a face looks the same to a
network whether it comes from a data set or from a photo.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels, to_gray, to_rgb
from facetraits.reading.geometry import Landmarks, similarity

# Where the landmarks lie in a UTKFace and in a FER2013 picture, as shares of its
# side: the medians of what YuNet finds in 600 training pictures of each. Detected faces are moved
# so that their landmarks fall on these, and so look like the training data.
FRAMINGS: dict[str, NDArray[np.float32]] = {
    "utkface": np.array(
        [[0.296, 0.281], [0.685, 0.287], [0.481, 0.509], [0.313, 0.670], [0.649, 0.676]],
        np.float32,
    ),
    "fer2013": np.array(
        [[0.307, 0.380], [0.683, 0.381], [0.492, 0.589], [0.346, 0.761], [0.651, 0.756]],
        np.float32,
    ),
}

# Beyond this shrink factor a face is averaged down before it is warped: one warp would
# skip pixels, and what a camera's noise is would look like a wrinkle.
_MAX_SUPERSAMPLING = 4
# The face that is then warped is this many times finer than the network's input.
_LEFT_TO_WARP = 2
# Pixels around the part of a picture that is warped: what interpolation reaches for.
_MARGIN_PX = 2


def fit_face(
    image: Pixels,
    size_px: int,
    landmarks: Landmarks | None = None,
    framing: str = "utkface",
    color: bool = False,
) -> Pixels:
    """One face → (size_px, size_px) gray uint8, or (size_px, size_px, 3) RGB, as networks are fed.

    Args:
        image: (h, w, 3) RGB or (h, w) gray uint8.
        size_px: side of the square that comes back.
        landmarks: where the face is in the image. The face is turned, scaled and
            shifted so that they fall on the framing's. None: the whole image is
            the face, already framed (a data-set picture, a crop), and is only
            resized.
        framing: a key of ``FRAMINGS``.
        color: keep the colors; a gray picture then has three channels that are the same.

    Raises:
        ValueError: for an empty image or landmarks that are all one point.
    """
    if image.size == 0:
        raise ValueError(f"an empty picture has no face: shape {image.shape}")
    if landmarks is None:
        return _resize(_in_space(image, color), size_px)
    matrix = similarity(landmarks, FRAMINGS[framing] * size_px)
    return _warp(image, matrix, size_px, color)


def _in_space(image: Pixels, color: bool) -> Pixels:
    return to_rgb(image) if color else to_gray(image)


def _resize(face: Pixels, size_px: int) -> Pixels:
    shrinks = min(face.shape[:2]) > size_px
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    return as_pixels(cv2.resize(face, (size_px, size_px), interpolation=method))


def _warp(image: Pixels, matrix: NDArray[np.float64], size_px: int, color: bool) -> Pixels:
    """Warps finely, then averages down: what INTER_AREA does to training pictures."""
    face, matrix = _part_of(image, matrix, size_px)
    face = _in_space(face, color)
    if _shrink(matrix) > _MAX_SUPERSAMPLING:
        face, matrix = _averaged(face, matrix)
    fine = min(_MAX_SUPERSAMPLING, max(1, math.ceil(_shrink(matrix) - 1e-6)))
    side = size_px * fine
    matrix = matrix * fine
    # OpenCV warps between pixel centers, which lie half a pixel from our corners.
    matrix[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    warped = cv2.warpAffine(
        face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if fine > 1:
        warped = cv2.resize(warped, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return as_pixels(warped)


def _shrink(matrix: NDArray[np.float64]) -> float:
    """How many of the picture's pixels a transform puts on one of the face's, along a side."""
    return 1 / math.hypot(matrix[0, 0], matrix[1, 0])


def _part_of(
    image: Pixels, matrix: NDArray[np.float64], size_px: int
) -> tuple[Pixels, NDArray[np.float64]]:
    """The part of a picture that a transform shows, and the transform from there."""
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0], [size_px, 0], [0, size_px], [size_px, size_px]], np.float64)
    corners = corners @ back[:, :2].T + back[:, 2]
    height, width = image.shape[:2]
    least, most = corners.min(0) - _MARGIN_PX, corners.max(0) + _MARGIN_PX
    # At least one pixel: the picture's edge goes on where there is no picture.
    left, top = (int(np.clip(least[i], 0, side - 1)) for i, side in enumerate((width, height)))
    right, bottom = (
        int(np.clip(math.ceil(most[i]), first + 1, side))
        for i, (first, side) in enumerate(((left, width), (top, height)))
    )
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (left, top)
    return image[top:bottom, left:right], moved


def _averaged(face: Pixels, matrix: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    """The same face with fewer pixels, each the mean of those it stands for."""
    times = int(_shrink(matrix) / _LEFT_TO_WARP)
    height, width = face.shape[:2]
    size = (max(1, width // times), max(1, height // times))
    smaller = as_pixels(cv2.resize(face, size, interpolation=cv2.INTER_AREA))
    scaled = matrix.copy()
    scaled[:, 0] *= width / size[0]
    scaled[:, 1] *= height / size[1]
    return smaller, scaled
