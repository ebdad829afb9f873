"""Decodes pictures to upright pixels, within limits, whatever the bytes contain.

The format is recognized by content, never by file name. The size is checked in the header
before any pixel is decoded, so that a small file cannot unpack into a huge picture, and
work that no header shows (the scans of a JPEG) is counted beforehand. Color profiles are
not applied: treating Display P3 or Adobe RGB as sRGB costs traitnet 0.2 points of gender
accuracy and 0.01 years (docs/experiments.md), whereas converting 12 megapixels takes 0.2 s.
"""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pillow_heif
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from facetraits.errors import BadImage, FacetraitsError, TooLarge, UnsupportedType
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.model import Reading
from facetraits.vision.bitmaps import decode_bitmap, read_header
from facetraits.vision.exif import orientation_of, turned
from facetraits.vision.formats import FORMATS, sniff, stated_sizes
from facetraits.vision.memory import DECODING_BYTES, has_room, lacks_memory
from facetraits.vision.rgb import on_white, to_rgb

try:
    import simplejpeg
except ImportError:  # no wheel for Intel Macs: Pillow gives the same pixels, more slowly
    simplejpeg = None

pillow_heif.register_heif_opener()

_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_START_OF_SCAN = b"\xff\xda"
_END_OF_IMAGE = b"\xff\xd9"
_LOSSLESS_FRAMES = (b"\xff\xc3", b"\xff\xc7", b"\xff\xcb", b"\xff\xcf")
# The markers that are followed by a length, and the end-of-image marker.
_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
# Each scan of a progressive JPEG covers the whole picture, even where it adds nothing, at about
# a billion pixels per second. Cameras and editors write about ten scans.
_MOST_SCANNED_PIXELS = 2_500_000_000
# libjpeg fills missing rows with mid-gray.
_MISSING_GRAY = 128
_MOST_MISSING = 0.25
_COMPARED_ROWS = 64
_TOO_MUCH_MEMORY = "decoding the picture takes more memory than the server allows"


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture's pixels.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, turned upright according to EXIF, writable.
        truncated: whether the file ended early; the missing rows at the bottom are gray.
        animated: whether the file is an animation; these are its first frame.
        scale: how many pixels of the picture, along each side, one of these covers: 1, or 2 if it
            was decoded at half its width and height.
    """

    pixels: Pixels
    truncated: bool = False
    animated: bool = False
    scale: int = 1

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the picture, in its own pixels."""
        height, width = self.pixels.shape[:2]
        return width * self.scale, height * self.scale

    def described(self, reading: Reading) -> Reading:
        """The reading of these pixels, with what is to be known about their file."""
        if self.truncated:
            reading = replace(reading, truncated=True)
        return replace(reading, animated=True) if self.animated else reading


def decode_image(data: bytes, max_bytes: int, max_pixels: int) -> Pixels:
    """Like :func:`decode`, but returns only the pixels."""
    return decode(data, max_bytes, max_pixels).pixels


