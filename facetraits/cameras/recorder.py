"""Writes appearances and states to the store, so that no camera waits for a disk."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from facetraits.cameras.appearances import Appearance
from facetraits.cameras.figures import slot_of
from facetraits.cameras.store import FigureStore, LostCamera
from facetraits.errors import FacetraitsError
from facetraits.store.records import now_ms

log = logging.getLogger(__name__)

_DAY_MS = 86_400_000
_STATES_EVERY_S = 4.0
_SWEEP_EVERY_S = 3600.0
# If the store does not respond, the newest are kept for so long; further ones are lost.
_MOST_WAITING = 10_000

_Key = tuple[str, int, int]
States = Callable[[], Mapping[str, Mapping[str, Any]]]


class Recorder:
    """A thread that writes. `record` from any thread.

    Args:
        figures: the store.
        states: returns the cameras' states, as JSON.
        days: how many days the figures are kept.
        tick: called after each round, such as to send the figures of an hour that is over.
        clock_ms: Unix time in milliseconds.
    """

    def __init__(
        self,
        figures: FigureStore,
        states: States,
        *,
        days: int,
        tick: Callable[[], None] = lambda: None,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._figures, self._states, self._days = figures, states, days
        self._tick, self._clock_ms = tick, clock_ms
        self._queue: queue.Queue[tuple[_Key, list[Appearance]]] = queue.Queue(_MOST_WAITING)
        self._unwritten: dict[_Key, list[Appearance]] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="camera-recorder", daemon=True)
        self._swept_s = self._told_s = float("-inf")

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Writes what there is, and ends."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(20)

    def record(self, camera: str, token: int, appearances: list[Appearance]) -> None:
        """Takes appearances that ended now; the newest are dropped if too many wait."""
        try:
            key = (camera, token, slot_of(self._clock_ms()))
            self._queue.put_nowait((key, appearances))
        except queue.Full:
            log.error("figures of camera %s are lost: the store does not respond", camera)

    def _run(self) -> None:
        last = False
        while not last:
            last = self._closing.wait(1.0)
            try:
                self.write()
                self._keep_house(last)
                self._tick()
            except FacetraitsError as error:
                log.warning("the cameras' figures wait to be stored: %s", error)
            except Exception:  # the next round may succeed
                log.exception("the cameras' figures could not be stored")

    def write(self) -> None:
        """Writes what was recorded. Raises StorageUnavailable, and keeps it until later."""
        while not self._queue.empty():
            key, appearances = self._queue.get_nowait()
            self._unwritten.setdefault(key, []).extend(appearances)
        for key in list(self._unwritten):
            camera, token, slot_ms = key
            try:
                self._figures.add(camera, token, slot_ms, self._unwritten[key])
            except LostCamera as error:
                log.warning("figures are not stored: %s", error)
            del self._unwritten[key]

    def _keep_house(self, last: bool) -> None:
        now_s = time.monotonic()
        if last or now_s - self._told_s >= _STATES_EVERY_S:
            self._told_s = now_s
            self._figures.put_states(self._states(), self._clock_ms())
        if now_s - self._swept_s >= _SWEEP_EVERY_S:
            self._swept_s = now_s
            self._figures.sweep(self._clock_ms() - self._days * _DAY_MS)
