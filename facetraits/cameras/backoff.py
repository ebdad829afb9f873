"""How long to wait before connecting again: longer after each failure, and never in step."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_S, LONGEST_S = 1.0, 60.0
# A connection that lasted this long counts as a success.
STEADY_S = 30.0


class Backoff:
    """Doubles from `FIRST_S` to `LONGEST_S`; of each, a random half to whole is waited.

    Without the randomness, all cameras behind a switch that restarted would call at once.
    """

    def __init__(self, rand: Callable[[], float] = random.random) -> None:
        self._rand = rand
        self._failures = 0

    def next_s(self, lasted_s: float = 0.0) -> float:
        """The wait in seconds after a connection that lasted so long."""
        if lasted_s >= STEADY_S:
            self._failures = 0
        longest_s = min(LONGEST_S, FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return longest_s * (0.5 + 0.5 * self._rand())
