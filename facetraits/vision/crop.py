"""The one way in which a face becomes a network's input.

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

# Landmark positions in a UTKFace and in a FER2013 picture, as fractions of its side: medians of
# what YuNet finds in 600 training pictures of each. Detected faces are aligned to these
# positions, so that they look like the training data.
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

# A face that must shrink by more than this factor is downsampled by averaging before it is warped:
# a single warp would skip pixels, and camera noise would look like wrinkles.
_MAX_SUPERSAMPLING = 4
# The face that is then warped has this many times the resolution of the network's input.
_LEFT_TO_WARP = 2
# Extra pixels around the part of a picture that is warped, needed by interpolation.
_MARGIN_PX = 2


def fit_face(
    image: Pixels,
    size_px: int,
    landmarks: Landmarks | None = None,
    framing: str = "utkface",
    color: bool = False,
) -> Pixels:
    """One face → a network's input: (size_px, size_px) gray or (size_px, size_px, 3) RGB, uint8.

    Args:
        image: (h, w, 3) RGB or (h, w) gray uint8.
        size_px: side of the returned square.
        landmarks: the face's landmarks in the image. The face is rotated, scaled and
            shifted so that they match those of the framing. None: the whole image is
            the face, already framed (a data-set picture, a crop), and is only
            resized.
        framing: a key of ``FRAMINGS``.
        color: keep the colors; a gray picture then gets three identical channels.

    Raises:
        ValueError: for an empty image, or landmarks that all coincide.
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
    """Warps at a higher resolution, then averages down, as INTER_AREA does to training pictures."""
    face, matrix = _part_of(image, matrix, size_px)
    face = _in_space(face, color)
    if _shrink(matrix) > _MAX_SUPERSAMPLING:
        face, matrix = _averaged(face, matrix)
    fine = min(_MAX_SUPERSAMPLING, max(1, math.ceil(_shrink(matrix) - 1e-6)))
    side = size_px * fine
    matrix = matrix * fine
    # OpenCV's coordinates refer to pixel centers, ours to pixel corners: half a pixel apart.
    matrix[:, 2] += 0.5 * (matrix[:, 0] + matrix[:, 1]) - 0.5
    warped = cv2.warpAffine(
        face, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    if fine > 1:
        warped = cv2.resize(warped, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return as_pixels(warped)


def _shrink(matrix: NDArray[np.float64]) -> float:
    """How many of the picture's pixels a transform maps to one of the face's, along one side."""
    return 1 / math.hypot(matrix[0, 0], matrix[1, 0])


def _part_of(
    image: Pixels, matrix: NDArray[np.float64], size_px: int
) -> tuple[Pixels, NDArray[np.float64]]:
    """The part of a picture that a transform needs, and the transform relative to that part."""
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([[0, 0], [size_px, 0], [0, size_px], [size_px, size_px]], np.float64)
    corners = corners @ back[:, :2].T + back[:, 2]
    height, width = image.shape[:2]
    least, most = corners.min(0) - _MARGIN_PX, corners.max(0) + _MARGIN_PX
    # At least one pixel: beyond the picture, its edge is repeated.
    left, top = (int(np.clip(least[i], 0, side - 1)) for i, side in enumerate((width, height)))
    right, bottom = (
        int(np.clip(math.ceil(most[i]), first + 1, side))
        for i, (first, side) in enumerate(((left, width), (top, height)))
    )
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ (left, top)
    return image[top:bottom, left:right], moved


def _averaged(face: Pixels, matrix: NDArray[np.float64]) -> tuple[Pixels, NDArray[np.float64]]:
    """The same face at a lower resolution, each pixel the mean of those it replaces."""
    times = int(_shrink(matrix) / _LEFT_TO_WARP)
    height, width = face.shape[:2]
    size = (max(1, width // times), max(1, height // times))
    smaller = as_pixels(cv2.resize(face, size, interpolation=cv2.INTER_AREA))
    scaled = matrix.copy()
    scaled[:, 0] *= width / size[0]
    scaled[:, 1] *= height / size[1]
    return smaller, scaled
