"""A worker's input and output: the same in a worker process, in a thread, and in a test."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from facetraits.reading.model import FoundFace, Reading
from facetraits.vision.anonymize import Anonymized, anonymize
from facetraits.vision.decoding import decode
from facetraits.vision.encoding import encode_copy
from facetraits.vision.hiding import Hiding, hide_faces
from facetraits.vision.hints import Hints
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.stopwatch import Stopwatch


@dataclass(frozen=True, slots=True)
class Job:
    """One encoded picture to analyze.

    Attributes:
        data: the file's bytes, in any format that `decoding.decode` reads.
        request_id: identifies the reading.
        hints: for a camera frame, what is known from the previous one; None for a photo.
        keep_copy: whether to return a copy of the picture: see `encoding.encode_copy`.
        hiding: which faces to hide, and how, in what is returned of the picture: the copy or,
            without `keep_copy`, the picture itself; None to hide none.
    """

    data: bytes
    request_id: str
    hints: Hints | None = None
    keep_copy: bool = False
    hiding: Hiding | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    """A picture's reading, and what was requested of the picture.

    Attributes:
        reading: of the picture as it was sent.
        placed: in a camera frame for which no traits were wanted, the faces; the reading has none.
        copy: an upright JPEG without metadata.
        anonymized: the picture in its own format, with faces hidden.
        began_ns: when the worker began, in nanoseconds of Unix time; 0 if it does not say.
    """

    reading: Reading
    copy: bytes | None = None
    anonymized: Anonymized | None = None
    placed: tuple[FoundFace, ...] | None = None
    began_ns: int = 0


def run(job: Job, reader: FrameReader, max_bytes: int, max_pixels: int) -> Analysis:
    """Decodes and analyzes the picture.

    Raises:
        BadImage, UnsupportedType, TooLarge: see `decoding.decode`.
        BadRequest: if a face that is to be hidden is not there.
    """
    began_ns = time.time_ns()
    watch = Stopwatch()
    hints = job.hints
    decoded = decode(job.data, max_bytes, max_pixels, hints is not None and hints.may_halve)
    watch.lap("decode")
    if hints is None:
        reading = reader.read(decoded.pixels, job.request_id, watch)
    elif hints.want_traits:
        reading = reader.follow(decoded.pixels, hints, job.request_id, watch)
    else:
        placed = reader.place(decoded, hints)
        watch.lap("detect")
        if placed is not None:
            watch.lap("classify")  # 0
            reading = Reading(job.request_id, reader.nets, *decoded.size, watch.milliseconds())
            return Analysis(decoded.described(reading), placed=placed, began_ns=began_ns)
        # A face was lost: search the whole frame, and classify in full resolution what is there.
        if decoded.scale > 1:
            decoded = decode(job.data, max_bytes, max_pixels)
            watch.lap("decode")
        reading = reader.follow(decoded.pixels, replace(hints, boxes=()), job.request_id, watch)
    reading = decoded.described(reading)
    if job.hiding is None:
        copy = encode_copy(decoded.pixels) if job.keep_copy else None
        return Analysis(reading, copy, began_ns=began_ns)
    if job.keep_copy:
        boxes = reader.boxes_to_hide(decoded.pixels, reading, job.hiding.faces)
        hide_faces(decoded.pixels, boxes, job.hiding.style)
        return Analysis(reading, encode_copy(decoded.pixels), began_ns=began_ns)
    anonymized = anonymize(
        job.data, decoded.pixels, reading=reading, reader=reader, hiding=job.hiding
    )
    return Analysis(reading, anonymized=anonymized, began_ns=began_ns)
