"""Follows a video's faces from frame to frame, as the live page does a camera's.

In two halves, so that two threads can work at it: :class:`FaceFollower` finds the faces of a frame
while :class:`FaceAnswers` classifies those of earlier ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import FoundFace, Reading
from facetraits.serving.search_plan import FINE, SearchPlan
from facetraits.vision.hints import Hints
from facetraits.vision.pipeline import CutFaces, FrameReader
from facetraits.vision.track_state import restore_tracker
from facetraits.vision.tracking import Sighting, Snapshot, Tracker


@dataclass(frozen=True, slots=True)
class Followed:
    """The faces of a frame, without their traits.

    Attributes:
        cut: the faces.
        sightings: for each, the track that it continues.
    """

    cut: CutFaces
    sightings: Sequence[Sighting]


class FaceFollower:
    """Finds the faces of one video. Not safe for use by two threads at once.

    Args:
        reader: finds the faces.
        tracker: a new one.
        search_all: whether to search every frame completely, so that a new face is found in its
            first frame, not up to a fifth of a second later: a covered picture needs that.
    """

    def __init__(self, reader: FrameReader, tracker: Tracker, search_all: bool = False) -> None:
        self._reader = reader
        self._tracker = tracker
        self._search_all = search_all
        self._plan = SearchPlan()

    def follow(self, pixels: Pixels, time_s: float) -> Followed:
        """(h, w, 3) RGB uint8, shown at that time → its faces, with track numbers."""
        search_px = self._plan.search_px(time_s, others_wait=False)
        if self._search_all:
            search_px = FINE.search_px
        hints = Hints(self._tracker.boxes, search_px, self._tracker.width)
        cut = self._reader.find_again(pixels, hints)
        return Followed(cut, self._tracker.place(cut.faces, time_s, cut.width))

    def boxes(self, pixels: Pixels, found: Sequence[FoundFace] | None) -> list[Box]:
        """All faces of a frame, also those beyond the limit of a reading.

        Args:
            pixels: of the frame.
            found: the faces that were found in this very frame; None if it was not searched.
        """
        if found is not None and len(found) < self._reader.max_faces:
            return [face.box for face in found]
        return self._reader.boxes_within(pixels, FINE.search_px)

    def snapshot(self) -> Snapshot:
        """What is remembered; the next frame is searched completely, here and after `restore`."""
        self._plan = SearchPlan()
        return self._tracker.snapshot()

    def restore(self, state: str) -> None:
        """Goes on from a state of the same video. Raises ValueError if it is not one."""
        restore_tracker(self._tracker, state)


class FaceAnswers:
    """Reads the faces that were followed, frame by frame. Not safe for use by two threads at once.

    Args:
        reader: classifies the faces; another thread may use it to find those of later frames.
        tracker: the one that follows them.
    """

    def __init__(self, reader: FrameReader, tracker: Tracker) -> None:
        self._reader = reader
        self._tracker = tracker

    def read(self, followed: Followed) -> Reading:
        """The frame's faces, with track numbers and averages."""
        reading = self._reader.read_frame(followed.cut)
        return replace(reading, faces=self._tracker.answer(followed.sightings, reading.faces))
