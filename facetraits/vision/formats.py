"""Recognizes a picture's format by its content, never by its file name."""

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
# Possible sizes of the header after a bitmap's first 14 bytes. "BM" alone may start a text file.
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
# The box in AVIF and HEIC files that states the size of one picture.
_SPATIAL_EXTENT = re.compile(rb"\x00\x00\x00\x14ispe\x00{4}(.{4})(.{4})", re.DOTALL)


def sniff(data: bytes) -> str | None:
    """The key of `FORMATS` that matches the first bytes, or None."""
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


def stated_sizes(data: bytes, kind: str) -> Iterator[tuple[int, int]]:
    """(width, height) in pixels of every picture that an AVIF, HEIC or WebP file declares.

    Read from the file's own boxes (ISO/IEC 23008-12, "ispe") or first chunk (RFC 9649), because
    the decoders reject pictures that are too large for them without giving their size.
    """
    if kind in ("AVIF", "HEIF"):
        for match in _SPATIAL_EXTENT.finditer(data):
            yield int.from_bytes(match[1], "big"), int.from_bytes(match[2], "big")
    elif kind == "WEBP" and len(data) >= 30:
        yield _webp_size(data)


def _webp_size(data: bytes) -> tuple[int, int]:
    def number(start: int, end: int) -> int:
        return int.from_bytes(data[start:end], "little")

    chunk = data[12:16]
    if chunk == b"VP8X":
        return number(24, 27) + 1, number(27, 30) + 1
    if chunk == b"VP8L":  # 14 bits each, after the signature byte
        return number(21, 23) % 2**14 + 1, (number(21, 25) >> 14) % 2**14 + 1
    return number(26, 28) % 2**14, number(28, 30) % 2**14
