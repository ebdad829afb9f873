"""Reads a video's frames one after the other, as the live page does a camera's."""

from __future__ import annotations

from dataclasses import replace

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import Reading
from facetraits.serving.search_plan import FINE, SearchPlan
from facetraits.vision.pipeline import FrameReader, Hints
from facetraits.vision.track_state import restore_tracker, tracker_state
from facetraits.vision.tracking import Tracker


class FaceFollower:
    """Follows the faces of one video. Not safe for use by two threads at once.

    Args:
        reader: analyzes a frame.
        tracker: a new one.
        search_all: whether to search every frame completely, so that a new face is found in its
            first frame, not up to a fifth of a second later: a covered picture needs that.
    """

    def __init__(self, reader: FrameReader, tracker: Tracker, search_all: bool = False) -> None:
        self._reader = reader
        self._tracker = tracker
        self._search_all = search_all
        self._plan = SearchPlan()

    def read(self, pixels: Pixels, time_s: float) -> Reading:
        """(h, w, 3) RGB uint8, shown at that time → its faces, with track numbers and averages."""
        search_px = self._plan.search_px(time_s, others_wait=False)
        if self._search_all:
            search_px = FINE.search_px
        hints = Hints(self._tracker.boxes, search_px, self._tracker.width)
        reading = self._reader.follow(pixels, hints, "")
        faces = self._tracker.update(reading.faces, time_s, reading.width)
        return replace(reading, faces=faces)

    def boxes(self, pixels: Pixels, reading: Reading | None) -> list[Box]:
        """All faces of a frame, also those beyond the limit of a reading.

        Args:
            pixels: of the frame.
            reading: what was read in this very frame; None if it was not read.
        """
        if reading is not None and len(reading.faces) < self._reader.max_faces:
            return [face.box for face in reading.faces]
        return self._reader.boxes_within(pixels, FINE.search_px)

    def state(self) -> str:
        """What is remembered; the next frame is searched completely, here and after `restore`."""
        self._plan = SearchPlan()
        return tracker_state(self._tracker)

    def restore(self, state: str) -> None:
        """Goes on from a state of the same video. Raises ValueError if it is not one."""
        restore_tracker(self._tracker, state)
