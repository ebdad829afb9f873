"""How long each step of a reading takes."""

from __future__ import annotations

import time
from collections.abc import Mapping


class Stopwatch:
    """Measures the milliseconds of each step; `lap` ends the current step and names it.

    The laps of a step add up.
    """

    def __init__(self) -> None:
        self._began = self._lap = time.perf_counter()
        self._ms: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._ms[step] = self._ms.get(step, 0.0) + (now - self._lap) * 1000
        self._lap = now

    def milliseconds(self) -> Mapping[str, float]:
        return {**self._ms, "total": (time.perf_counter() - self._began) * 1000}
