"""What a worker is given and what comes back: the same in its process, in a thread, in a test."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facetraits.reading.model import Reading
from facetraits.vision.decoding import decode
from facetraits.vision.encoding import encode_copy
from facetraits.vision.pipeline import FrameReader, Hints, Stopwatch


@dataclass(frozen=True, slots=True)
class Job:
    """One encoded picture to read.

    Attributes:
        data: the file, in any format that `decoding.decode` reads.
        request_id: names the reading.
        hints: what the frame before it showed, for a frame of a camera; None for a photo.
        keep_copy: whether a copy of the picture is wanted: see `encoding.encode_copy`.
    """

    data: bytes
    request_id: str
    hints: Hints | None = None
    keep_copy: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """A picture's reading, and its copy (an upright JPEG without metadata) if the job asked."""

    reading: Reading
    copy: bytes | None = None


def run(job: Job, reader: FrameReader, max_bytes: int, max_pixels: int) -> Analysis:
    """Decodes the picture and reads it.

    Raises:
        BadImage, UnsupportedType, TooLarge: see `decoding.decode`.
    """
    watch = Stopwatch()
    decoded = decode(job.data, max_bytes, max_pixels)
    watch.lap("decode")
    if job.hints is None:
        reading = reader.read(decoded.pixels, job.request_id, watch)
    else:
        reading = reader.follow(decoded.pixels, job.hints, job.request_id, watch)
    if decoded.truncated:
        reading = replace(reading, truncated=True)
    return Analysis(reading, encode_copy(decoded.pixels) if job.keep_copy else None)
