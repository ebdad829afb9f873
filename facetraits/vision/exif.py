"""Reads the EXIF orientation and turns pictures upright accordingly."""

from __future__ import annotations

from collections.abc import Callable

import cv2
from PIL import Image

from facetraits.pixels import Pixels, as_pixels

_ORIENTATION_TAG = 0x0112
_UPRIGHT: dict[int, Callable[[Pixels], cv2.typing.MatLike]] = {
    2: lambda stored: cv2.flip(stored, 1),
    3: lambda stored: cv2.rotate(stored, cv2.ROTATE_180),
    4: lambda stored: cv2.flip(stored, 0),
    5: cv2.transpose,
    6: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_CLOCKWISE),
    7: lambda stored: cv2.rotate(cv2.transpose(stored), cv2.ROTATE_180),
    8: lambda stored: cv2.rotate(stored, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def turned(stored: Pixels, orientation: int) -> Pixels:
    """The pixels as they should be displayed, contiguous in memory."""
    turn = _UPRIGHT.get(orientation)
    return stored if turn is None else as_pixels(turn(stored))


def orientation_of(picture: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 if the block is unreadable, since the pixels may still be fine.

    XMP's orientation, which Pillow uses if EXIF has none, is ignored: no browser applies it.
    """
    for key in ("XML:com.adobe.xmp", "xmp"):
        picture.info.pop(key, None)
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1
