"""The clock that decides what is deleted: a jump ahead must not delete everything.

Wall clocks jump: because of an empty battery, a wrong time server, or a copied virtual machine.
Results that seem expired after a jump are not shown, but are deleted only if the jump lasts.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable

from facetraits.store.records import now_ms

log = logging.getLogger(__name__)

# Between two readings of the clock, several sweeps apart.
_TOLERANCE_MS = 60_000
_CONFIRM_MS = 600_000


def _elapsed_ms() -> int:
    """Milliseconds since some moment, including time asleep if the system supports it."""
    if sys.platform == "linux":
        return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)
    return int(time.monotonic() * 1000)


class SteadyClock:
    """The wall clock, ignoring jumps ahead until they have lasted. Thread-safe.

    Args:
        wall_ms: Unix time in milliseconds.
        elapsed_ms: a monotonic clock, in milliseconds.
        tolerance_ms: smaller jumps are accepted.
        confirm_ms: how long a jump must last before it is accepted.
    """

    def __init__(
        self,
        wall_ms: Callable[[], int] = now_ms,
        elapsed_ms: Callable[[], int] = _elapsed_ms,
        *,
        tolerance_ms: int = _TOLERANCE_MS,
        confirm_ms: int = _CONFIRM_MS,
    ) -> None:
        self.wall_ms = wall_ms
        self._elapsed_ms = elapsed_ms
        self._tolerance_ms = tolerance_ms
        self._confirm_ms = confirm_ms
        # The wall clock is always "elapsed plus an offset"; a jump is a new offset.
        self._offset_ms = wall_ms() - elapsed_ms()
        self._leapt_to_ms: int | None = None
        self._leapt_at_ms = 0
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Unix time in milliseconds, never later than the wall clock's."""
        with self._lock:
            elapsed_ms = self._elapsed_ms()
            offset_ms = self.wall_ms() - elapsed_ms
            if offset_ms - self._offset_ms <= self._tolerance_ms or self._lasts(
                offset_ms, elapsed_ms
            ):
                self._offset_ms, self._leapt_to_ms = offset_ms, None
            return self._offset_ms + elapsed_ms

    def _lasts(self, offset_ms: int, elapsed_ms: int) -> bool:
        """Whether the jump has lasted long enough."""
        before_ms = self._leapt_to_ms
        if before_ms is None or abs(offset_ms - before_ms) > self._tolerance_ms:
            self._leapt_to_ms, self._leapt_at_ms = offset_ms, elapsed_ms
            log.warning(
                "the clock jumped ahead by %d s; results that expired only because of that "
                "are deleted in %d s",
                (offset_ms - self._offset_ms) // 1000,
                self._confirm_ms // 1000,
            )
            return False
        return elapsed_ms - self._leapt_at_ms >= self._confirm_ms
