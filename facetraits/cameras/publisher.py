"""Sends each hour's figures, once it is over, to the operator's webhooks and MQTT broker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from facetraits.cameras.config import CamerasConfig
from facetraits.cameras.lease import Lease
from facetraits.cameras.periods import Period, described, figures_of
from facetraits.cameras.store import FigureStore
from facetraits.extras import needs_extra
from facetraits.store.records import now_ms

log = logging.getLogger(__name__)

_HOUR_MS = 3_600_000
# The last appearances of an hour are written a moment after it ends.
_AFTER_MS = 15_000


class Sink(Protocol):
    """Where figures are sent. `send` must not block; it tries again by itself, for a while."""

    def send(self, figures: dict[str, Any]) -> None: ...

    def close(self) -> None: ...


class Publisher:
    """Notices the end of each hour. Used by one thread.

    Args:
        figures: the store.
        cameras: their names.
        sinks: where to send figures.
        lease: only the owner of a camera sends its figures.
        clock_ms: Unix time in milliseconds.
    """

    def __init__(
        self,
        figures: FigureStore,
        cameras: Sequence[str],
        sinks: Sequence[Sink],
        lease: Lease,
        clock_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._figures, self._cameras, self._sinks = figures, cameras, sinks
        self._lease, self._clock_ms = lease, clock_ms
        self._done_ms = self._hour()

    def _hour(self) -> int:
        return (self._clock_ms() - _AFTER_MS) // _HOUR_MS * _HOUR_MS

    def tick(self) -> None:
        """Sends the figures of the hours that have ended since. Raises StorageUnavailable."""
        now_hour_ms = self._hour()
        while self._sinks and self._done_ms < now_hour_ms:
            period = Period(self._done_ms, self._done_ms + _HOUR_MS)
            for camera in filter(self._lease.holds, self._cameras):
                self._send(camera, period)
            self._done_ms = period.end_ms

    def _send(self, camera: str, period: Period) -> None:
        slots = self._figures.slots(camera, period.start_ms, period.end_ms)
        figures = described(camera, "hour", figures_of([period], slots, self._clock_ms()))
        for sink in self._sinks:
            sink.send(figures)

    def close(self) -> None:
        for sink in self._sinks:
            sink.close()


def make_sinks(config: CamerasConfig) -> list[Sink]:
    """The webhooks and the broker of a configuration. Raises BadSetting without paho."""
    from facetraits.cameras.webhook import WebhookSink

    sinks: list[Sink] = [WebhookSink(hook.url, hook.secret) for hook in config.webhooks]
    if config.mqtt is not None:
        with needs_extra("mqtt", "[mqtt] in the file of cameras"):
            from facetraits.cameras.mqtt import MqttSink

        sinks.append(MqttSink(config.mqtt))
    return sinks
