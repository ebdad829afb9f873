"""Bitmaps that Pillow reads slowly or not at all: run-length encoded, or with bit-field masks."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadImage
from facetraits.pixels import Pixels, as_pixels, to_rgb
from facetraits.vision.memory import DECODING_BYTES, has_room

_RUN_LENGTHS = (1, 2)  # RLE8, RLE4
_BIT_FIELDS = (3, 6)  # three or four masks
_FILE_HEADER = 14
_MASKS_AT = _FILE_HEADER + 40


@dataclass(frozen=True, slots=True)
class Header:
    """A bitmap's header.

    Attributes:
        offset: where the pixels begin, in bytes from the start of the file.
        width, height: in pixels.
        top_down: whether the first row in the file is the top one.
        bits: bits per pixel.
        compression: Windows' code: 0 none, 1 RLE8, 2 RLE4, 3 and 6 bit fields.
        masks: bit masks of red, green, blue and alpha; 0 for a missing channel.
    """

    offset: int
    width: int
    height: int
    top_down: bool
    bits: int
    compression: int
    masks: tuple[int, int, int, int]


def read_header(data: bytes) -> Header | None:
    """A bitmap's header, or None for the oldest kind, which has neither run lengths nor masks.

    Raises:
        BadImage: if the file ends within the header.
    """
    try:
        offset, size = struct.unpack_from("<4xII", data, 6)
        if size < 40:
            return None
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, 18)
        masks = (0, 0, 0, 0)
        if compression in _BIT_FIELDS:
            has_alpha = size >= 56 or compression == 6
            masks = struct.unpack_from("<4I" if has_alpha else "<3I", data, _MASKS_AT)
            masks = (*masks, 0)[:4]
    except struct.error as error:
        raise BadImage("the BMP file ends within its header") from error
    return Header(offset, width, abs(height), height < 0, bits, compression, masks)


def decode_bitmap(data: bytes, header: Header) -> Pixels | None:
    """A run-length or bit-field bitmap → (h, w, 3) RGB uint8; None for other kinds of bitmap.

    Transparent parts become white, as in every format.

    Raises:
        BadImage: if pixels are missing.
    """
    if header.compression in _RUN_LENGTHS:
        return _run_lengths(data, header)
    if header.compression in _BIT_FIELDS and header.bits in (16, 32):
        return _bit_fields(data, header)
    return None


def _run_lengths(data: bytes, header: Header) -> Pixels:
    # Pillow handles each run in a Python loop: 29 kB of runs take eight seconds.
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if bgr is None:
        # OpenCV does not report which it was: a lack of memory, or a damaged file.
        if not has_room(header.width * header.height * DECODING_BYTES):
            raise MemoryError
        raise BadImage("the BMP file is damaged or cut short")
    return as_pixels(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def _bit_fields(data: bytes, header: Header) -> Pixels:
    kind = np.dtype("<u2" if header.bits == 16 else "<u4")
    stride = (header.width * header.bits + 31) // 32 * 4
    rows = np.frombuffer(data, np.uint8, offset=min(header.offset, len(data)))
    if rows.size < stride * header.height:
        raise BadImage("the BMP file is damaged or cut short")
    rows = rows[: stride * header.height].reshape(header.height, stride)
    values = np.ascontiguousarray(rows).view(kind)[:, : header.width]
    if not header.top_down:
        values = values[::-1]
    red, green, blue, alpha = header.masks
    rgb = np.stack([_channel(values, mask) for mask in (red, green, blue)], axis=-1)
    return _on_white(rgb, _channel(values, alpha)) if alpha else to_rgb(rgb)


def _channel(values: NDArray[np.unsignedinteger], mask: int) -> Pixels:
    """One channel of packed pixels, scaled to 0..255."""
    if mask == 0:
        return np.zeros(values.shape, np.uint8)
    shift = (mask & -mask).bit_length() - 1
    most = mask >> shift
    parts = (values & values.dtype.type(mask)) >> values.dtype.type(shift)
    return as_pixels(np.rint(parts * (255.0 / most)))


def _on_white(rgb: Pixels, alpha: Pixels) -> Pixels:
    if not alpha.any():  # an unused alpha channel: browsers show such bitmaps as opaque
        return rgb
    share = alpha[..., None] / 255.0
    return np.rint(rgb * share + 255.0 * (1 - share)).astype(np.uint8)
