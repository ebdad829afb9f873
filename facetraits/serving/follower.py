"""Follows the faces of one camera from frame to frame, at the least cost for each.

Finding the faces near where they were takes a fraction of a full search, and traits hardly
change between frames, while classifying takes half of a frame's time. So whole frames are
searched by plan (:mod:`search_plan`), and settled faces are classified a few times per second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from facetraits.reading.model import Reading
from facetraits.serving.job import Analysis
from facetraits.serving.search_plan import SearchPlan
from facetraits.vision.hints import Hints
from facetraits.vision.tracking import Tracker

CLASSIFY_EVERY_S = 0.1
"""How old the traits of a settled face can be, in seconds."""

CLASSIFY_EVERY_S_IF_OTHERS_WAIT = 0.2
"""The same while other cameras are waiting for their turn."""


class Follower:
    """The frames of one camera, in order. Not safe for use by two threads at once.

    Args:
        tracker: a new one.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._plan = SearchPlan()

    def read(
        self, now_s: float, analyze: Callable[[Hints], Analysis], others_wait: bool = False
    ) -> Reading:
        """The reading of the next frame, whose faces have track numbers and averaged traits.

        Args:
            now_s: the frame's time in seconds, on a monotonic clock.
            analyze: analyzes the frame, given what is known about it; called twice if another
                face turns out to be where one was.
            others_wait: whether other cameras are waiting for their turn.
        """
        hints = self._hints(now_s, others_wait)
        analysis = analyze(hints)
        if analysis.placed is not None:
            reading = analysis.reading
            faces = self._tracker.follow(analysis.placed, now_s, reading.width, reading.height)
            if faces is not None:
                return replace(reading, faces=faces)
            first_ms = reading.processing_ms
            analysis = analyze(replace(hints, want_traits=True))
            analysis = replace(analysis, reading=_with_both_times(first_ms, analysis.reading))
        reading = analysis.reading
        return replace(reading, faces=self._tracker.update(reading.faces, now_s, reading.width))

    def _hints(self, now_s: float, others_wait: bool) -> Hints:
        search_px = self._plan.search_px(now_s, others_wait)
        every_s = CLASSIFY_EVERY_S_IF_OTHERS_WAIT if others_wait else CLASSIFY_EVERY_S
        boxes = self._tracker.boxes
        want_traits = not boxes or bool(search_px) or self._tracker.is_due(now_s, every_s)
        return Hints(boxes, search_px, self._tracker.width, want_traits)


def _with_both_times(first_ms: Mapping[str, float], reading: Reading) -> Reading:
    """The reading of a frame that was analyzed twice, with the milliseconds of both analyses."""
    both_ms = {step: ms + first_ms.get(step, 0.0) for step, ms in reading.processing_ms.items()}
    return replace(reading, processing_ms=both_ms)
