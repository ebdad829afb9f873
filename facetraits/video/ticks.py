"""Which frames of a video are due: the first at or after each tick of a clock."""

from __future__ import annotations

import math


class Ticks:
    """Decides frame by frame, in order of time.

    Args:
        per_second: ticks of the clock; None if every frame is due.
        last_s: the time of the frame before the first one; -inf if there is none.
    """

    def __init__(self, per_second: float | None, last_s: float) -> None:
        self._per_second = per_second
        self._tick = -1
        if per_second is not None and last_s >= 0:
            self._tick = self._of(last_s)

    def due(self, time_s: float) -> bool:
        if self._per_second is None:
            return True
        tick = self._of(time_s)
        is_due, self._tick = tick > self._tick, max(tick, self._tick)
        return is_due

    def _of(self, time_s: float) -> int:
        assert self._per_second is not None
        # Times are rounded to the file's clock: 0.0399 is meant to be 0.04.
        return math.floor(time_s * self._per_second + 0.01)
