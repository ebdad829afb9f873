"""Encoded pictures to pixels: upright, within limits, whatever the bytes are.

The format is told by content, never by name. Sizes are checked on the header, before a
pixel is decoded, so that a small file cannot unpack into a huge picture. Color profiles
are not applied: faces whose Display P3 or Adobe RGB is taken for sRGB cost traitnet 0.2
points of gender and 0.01 years (docs/experiments.md), converting 12 megapixels 0.2 s.
"""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
from PIL import Image
from PIL.Image import Transpose

from facetraits.errors import BadImage, FacetraitsError, TooLarge, UnsupportedType
from facetraits.pixels import Pixels

pillow_heif.register_heif_opener()

# Pillow's name → ours.
FORMATS = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "WEBP": "WebP",
    "AVIF": "AVIF",
    "HEIF": "HEIC",
    "GIF": "GIF",
    "BMP": "BMP",
}
MIME_TYPES = (
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/avif",
    "image/heic",
    "image/heif",
    "image/gif",
    "image/bmp",
)
_MAGIC = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
}
_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"}
# The sizes of the header that follows a bitmap's first 14 bytes. "BM" alone begins words, too.
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}

_ORIENTATION_TAG = 0x0112
_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def decode_image(data: bytes, max_bytes: int, max_pixels: int) -> Pixels:
    """An encoded picture → (h, w, 3) uint8 RGB, upright by EXIF, writable.

    Of an animation the first frame. Transparent parts become white; 16 bits a channel are
    scaled to 8; CMYK, palettes, gray and black-and-white become RGB.

    Raises:
        TooLarge: for more than max_bytes, or max_pixels.
        UnsupportedType: for bytes that are none of `FORMATS`.
        BadImage: for an empty, damaged or truncated picture.
    """
    if not data:
        raise BadImage("the file is empty")
    if len(data) > max_bytes:
        raise TooLarge(f"the file has {len(data):,} bytes; the limit is {max_bytes:,}")
    kind = sniff(data)
    if kind is None:
        raise UnsupportedType(f"the file is none of {', '.join(FORMATS.values())}")
    try:
        return _decode(data, kind, max_pixels)
    except FacetraitsError:
        raise
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooLarge(f"the picture has more than {max_pixels:,} pixels, the limit") from error
    # Decoders raise whatever they trip over: struct.error, SyntaxError, zlib.error, EOFError, …
    except Exception as error:
        raise BadImage(f"the {FORMATS[kind]} file is damaged or cut short") from error


def sniff(data: bytes) -> str | None:
    """The key of `FORMATS` that the first bytes say, or None."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    if data[:2] == b"BM" and int.from_bytes(data[14:18], "little") in _BITMAP_HEADERS:
        return "BMP"
    if data[4:8] == b"ftyp":
        return _sniff_iso_media(data)
    return None


def _sniff_iso_media(data: bytes) -> str | None:
    """AVIF, HEIC and MP4 share a container; the brands in its first box tell them apart."""
    box = data[8 : min(int.from_bytes(data[:4], "big"), 256)]
    brands = {box[i : i + 4] for i in range(0, len(box), 4)}
    if brands & _AVIF_BRANDS:
        return "AVIF"
    return "HEIF" if brands & _HEIF_BRANDS else None


def _decode(data: bytes, kind: str, max_pixels: int) -> Pixels:
    with Image.open(io.BytesIO(data), formats=(kind,)) as picture:
        _check_size(picture, max_pixels)
        picture.load()
        # HEIC's header and its pixels may disagree.
        _check_size(picture, max_pixels)
        turn = _UPRIGHT.get(_orientation(picture))
        rgb = _to_rgb(picture)
        return np.array(rgb if turn is None else rgb.transpose(turn))


def _check_size(picture: Image.Image, max_pixels: int) -> None:
    width, height = picture.size
    if width < 1 or height < 1:
        raise BadImage(f"the picture has {width} x {height} pixels")
    if width * height > max_pixels:
        raise TooLarge(
            f"the picture has {width} x {height} = {width * height:,} pixels; "
            f"the limit is {max_pixels:,}"
        )


def _orientation(picture: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; 1 where the block is unreadable, for the pixels are not."""
    try:
        return int(picture.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        return 1


def _to_rgb(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        return _from_sixteen_bits(picture)
    if not picture.has_transparency_data:
        # convert() would copy a picture that is RGB already.
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    if picture.mode != "RGBA":
        picture = picture.convert("RGBA")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _from_sixteen_bits(picture: Image.Image) -> Image.Image:
    """Scaled: Pillow's own conversion clips, and all above 255 of 65535 would be white."""
    deep = np.asarray(picture).astype(np.uint32)
    return Image.fromarray((deep // 257).astype(np.uint8)).convert("RGB")
