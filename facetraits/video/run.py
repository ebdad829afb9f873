"""The state of reading one video: its frames' faces, their tracks, and how far it has come."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import msgspec

from facetraits.reading.geometry import Box
from facetraits.reading.model import Reading, scaled
from facetraits.video.following import FaceAnswers, FaceFollower, Followed
from facetraits.video.frames import Frame, Start, Video
from facetraits.video.painters import HeldBack
from facetraits.video.results import ResultFiles
from facetraits.video.tracks import Tracks
from facetraits.video.wanted import Wanted
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.track_state import tracker_state
from facetraits.vision.tracking import Snapshot, Tracker

# A face's series has at most about this many points.
_POINTS = 400
_LEAST_BIN_S, _BIN_S_OF_UNKNOWN = 0.5, 2.0
_MOST_STATE_BYTES = 50_000_000


class Progress(Protocol):
    """Receives the progress; whatever it raises ends the reading."""

    def report(self, progress: float, **detail: Any) -> None:
        """The share that is done, 0 to 1, and frames, seconds and faces so far."""
        ...

    def save_place(self, place: dict[str, Any]) -> None:
        """Where to go on; the result files contain everything up to it."""
        ...


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
class Resumed:
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
class Step:
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


class Run:
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
        self._damaged_before = self._damaged = 0

    def steps(self, frames: Iterator[Frame], place_every_frames: int) -> Iterator[Step]:
        """Finds the faces in each frame that is due, and in the first one."""
        pause, is_first = _Pause(place_every_frames), True
        for frame in frames:
            before = self._follower.snapshot() if pause.before(frame) else None
            followed = None
            if frame.due or is_first:
                followed = self._follower.follow(frame.pixels, frame.time_s)
            is_first = False
            yield Step(frame, followed, self._boxes(frame, followed), before)

    def _boxes(self, frame: Frame, followed: Followed | None) -> list[Box]:
        if not self._wanted.anonymize:
            return []
        return self._follower.boxes(frame.pixels, followed.cut.faces if followed else None)

    def read(self, step: Step, files: ResultFiles) -> Reading:
        """Classifies a frame's faces if they were found, and returns the latest reading."""
        frame = step.frame
        self._frames, self._last_s = frame.number + 1, frame.time_s
        # Later frames may already have been decoded, in the other thread.
        self._damaged = self._damaged_before + frame.damaged
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

    def restore(self, place: dict[str, Any]) -> Resumed:
        """Goes on from a place."""
        packed = zlib.decompressobj().decompress(
            base64.b64decode(place["state"]), _MOST_STATE_BYTES
        )
        state = msgspec.json.decode(packed)
        self.tracks.restore(state["tracks"])
        self._follower.restore(state["tracker"])
        self._read = place["read"]
        self._damaged = self._damaged_before = place["damaged"]
        self._frames, self._last_s = place["frame"] + 1, place["time_s"]
        held = HeldBack(*state["held"])
        start: Start | None = Start(place["frame"], place["time_s"])
        if held.frames:
            before_s = held.before_s
            start = None if before_s is None else Start(place["frame"] - held.frames, before_s)
        return Resumed(start, state["index"], held)

    def about(self) -> dict[str, Any]:
        """What the summary says about the video, once all of it was decoded."""
        info = self._video.info
        return {
            "video": {
                **asdict(info),
                "fps": None if info.fps is None else round(info.fps, 3),
                "duration_s": round(self._last_s + 1 / (info.fps or 25), 3),
                "frames": self._frames,
                "frames_read": self._read,
                "truncated": self._video.truncated,
                "damaged_packets": self._damaged_before + self._video.damaged,
            },
            "per_second": self._wanted.per_second,
            "bin_s": self._bin_s,
        }
