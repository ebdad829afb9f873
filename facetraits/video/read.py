"""Reads a whole video: every frame's faces to result files, from a saved place if there is one.

Three threads work at it: one decodes frames, one finds the faces in those, and the caller's one
classifies the faces and writes the files.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol

import msgspec

from facetraits.reading.geometry import Box
from facetraits.reading.model import Reading
from facetraits.video.ahead import read_ahead
from facetraits.video.following import FaceAnswers, FaceFollower, Followed
from facetraits.video.frames import Frame, Start, Video, VideoLimits
from facetraits.video.painters import HeldBack, Painted
from facetraits.video.painting import ANNOTATED, ANONYMIZED, COPY, Paintings
from facetraits.video.results import BOXES, FRAMES_CSV, FRAMES_JSON, ResultFiles, scaled
from facetraits.video.tracks import Tracks
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.track_state import tracker_state
from facetraits.vision.tracking import Snapshot, Tracker

# About ten seconds of video, which take one or two to read.
PLACE_EVERY_FRAMES = 250
_AHEAD_FRAMES, _AHEAD_STEPS = 4, 2
# A face's series has at most about this many points.
_POINTS = 400
_LEAST_BIN_S, _BIN_S_OF_UNKNOWN = 0.5, 2.0
_MOST_STATE_BYTES = 50_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read, and which files to make of it.

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


class Progress(Protocol):
    """Receives the progress; whatever it raises ends the reading."""

    def report(self, progress: float, **detail: Any) -> None:
        """The share that is done, 0 to 1, and frames, seconds and faces so far."""
        ...

    def save_place(self, place: dict[str, Any]) -> None:
        """Where to go on; the result files contain everything up to it."""
        ...


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
        run = _Run(video, wanted, reader, make_tracker())
        resumed = run.restore(place) if place else _Resumed()
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


class _Pause:
    """When to save a place: every so many frames, and only before a frame that is due.

    A run that goes on from there needs no reading of an earlier frame.
    """

    def __init__(self, every_frames: int) -> None:
        self._every_frames = every_frames
        self._from: int | None = None

    def before(self, frame: Frame) -> bool:
        if self._from is None:
            self._from = frame.number
        if not frame.due or frame.number - self._from < self._every_frames:
            return False
        self._from = frame.number
        return True


@dataclass(frozen=True, slots=True)
class _Resumed:
    """Where a run goes on; by default, at the beginning.

    Attributes:
        start: before the frames that were held back.
        index: of the boxes so far.
        held: what the videos held back.
    """

    start: Start | None = None
    index: list[tuple[float, int]] = field(default_factory=list)
    held: HeldBack = field(default_factory=HeldBack)


@dataclass(frozen=True, slots=True)
class _Step:
    """A frame whose faces have been found.

    Attributes:
        frame: as it was decoded.
        followed: its faces; None if it is not read.
        boxes: all faces, if they are to be blurred, also in a frame that is not read.
        before: where the faces were before, if a place is to be saved first.
    """

    frame: Frame
    followed: Followed | None
    boxes: list[Box]
    before: Snapshot | None


class _Run:
    """The state of reading one video. One thread takes its `steps`, another does the rest."""

    def __init__(self, video: Video, wanted: Wanted, reader: FrameReader, tracker: Tracker) -> None:
        self._video, self._wanted = video, wanted
        self._follower = FaceFollower(reader, tracker, wanted.anonymize)
        self._answers = FaceAnswers(reader, tracker)
        duration_s = video.info.duration_s
        self._bin_s = max(_LEAST_BIN_S, duration_s / _POINTS) if duration_s else _BIN_S_OF_UNKNOWN
        self.tracks = Tracks(self._bin_s, wanted.thumbnails)
        self._latest: Reading | None = None
        self._read = 0
        self._frames = 0
        self._last_s = 0.0
        self._damaged_before = 0

    def steps(self, frames: Iterator[Frame], place_every_frames: int) -> Iterator[_Step]:
        """Finds the faces in each frame that is due, and in the first one."""
        pause, is_first = _Pause(place_every_frames), True
        for frame in frames:
            before = self._follower.snapshot() if pause.before(frame) else None
            followed = None
            if frame.due or is_first:
                followed = self._follower.follow(frame.pixels, frame.time_s)
            is_first = False
            yield _Step(frame, followed, self._boxes(frame, followed), before)

    def _boxes(self, frame: Frame, followed: Followed | None) -> list[Box]:
        if not self._wanted.anonymize:
            return []
        return self._follower.boxes(frame.pixels, followed.cut.faces if followed else None)

    def read(self, step: _Step, files: ResultFiles) -> Reading:
        """Classifies a frame's faces if they were found, and returns the latest reading."""
        frame = step.frame
        self._frames, self._last_s = frame.number + 1, frame.time_s
        if step.followed is not None:
            reading = self._latest = self._answers.read(step.followed)
            self._read += 1
            files.add_finished(self.tracks.add(reading.faces, frame.time_s, frame.pixels))
            factor = self._video.info.width / reading.width
            files.add(frame.number, frame.time_s, [scaled(face, factor) for face in reading.faces])
        assert self._latest is not None  # the first step always has faces
        return self._latest

    def report(self, frame: Frame, progress: Progress) -> None:
        duration_s = self._video.info.duration_s
        # Unknown: the progress is that of what was read of the file.
        share = frame.time_s / duration_s if duration_s else self._video.position
        progress.report(min(0.999, share), **self._counts())

    def report_end(self, progress: Progress) -> None:
        """The last one: everything is written."""
        progress.report(1.0, **self._counts())

    def _counts(self) -> dict[str, Any]:
        return {
            "frames": self._frames,
            "seconds": round(self._last_s, 1),
            "faces": self.tracks.count,
        }

    def place(self, faces: Snapshot, files: ResultFiles, held: HeldBack) -> dict[str, Any]:
        """JSON to go on from after the latest frame, where the faces were there."""
        state = {
            "tracks": self.tracks.state(),
            "tracker": tracker_state(faces),
            "index": files.index,
            "held": held,
        }
        return {
            "frame": self._frames - 1,
            "time_s": self._last_s,
            "read": self._read,
            "damaged": self._damaged,
            "state": base64.b64encode(zlib.compress(msgspec.json.encode(state))).decode(),
        }

    def restore(self, place: dict[str, Any]) -> _Resumed:
        """Goes on from a place."""
        packed = zlib.decompressobj().decompress(
            base64.b64decode(place["state"]), _MOST_STATE_BYTES
        )
        state = msgspec.json.decode(packed)
        self.tracks.restore(state["tracks"])
        self._follower.restore(state["tracker"])
        self._read, self._damaged_before = place["read"], place["damaged"]
        self._frames, self._last_s = place["frame"] + 1, place["time_s"]
        held = HeldBack(*state["held"])
        start: Start | None = Start(place["frame"], place["time_s"])
        if held.frames:
            before_s = held.before_s
            start = None if before_s is None else Start(place["frame"] - held.frames, before_s)
        return _Resumed(start, state["index"], held)

    @property
    def _damaged(self) -> int:
        return self._damaged_before + self._video.damaged

    def about(self) -> dict[str, Any]:
        """What the summary says about the video."""
        info = self._video.info
        return {
            "video": {
                **asdict(info),
                "fps": None if info.fps is None else round(info.fps, 3),
                "duration_s": round(self._last_s + 1 / (info.fps or 25), 3),
                "frames": self._frames,
                "frames_read": self._read,
                "truncated": self._video.truncated,
                "damaged_packets": self._damaged,
            },
            "per_second": self._wanted.per_second,
            "bin_s": self._bin_s,
        }
