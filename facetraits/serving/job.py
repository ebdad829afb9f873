"""A worker's input and output: the same in a worker process, in a thread, and in a test."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facetraits.reading.model import Reading
from facetraits.vision.decoding import decode
from facetraits.vision.encoding import encode_copy
from facetraits.vision.pipeline import FrameReader, Hints, Stopwatch


@dataclass(frozen=True, slots=True)
class Job:
    """One encoded picture to analyze.

    Attributes:
        data: the file's bytes, in any format that `decoding.decode` reads.
        request_id: identifies the reading.
        hints: for a camera frame, what is known from the previous one; None for a photo.
        keep_copy: whether to return a copy of the picture: see `encoding.encode_copy`.
    """

    data: bytes
    request_id: str
    hints: Hints | None = None
    keep_copy: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """A picture's reading, and a copy (an upright JPEG without metadata) if requested."""

    reading: Reading
    copy: bytes | None = None


def run(job: Job, reader: FrameReader, max_bytes: int, max_pixels: int) -> Analysis:
    """Decodes and analyzes the picture.

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
