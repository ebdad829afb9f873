"""Which format some bytes are in, told by their content and never by a name."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
# A box of AVIF and HEIC that states the size of one picture in the file.
_SPATIAL_EXTENT = re.compile(rb"\x00\x00\x00\x14ispe\x00{4}(.{4})(.{4})", re.DOTALL)


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


def iso_media_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) of every picture that an AVIF or HEIC file says it has.

    Read from the file's own boxes (ISO/IEC 23008-12, "ispe"), since the decoders refuse
    what is too large for them without saying its size.
    """
    for match in _SPATIAL_EXTENT.finditer(data):
        yield int.from_bytes(match[1], "big"), int.from_bytes(match[2], "big")
