"""Encodes the copy of a picture that is stored with a kept result."""

from __future__ import annotations

import cv2
import numpy as np

from facetraits.pixels import Pixels, as_pixels

COPY_PX = 1600
_QUALITY = 85


def encode_copy(image: Pixels) -> bytes:
    """(h, w, 3) RGB uint8 → a JPEG of at most `COPY_PX` pixels per side.

    Made from the pixels alone, so that it contains no metadata that a camera added (place,
    time, thumbnail of the uncropped scene).
    """
    bgr = cv2.cvtColor(shrunk(image, COPY_PX), cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.asarray(encoded).tobytes()


def decode_copy(copy: bytes, longest_px: int) -> Pixels:
    """A copy from `encode_copy` → (h, w, 3) RGB uint8 of at most longest_px per side.

    For our own copies only: strangers' bytes are decoded in a worker.
    """
    bgr = cv2.imdecode(np.frombuffer(copy, np.uint8), cv2.IMREAD_COLOR)
    return shrunk(as_pixels(cv2.cvtColor(as_pixels(bgr), cv2.COLOR_BGR2RGB)), longest_px)


def shrunk(image: Pixels, longest_px: int) -> Pixels:
    """The image, shrunk if needed so that its longer side is at most longest_px."""
    height, width = image.shape[:2]
    scale = longest_px / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return as_pixels(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
