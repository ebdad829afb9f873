"""The cameras' states and today's figures, in Prometheus' text format."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

from facetraits.cameras.wall import Wall

_HOUR_MS = 3_600_000


def camera_metrics(wall: Wall) -> bytes:
    """The states, and the published figures of the last hour that is over.

    Gauges, because published counts are rounded: sums of them would drift. Raises
    StorageUnavailable.
    """
    registry = CollectorRegistry()
    up = Gauge("facetraits_camera_up", "1 if frames come.", ["camera"], registry=registry)
    frames = Gauge("facetraits_camera_frames", "Frames since start.", ["camera"], registry=registry)
    again = Gauge(
        "facetraits_camera_reconnects", "Reconnects since start.", ["camera"], registry=registry
    )
    hour = Gauge(
        "facetraits_camera_last_hour_appearances",
        "Appearances in the last complete hour, rounded to multiples of five; absent below five.",
        ["camera", "trait", "group"],
        registry=registry,
    )
    end_ms = int(time.time() * 1000) // _HOUR_MS * _HOUR_MS
    for camera in wall.cameras():
        name = camera["name"]
        up.labels(name).set(camera["state"] == "live")
        frames.labels(name).set(camera["frames"])
        again.labels(name).set(camera["reconnects"])
        (period,) = wall.figures(name, "hour", end_ms - _HOUR_MS, end_ms)["periods"][:1]
        _add_hour(hour, name, period)
    return generate_latest(registry)


def _add_hour(gauge: Gauge, camera: str, period: dict[str, Any]) -> None:
    if period["appearances"] is None:
        return
    gauge.labels(camera, "all", "all").set(period["appearances"]["count"])
    for trait in ("age", "gender", "expression"):
        for group, count in (period[trait] or {}).items():
            if count is not None:
                gauge.labels(camera, trait, group).set(count["count"])
