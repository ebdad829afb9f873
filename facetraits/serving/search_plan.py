"""When a camera's frames are searched everywhere, and not only where its faces were.

Searches go by time, so that whoever comes in is found as soon at three frames a second as at
thirty. While others wait for their turn, a camera also has to have had some frames since the
last search, so that cameras share the searches as they share the frames; after a while it gets
one all the same.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How often frames are searched at one size.

    Attributes:
        search_px: longest side of the searched frame.
        every_s: the time between two searches.
        frames: between two searches, while others wait.
        at_least_every_s: the same, however many wait.
    """

    search_px: int
    every_s: float
    frames: int
    at_least_every_s: float


# Large faces, within a fifth of a second; small ones, within about a second.
QUICK = Pace(search_px=320, every_s=0.2, frames=6, at_least_every_s=1.0)
FINE = Pace(search_px=640, every_s=1.2, frames=36, at_least_every_s=5.0)


class SearchPlan:
    """The searches of one camera. Not for two threads at once."""

    def __init__(self) -> None:
        self._last = {QUICK: (float("-inf"), 0), FINE: (float("-inf"), 0)}
        self._frames = 0

    def search_px(self, now_s: float, others_wait: bool) -> int:
        """At which longest side the next frame is searched; 0: only where its faces were.

        Args:
            now_s: the frame's time, on a clock that only goes forward.
            others_wait: whether other cameras wait for their turn.
        """
        self._frames += 1
        for pace in (FINE, QUICK):
            if self._is_due(pace, now_s, others_wait):
                # A fine search finds what a quick one finds.
                for done in (FINE, QUICK) if pace is FINE else (QUICK,):
                    self._last[done] = (now_s, self._frames)
                return pace.search_px
        return 0

    def _is_due(self, pace: Pace, now_s: float, others_wait: bool) -> bool:
        last_s, last_frame = self._last[pace]
        # Frames come a little early or late.
        passed_s = now_s - last_s + 0.01
        if passed_s >= pace.at_least_every_s:
            return True
        enough_frames = not others_wait or self._frames - last_frame >= pace.frames
        return passed_s >= pace.every_s and enough_frames
