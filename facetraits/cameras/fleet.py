"""All the cameras of one process: started, watched, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, Protocol

from facetraits.cameras.camera import Camera, Shot
from facetraits.cameras.config import CameraConfig, CamerasConfig
from facetraits.cameras.feed import Feed
from facetraits.cameras.lease import Lease, SoleOwner
from facetraits.cameras.recorder import Recorder
from facetraits.cameras.store import FigureStore
from facetraits.paths import Paths
from facetraits.serving.service import InferenceService
from facetraits.settings import CAMERA_MEMORY_BYTES


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the cameras work with.

    Attributes:
        service: analyzes their frames.
        figures: stores their figures.
        paths: where the package is.
        lease: decides which of several servers reads a camera.
        days: how many days figures are kept.
        memory_bytes: the most memory that decoding one camera can take.
    """

    service: InferenceService
    figures: FigureStore
    paths: Paths
    lease: Lease = field(default_factory=SoleOwner)
    days: int = 90
    memory_bytes: int = CAMERA_MEMORY_BYTES


class Publishes(Protocol):
    """See `publisher.Publisher`."""

    def tick(self) -> None: ...

    def close(self) -> None: ...


def _nothing() -> None:
    """There is nobody to send figures to."""


class Fleet:
    """The cameras of a configuration.

    Args:
        config: see `config.read_config`.
        around: what they work with.
        publisher: sends figures; its `tick` is called about every second.
    """

    def __init__(
        self, config: CamerasConfig, around: Surroundings, publisher: Publishes | None = None
    ) -> None:
        self.config = config
        self._around = around
        self._publisher = publisher
        tick = publisher.tick if publisher else _nothing
        self._recorder = Recorder(around.figures, self.states, days=around.days, tick=tick)
        make_feed = partial(Feed, paths=around.paths, memory_bytes=around.memory_bytes)
        self._cameras = {
            name: Camera(
                name,
                camera,
                service=around.service,
                make_feed=make_feed,
                record=self._recorder.record,
                lease=around.lease,
            )
            for name, camera in config.items()
        }

    @property
    def figures(self) -> FigureStore:
        return self._around.figures

    def start(self) -> None:
        self._recorder.start()
        for camera in self._cameras.values():
            camera.start()

    def close(self) -> None:
        """Disconnects all, and writes their figures."""
        for camera in self._cameras.values():
            camera.begin_close()
        for camera in self._cameras.values():
            camera.close()
        self._recorder.close()
        if self._publisher:
            self._publisher.close()
        self._around.lease.close()

    @property
    def over(self) -> bool:
        """Whether every camera was a file that has ended, or has failed."""
        return all(c.status.state in ("ended", "stopped") for c in self._cameras.values())

    def camera(self, name: str) -> CameraConfig | None:
        found = self._cameras.get(name)
        return found.config if found else None

    def shot(self, name: str) -> Shot | None:
        found = self._cameras.get(name)
        return found.shot if found else None

    def states(self) -> Mapping[str, dict[str, Any]]:
        """Camera → what may be shown about it, as JSON. Of those that this process reads."""
        states = self.all_states()
        return {name: s for name, s in states.items() if s["state"] != "elsewhere"}

    def all_states(self) -> Mapping[str, dict[str, Any]]:
        """The same, with those that other servers read."""
        return {name: self._state(camera) for name, camera in self._cameras.items()}

    @staticmethod
    def _state(camera: Camera) -> dict[str, Any]:
        config = camera.config
        return {
            **asdict(camera.status),
            "title": config.title,
            "kind": config.kind,
            "picture": config.picture,
            "expression": config.expression,
            "expression_reason": config.expression_reason,
            "appearance_s": config.appearance_s,
        }
