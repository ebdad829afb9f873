"""When to search a camera's whole frame, not only around the known faces.

Searches are scheduled by time, so that a new face is found as quickly at three frames per
second as at thirty. While other cameras are waiting, a camera must also have sent a number of
frames since its last search, so that cameras share searches as they share frames; after a
maximum time it gets one anyway.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """How often frames are searched at one size.

    Attributes:
        search_px: longer side of the frame as searched, in pixels.
        every_s: minimum time between two searches, in seconds.
        frames: minimum number of frames between two searches while other cameras wait.
        at_least_every_s: maximum time between two searches, no matter how many cameras wait.
    """

    search_px: int
    every_s: float
    frames: int
    at_least_every_s: float


# Finds large faces within a fifth of a second, and small ones within about a second.
QUICK = Pace(search_px=320, every_s=0.2, frames=6, at_least_every_s=1.0)
FINE = Pace(search_px=640, every_s=1.2, frames=36, at_least_every_s=5.0)


class SearchPlan:
    """The searches of one camera. Not safe for use by two threads at once."""

    def __init__(self) -> None:
        self._last = {QUICK: (float("-inf"), 0), FINE: (float("-inf"), 0)}
        self._frames = 0

    def search_px(self, now_s: float, others_wait: bool) -> int:
        """The longer side at which to search the next frame; 0: only around the known faces.

        Args:
            now_s: the frame's time in seconds, on a monotonic clock.
            others_wait: whether other cameras are waiting for their turn.
        """
        self._frames += 1
        for pace in (FINE, QUICK):
            if self._is_due(pace, now_s, others_wait):
                # A fine search also finds whatever a quick one would.
                for done in (FINE, QUICK) if pace is FINE else (QUICK,):
                    self._last[done] = (now_s, self._frames)
                return pace.search_px
        return 0

    def _is_due(self, pace: Pace, now_s: float, others_wait: bool) -> bool:
        last_s, last_frame = self._last[pace]
        # Frames may arrive a little early or late.
        passed_s = now_s - last_s + 0.01
        if passed_s >= pace.at_least_every_s:
            return True
        enough_frames = not others_wait or self._frames - last_frame >= pace.frames
        return passed_s >= pace.every_s and enough_frames