def decode(data: bytes, max_bytes: int, max_pixels: int, may_halve: bool = False) -> Decoded:
    """An encoded picture → its pixels.

    Only the first frame of an animation is decoded. Transparent parts become white; 16 bits
    per channel are scaled to 8; CMYK, palettes, gray and black-and-white become RGB. A JPEG
    whose end is missing, as some network cameras send, is decoded as far as it goes.

    Args:
        data: the file's content.
        max_bytes, max_pixels: limits for the file and for the picture.
        may_halve: whether half the width and height are enough. Intact JPEGs with even sides are
            then decoded at that size, which is faster; everything else is decoded in full.

    Raises:
        TooLarge: for more than max_bytes or max_pixels, or for more scans or memory than any
            ordinary picture needs.
        UnsupportedType: if the bytes are in none of the `FORMATS`.
        BadImage: for a picture that is empty, damaged or cut too short.
    """
    if not data:
        raise BadImage("the file is empty")
    if len(data) > max_bytes:
        raise TooLarge(f"the file has {len(data):,} bytes; the limit is {max_bytes:,}")
    kind = sniff(data)
    if kind is None:
        raise UnsupportedType(f"the file is not one of {', '.join(FORMATS.values())}")
    try:
        return _decode(data, kind, max_pixels, may_halve)
    except FacetraitsError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(f"the picture has more than {max_pixels:,} pixels, the limit") from error
    # Decoders raise all kinds of errors: struct.error, SyntaxError, zlib.error, EOFError, …
    except Exception as error:
        if lacks_memory(error):
            raise TooLarge(_TOO_MUCH_MEMORY) from error
        # Either too large for the decoder, which does not report that, or damaged.
        for width, height in stated_sizes(data, kind):
            _check_size(width, height, max_pixels)
            if not has_room(width * height * DECODING_BYTES):
                raise TooLarge(_TOO_MUCH_MEMORY) from error
        raise BadImage(f"the {FORMATS[kind]} file is damaged or cut short") from error


def _decode(data: bytes, kind: str, max_pixels: int, may_halve: bool) -> Decoded:
    if kind == "BMP":
        bitmap = _decode_bitmap(data, max_pixels)
        if bitmap is not None:
            return Decoded(bitmap)
    if kind == "WEBP":  # Pillow allocates eight bytes per pixel before it reports the size
        for width, height in stated_sizes(data, kind):
            _check_size(width, height, max_pixels)
    if kind != "JPEG":
        return _pillow(data, kind, max_pixels)
    intact = _turbo(data, max_pixels, may_halve)
    if intact is not None:
        return intact
    try:
        return _pillow(data, kind, max_pixels)
    except OSError:
        return _decode_cut_jpeg(data, max_pixels)


def _decode_bitmap(data: bytes, max_pixels: int) -> Pixels | None:
    header = read_header(data)
    if header is None:
        return None
    _check_size(header.width, header.height, max_pixels)
    return decode_bitmap(data, header)


def _turbo(data: bytes, max_pixels: int, may_halve: bool) -> Decoded | None:
    """Decodes a JPEG with libjpeg-turbo directly: Pillow's pixels in less than half the time.

    None for what is left to Pillow: CMYK, and files that are not fully intact.
    """
    if simplejpeg is None:
        return None
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        _check_size(*picture.size, max_pixels)
        _check_scans(data, "JPEG", picture)
        if picture.mode not in ("RGB", "L"):
            return None
        orientation, size = orientation_of(picture), picture.size
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(data)
        if (width, height) != size:  # the two libraries disagree about the header
            return None
        if may_halve and _can_halve(data, width, height):
            return Decoded(turned(_half(data, width, height), orientation), scale=2)
        return Decoded(turned(as_pixels(simplejpeg.decode_jpeg(data)), orientation))
    except ValueError:
        return None


def _can_halve(data: bytes, width: int, height: int) -> bool:
    return width % 2 == height % 2 == 0 and not _is_lossless(data)


def _is_lossless(data: bytes) -> bool:
    head = itertools.takewhile(lambda marker: marker != _START_OF_SCAN, _markers(data))
    return any(marker in _LOSSLESS_FRAMES for marker in head)


