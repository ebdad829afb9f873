"""What the wall of cameras shows: states, pictures with their faces hidden, and figures."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from facetraits.cameras.camera import Shot
from facetraits.cameras.config import NO_CAMERAS, CamerasConfig
from facetraits.cameras.fleet import Fleet
from facetraits.cameras.periods import described, figures_of, iso, periods
from facetraits.cameras.store import FigureStore
from facetraits.errors import NotFound
from facetraits.pixels import as_pixels
from facetraits.reading.geometry import Box
from facetraits.reading.traits import AGE_RANGES
from facetraits.store.records import now_ms
from facetraits.vision.hiding import hide_faces

# A state that was written longer ago than this says nothing about now.
_STALE_MS = 20_000
_JPEG_QUALITY = 80
_WALL_PX = 640
_GROUPS = {
    "age": tuple(ages.name for ages in AGE_RANGES),
    "gender": ("female", "male"),
    "expression": ("positive", "neutral", "negative"),
}


class Wall:
    """Answers about this process's cameras, and about those that share its store.

    Args:
        fleet: this process's cameras; None for none.
        open_figures: opens the store of figures that others write, on first use; None for none.
        clock_ms: Unix time in milliseconds.
    """

    def __init__(
        self,
        fleet: Fleet | None,
        open_figures: Callable[[], FigureStore] | None = None,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._fleet, self._open_figures, self._clock_ms = fleet, open_figures, clock_ms
        self._lock = threading.Lock()
        self._figures: FigureStore | None = None

    @property
    def config(self) -> CamerasConfig:
        return self._fleet.config if self._fleet else NO_CAMERAS

    def cameras(self) -> list[dict[str, Any]]:
        """All cameras, by name, as JSON. Raises StorageUnavailable."""
        now, store = self._clock_ms(), self._store()
        states = store.states() if store else {}
        if self._fleet:
            own = {name: state | {"seen_ms": now} for name, state in self._fleet.states().items()}
            states |= own
        return [_state(name, states[name], now) for name in sorted(states)]

    def figures(self, camera: str, by: str, start_ms: int, end_ms: int) -> dict[str, Any]:
        """A camera's figures by hour or day, as JSON. Raises NotFound, BadRequest."""
        self.check(camera)
        found = periods(by, start_ms, end_ms)
        store = self._store()
        assert store is not None  # there would be no such camera
        slots = store.slots(camera, found[0].start_ms, found[-1].end_ms)
        return described(camera, by, figures_of(found, slots, self._clock_ms()))

    def picture(self, camera: str) -> bytes:
        """The newest picture as JPEG, as the configuration allows. Raises NotFound."""
        config = self._fleet.camera(camera) if self._fleet else None
        if config is None or config.picture == "off":
            raise NotFound("there is no picture of this camera: its `picture` is off")
        shot = self._fleet.shot(camera) if self._fleet else None
        if shot is None:
            raise NotFound("there is no picture of this camera now")
        return shown_picture(shot, clear=config.picture == "clear")

    def start(self) -> None:
        """Connects this process's cameras."""
        if self._fleet is not None:
            self._fleet.start()

    def close(self) -> None:
        """Disconnects them, and closes the store."""
        if self._fleet is not None:
            self._fleet.close()
            self._fleet.figures.close()
        with self._lock:
            if self._figures is not None:
                self._figures.close()

    def check(self, camera: str) -> None:
        """Raises NotFound for a camera that nobody has read lately."""
        store = self._store()
        own = self._fleet is not None and self._fleet.camera(camera) is not None
        if not own and (store is None or camera not in store.states()):
            raise NotFound("there is no such camera")

    def _store(self) -> FigureStore | None:
        if self._fleet is not None:
            return self._fleet.figures
        with self._lock:
            if self._figures is None and self._open_figures is not None:
                self._figures = self._open_figures()
            return self._figures


def _state(name: str, state: dict[str, Any], now: int) -> dict[str, Any]:
    fresh = now - state["seen_ms"] <= _STALE_MS
    hidden = {"since_ms", "seen_ms"}
    shown = {key: value for key, value in state.items() if key not in hidden}
    if not fresh:
        shown |= {"state": "unknown", "detail": "no server has reported on it lately"}
    return {
        "name": name,
        **shown,
        "since": iso(state["since_ms"]),
        "seen": iso(state["seen_ms"]),
    }


def shown_picture(shot: Shot, clear: bool) -> bytes:
    """A frame as JPEG for the wall, with its faces blurred unless it may be clear."""
    bgr = as_pixels(cv2.imdecode(np.frombuffer(shot.jpeg, np.uint8), cv2.IMREAD_COLOR))
    if not clear:
        hide_faces(bgr, [Box(*box) for box in shot.boxes], "blur")
    scale = min(1.0, _WALL_PX / max(bgr.shape[:2]))
    if scale < 1:
        bgr = as_pixels(cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return np.asarray(encoded).tobytes()


def as_csv(figures: dict[str, Any]) -> str:
    """Figures as RFC 4180 has it: a row for each period, and an empty cell for what is withheld."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    head = ["camera", "start", "end", "complete", *_count_names("appearances")]
    head += ["seconds_mean", "facing_seconds_mean", "facing_seconds"]
    for trait, names in _GROUPS.items():
        head += [column for name in names for column in _count_names(f"{trait}_{name}")]
    writer.writerow(head)
    for period in figures["periods"]:
        writer.writerow([figures["camera"], *_cells(period)])
    return file.getvalue()


def _count_names(name: str) -> list[str]:
    return [name, f"{name}_low", f"{name}_high"]


def _cells(period: dict[str, Any]) -> list[object]:
    cells: list[object] = [period["start"], period["end"], str(period["complete"]).lower()]
    cells += _count_cells(period["appearances"])
    cells += [period[name] for name in ("seconds_mean", "facing_seconds_mean", "facing_seconds")]
    for trait, names in _GROUPS.items():
        groups = period[trait] or {}
        for name in names:
            cells += _count_cells(groups.get(name))
    return cells


def _count_cells(count: dict[str, int] | None) -> list[object]:
    return [count[key] for key in ("count", "low", "high")] if count else [None] * 3
