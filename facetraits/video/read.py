"""Reads a whole video: every frame's faces to result files, from a saved place if there is one.

Three threads work at it: one decodes frames, one finds the faces in those, and the caller's one
classifies the faces and writes the files.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import IO, Any

from facetraits.video.ahead import read_ahead
from facetraits.video.frames import Video, VideoLimits
from facetraits.video.painters import HeldBack, Painted
from facetraits.video.painting import Paintings
from facetraits.video.results import ResultFiles
from facetraits.video.run import Progress, Resumed, Run
from facetraits.video.wanted import Wanted
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.tracking import Tracker

# About ten seconds of video, which take one or two to read.
PLACE_EVERY_FRAMES = 250
_AHEAD_FRAMES, _AHEAD_STEPS = 4, 2


def read_video(
    source: IO[bytes],
    out: Path,
    wanted: Wanted,
    *,
    reader: FrameReader,
    make_tracker: Callable[[], Tracker],
    progress: Progress,
    nets: str,
    limits: VideoLimits | None = None,
    place: dict[str, Any] | None = None,
    place_every_frames: int = PLACE_EVERY_FRAMES,
) -> dict[str, Any]:
    """Reads a video, and returns what is in `summary.json`.

    Args:
        source: the file, seekable.
        out: an existing folder; with a place, as it was when the place was saved.
        wanted: what to read and make.
        reader: analyzes the frames.
        make_tracker: a new tracker.
        progress: receives the progress.
        nets: the name of the networks, for the summary.
        limits: what is refused.
        place: what was saved last; None to begin.
        place_every_frames: how often a place is saved, counting every frame of the file. Each one
            forgets when faces were searched for, so that reading continues from it as it would have
            without an interruption.

    Raises:
        UnsupportedType, VideoTooLarge, BadVideo: see `frames.Video`.
    """
    with Video(source, limits) as video, ExitStack() as stack:
        run = Run(video, wanted, reader, make_tracker())
        resumed = run.restore(place) if place else Resumed()
        files = stack.enter_context(ResultFiles(out, wanted.files, resumed.index))
        paintings = _paintings(video, wanted, out, stack)
        frames = video.frames(wanted.per_second, resumed.start, only_due=paintings is None)
        decoded = stack.enter_context(read_ahead(frames, _AHEAD_FRAMES))
        if paintings is not None and place:
            again = islice(decoded, resumed.held.frames)
            paintings.restore(resumed.held.state, ((f.pixels, f.time_s) for f in again))
        with read_ahead(run.steps(decoded, place_every_frames), _AHEAD_STEPS) as steps:
            for step in steps:
                if step.before is not None:
                    files.flush()
                    held = paintings.flush() if paintings is not None else HeldBack()
                    progress.save_place(run.place(step.before, files, held))
                reading = run.read(step, files)
                if paintings is not None:
                    frame = step.frame
                    paintings.add(Painted(frame.pixels, frame.time_s, reading, step.boxes))
                run.report(step.frame, progress)
        files.add_finished(run.tracks.end())
        if paintings is not None:
            paintings.finish()
        summary = files.write_summary({"nets": nets, **run.about()})
        run.report_end(progress)
        return summary


def _paintings(video: Video, wanted: Wanted, out: Path, stack: ExitStack) -> Paintings | None:
    if not wanted.videos:
        return None
    width, height = video.read_size
    return stack.enter_context(Paintings(out, wanted.videos, width, height))
