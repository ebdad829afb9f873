"""What to read of a video, and which files to make of it."""

from __future__ import annotations

from dataclasses import dataclass

from facetraits.video.painting import ANNOTATED, ANONYMIZED, COPY
from facetraits.video.results import BOXES, FRAMES_CSV, FRAMES_JSON


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of a reading.

    Attributes:
        per_second: frames to read for each second of video; None for all.
        csv, json: `frames.csv`, `frames.jsonl`.
        boxes: `boxes.jsonl`, for the page that plays the copy.
        copy: the video as it was read: upright, at most 1280 pixels, without sound or metadata.
        annotate: the same with boxes around the faces.
        anonymize: the same with faces blurred.
        thumbnails: a small picture of each face in the summary.
    """

    per_second: float | None = None
    csv: bool = False
    json: bool = False
    boxes: bool = False
    copy: bool = False
    annotate: bool = False
    anonymize: bool = False
    thumbnails: bool = False

    @property
    def files(self) -> list[str]:
        named = ((FRAMES_CSV, self.csv), (FRAMES_JSON, self.json), (BOXES, self.boxes))
        return [name for name, wanted in named if wanted]

    @property
    def videos(self) -> list[str]:
        named = ((COPY, self.copy), (ANNOTATED, self.annotate), (ANONYMIZED, self.anonymize))
        return [name for name, wanted in named if wanted]
