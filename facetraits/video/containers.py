"""Which videos are opened at all: allow-lists of containers, decoders, and addresses.

A file's container is identified by its first bytes, and FFmpeg is given that one demuxer, so
it never guesses: playlists (`m3u8`, `concat`), subtitles, and pictures are refused before that.
What is opened is a file object, and every attempt of a container to open another address fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, NoReturn

import av
from av.container import InputContainer

from facetraits.errors import BadVideo, UnsupportedType

HEAD_BYTES = 512

CONTAINERS = {
    "mov": "MP4 or QuickTime",
    "matroska": "WebM or Matroska",
    "avi": "AVI",
    "mpegts": "MPEG-TS",
    "mpeg": "MPEG-PS",
    "ogg": "Ogg",
}
"""FFmpeg's demuxer → the name for people."""

MIME_TYPES = ("video/mp4", "video/quicktime", "video/webm", "video/x-matroska", "video/x-msvideo")
"""What browsers call the usual ones; files without a known type are judged by their first bytes."""

DECODERS = (
    *("h264", "hevc", "vp8", "vp9", "libdav1d", "av1"),
    *("mpeg4", "mpeg2video", "mpeg1video", "h263", "theora", "dvvideo", "mjpeg", "prores"),
)
"""FFmpeg's decoders that may be used, for files and for cameras.

The option in `decoder_options` covers those that FFmpeg opens while it probes; whoever decodes has
to compare the stream's `codec_context.name` with this list.
"""

# The only demuxers that are opened, by all their names.
_DEMUXERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,ogg"
# ISO media files of these brands are pictures, not videos.
_PICTURE_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif", b"jpeg", b"crx ")
)
_ISO_BOXES = frozenset((b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"))
_TS_PACKET = 188
# Plain MPEG-TS, and with a time code of 4 bytes before each packet (cameras' M2TS).
_TS_STARTS = (0, 4)


def container_of(head: bytes) -> str | None:
    """A file's first ``HEAD_BYTES`` bytes → key of ``CONTAINERS``, or None if it is no video."""
    if head[4:8] in _ISO_BOXES:
        is_picture = head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS
        return None if is_picture else "mov"
    for magic, name in (
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"OggS", "ogg"),
        (b"\x00\x00\x01\xba", "mpeg"),
    ):
        if head.startswith(magic):
            return name
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    return "mpegts" if any(_is_ts(head, start) for start in _TS_STARTS) else None


def _is_ts(head: bytes, start: int) -> bool:
    step = _TS_PACKET + start
    marks = head[start::step]
    return len(marks) >= 2 and set(marks) == {0x47}


def decoder_options(max_pixels: int) -> dict[str, str]:
    """FFmpeg's options for every input: only these decoders, and no larger frames."""
    return {"codec_whitelist": ",".join(DECODERS), "max_pixels": str(max_pixels)}


def open_container(file: IO[bytes], max_pixels: int) -> InputContainer:
    """Opens a video from its first byte on.

    Args:
        file: seekable; it stays open.
        max_pixels: the limit of a frame's pixels for decoders.

    Raises:
        UnsupportedType: if the container is not one of ``CONTAINERS``.
        BadVideo: if it cannot be read.
    """
    file.seek(0)
    name = container_of(file.read(HEAD_BYTES))
    file.seek(0)
    if name is None:
        formats = ", ".join(CONTAINERS.values())
        raise UnsupportedType(f"the file is not a video in one of these formats: {formats}")
    options = {
        "format_whitelist": _DEMUXERS,
        "protocol_whitelist": "none",
        **decoder_options(max_pixels),
    }
    with damage_as_bad_video():
        return av.open(
            file, "r", format=name, options=options, metadata_errors="ignore", io_open=_refuse
        )


def _refuse(url: str, flags: int, options: Mapping[str, str]) -> NoReturn:
    raise PermissionError("a video must not open other files or addresses")


@contextmanager
def damage_as_bad_video() -> Iterator[None]:
    """Translates what FFmpeg raises for a damaged file, or for one that opens others."""
    try:
        yield
    except (av.FFmpegError, PermissionError) as error:
        raise BadVideo("the file seems to be damaged or incomplete") from error
