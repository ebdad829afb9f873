"""A video: the kind of job that follows the faces in a file.

Its options are "per_second", frames to read for each second of video or null for all; "keep",
"video" or "figures"; and "annotate" and "anonymize", whether to make those videos. It leaves the
files that `facetraits.video.results` and `painting` describe.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from facetraits.extras import needs_extra
from facetraits.jobs.task import Task
from facetraits.networks.classifiers import unsure_below
from facetraits.serving.worker import make_reader
from facetraits.vision.tracking import Tracker

KEEPS = ("video", "figures")


def read_video_file(task: Task) -> None:
    """Reads ``task.input``.

    Raises:
        BadSetting: if the extra "video" is not installed.
        UnsupportedType, VideoTooLarge, BadVideo: see `video.frames.Video`.
        BadWeights: if the networks cannot be used.
        JobCancelled: if the job was canceled.
    """
    with needs_extra("video", "reading a video"):
        from facetraits.video.frames import VideoLimits
        from facetraits.video.read import read_video
        from facetraits.video.wanted import Wanted

    settings, models, options = task.settings, task.paths.models, task.options
    keeps_video = options.get("keep") != "figures"
    wanted = Wanted(
        per_second=options.get("per_second"),
        csv=True,
        json=True,
        boxes=keeps_video,
        copy=keeps_video,
        annotate=keeps_video and bool(options.get("annotate")),
        anonymize=keeps_video and bool(options.get("anonymize")),
        thumbnails=keeps_video,
    )
    limits = VideoLimits(
        max_bytes=settings.upload_max_bytes,
        max_seconds=settings.video_max_seconds,
        max_pixels=settings.video_max_pixels,
    )
    with task.input.open("rb") as file:
        read_video(
            file,
            task.out,
            wanted,
            reader=make_reader(settings.nets, settings.max_faces, models),
            make_tracker=partial(Tracker, unsure_below(settings.nets, models), settings.nets),
            progress=_Reports(task, KEEPS[0] if keeps_video else KEEPS[1]),
            nets=settings.nets,
            limits=limits,
            place=task.place,
        )


class _Reports:
    """Passes on progress, with what is kept, for the page."""

    def __init__(self, task: Task, kept: str) -> None:
        self._task = task
        self._kept = kept

    def report(self, progress: float, **detail: Any) -> None:
        self._task.report(progress, kept=self._kept, **detail)

    def save_place(self, place: dict[str, Any]) -> None:
        self._task.save_place(place)