def _half(data: bytes, width: int, height: int) -> Pixels:
    # Whatever a JPEG claims to be, libjpeg-turbo may write all its pixels: it does not scale
    # lossless ones, which simplejpeg does not expect. So there is room for all of them.
    room = np.empty(height * width * 3, np.uint8)
    return as_pixels(
        simplejpeg.decode_jpeg(data, min_height=height // 2, min_width=width // 2, buffer=room)
    )


def _decode_cut_jpeg(data: bytes, max_pixels: int) -> Decoded:
    """Decodes a JPEG whose end is missing. Raises OSError or BadImage if too much is missing."""
    stored = _pillow(data + _END_OF_IMAGE, "JPEG", max_pixels, upright=False).pixels
    there, height = _rows_there(stored), stored.shape[0]
    if there < (1 - _MOST_MISSING) * height:
        raise BadImage(
            f"the JPEG file is damaged or cut short: {there} of its {height} rows are there"
        )
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        return Decoded(turned(stored, orientation_of(picture)), truncated=True)


def _rows_there(stored: Pixels) -> int:
    """The number of rows above those that libjpeg filled with gray."""
    # From the bottom, a few rows at a time: for a whole picture this would take a gigabyte.
    for end in range(stored.shape[0], 0, -_COMPARED_ROWS):
        start = max(0, end - _COMPARED_ROWS)
        # Unsigned bytes wrap around: values within one of the gray give 0 to 2.
        off = stored[start:end] - np.uint8(_MISSING_GRAY - 1)
        seen = np.flatnonzero((off > 2).any(axis=(1, 2)))
        if seen.size:
            return start + int(seen[-1]) + 1
    return 0


def _pillow(data: bytes, kind: str, max_pixels: int, upright: bool = True) -> Decoded:
    with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
        _check_size(*picture.size, max_pixels)
        _check_scans(data, kind, picture)
        frame = _first_frame(picture)
        picture.load()
        # The header and the pixels of a HEIC file may disagree about the size.
        _check_size(*picture.size, max_pixels)
        orientation = orientation_of(picture) if upright else 1
        rgb = to_rgb(picture)
        if frame is not None:
            rgb = on_white(rgb.crop(frame), picture.size, frame[:2])
        pixels = turned(np.array(rgb), orientation)
        return Decoded(pixels, animated=_is_animated(picture, kind))


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise BadImage(f"the picture has {width} x {height} pixels")
    if width * height > max_pixels:
        raise TooLarge(
            f"the picture has {width} x {height} = {width * height:,} pixels; "
            f"the limit is {max_pixels:,}"
        )


def _check_scans(data: bytes, kind: str, picture: Image.Image) -> None:
    if kind != "JPEG":
        return
    pixels = picture.width * picture.height
    # Counting over the whole file is fast, and can only count too many: within coded data 0xFF is
    # followed by 0, but a video that a phone appends to its photo has these bytes by chance.
    if data.count(_START_OF_SCAN) * pixels <= _MOST_SCANNED_PIXELS:
        return
    scans = _count_scans(data)
    if scans * pixels > _MOST_SCANNED_PIXELS:
        raise TooLarge(
            f"the JPEG has {scans:,} scans of {picture.width} x {picture.height} pixels; "
            f"the limit is {_MOST_SCANNED_PIXELS:,} scanned pixels"
        )


def _count_scans(data: bytes) -> int:
    """Scans that libjpeg would decode."""
    return sum(marker == _START_OF_SCAN for marker in _markers(data))


def _markers(data: bytes) -> Iterator[bytes]:
    """A JPEG's markers: not those inside other segments, nor those after the picture's end."""
    at = 2
    while (found := _SEGMENT.search(data, at)) is not None and found[0] != _END_OF_IMAGE:
        yield found[0]
        at = found.end() + max(2, int.from_bytes(data[found.end() : found.end() + 2], "big"))


def _first_frame(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """The part of a GIF's canvas that its first frame fills, or None if it fills all of it."""
    if not isinstance(picture, GifImageFile) or not picture.tile:
        return None
    frame = picture.tile[0].extents
    return None if frame == (0, 0, *picture.size) else frame


def _is_animated(picture: Image.Image, kind: str) -> bool:
    """Whether more frames follow; the several pictures of a HEIC file are not frames."""
    if kind not in _ANIMATED:
        return False
    try:
        # Looks for a GIF's second frame, which may be damaged: the first is all that counts.
        return bool(getattr(picture, "is_animated", False))
    except Exception:
        return False
