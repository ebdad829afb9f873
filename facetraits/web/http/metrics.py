"""Prometheus metrics: counts and times, and nothing about the pictures."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client import generate_latest as as_text

from facetraits.reading.model import Reading

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_MILLISECONDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """The metrics of one app; its own registry keeps apps in one process separate."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self._requests = Counter(
            "facetraits_requests",
            "Requests by route, method, and status.",
            ["route", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "facetraits_request_seconds",
            "Seconds from a request's arrival to its response.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._steps = Histogram(
            "facetraits_processing_ms",
            "Milliseconds per step of an analysis.",
            ["step"],
            buckets=_MILLISECONDS,
            registry=registry,
        )
        self._readings = Counter("facetraits_readings", "Pictures read.", registry=registry)
        self._kept = Counter("facetraits_results_kept", "Results kept.", registry=registry)
        self._deleted = Counter(
            "facetraits_results_deleted", "Results deleted before they expired.", registry=registry
        )
        self._frames = Counter(
            "facetraits_live_frames", "Camera frames analyzed.", registry=registry
        )
        self._clients = Gauge("facetraits_live_clients", "Cameras connected.", registry=registry)
        self._faces = Counter("facetraits_faces", "Faces read.", registry=registry)

    def saw_request(self, route: str, method: str, status: int, seconds: float) -> None:
        """The route is a rule, never a path: made-up paths would fill the memory."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def saw_reading(self, reading: Reading) -> None:
        self._readings.inc()
        self._faces.inc(len(reading.faces))
        for step, milliseconds in reading.processing_ms.items():
            self._steps.labels(step).observe(milliseconds)

    def kept_result(self) -> None:
        self._kept.inc()

    def deleted_result(self) -> None:
        self._deleted.inc()

    def saw_frame(self, processing_ms: Mapping[str, float], faces: int) -> None:
        self._frames.inc()
        self._faces.inc(faces)
        for step, milliseconds in processing_ms.items():
            if milliseconds:  # 0 where a frame's faces were not classified
                self._steps.labels(step).observe(milliseconds)

    def live_clients(self, count: int) -> None:
        self._clients.set(count)

    def text(self) -> bytes:
        """Prometheus' text format, as `CONTENT_TYPE` has it."""
        return as_text(self._registry)
