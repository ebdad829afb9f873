"""One camera, kept connected: its thread, its state, and what is done with its frames."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from facetraits.cameras.appearances import Appearance, Appearances
from facetraits.cameras.backoff import Backoff
from facetraits.cameras.config import CameraConfig
from facetraits.cameras.feed import Feed, FeedEnded
from facetraits.cameras.feed_messages import Picture
from facetraits.cameras.lease import Lease
from facetraits.errors import FacetraitsError
from facetraits.serving.camera_queue import Listener, LiveLink
from facetraits.serving.service import InferenceService
from facetraits.store.records import now_ms

log = logging.getLogger(__name__)

# Frames whose reading is awaited; the queue drops all but the newest.
_MOST_AWAITED = 4
# A face that was there this recently is still covered, even if the newest reading missed it.
_COVERED_S = 2.0
_ASK_AGAIN_S = 1.0

MakeFeed = Callable[[CameraConfig], Feed]


class Record(Protocol):
    """Takes a camera's appearances; must not block."""

    def __call__(self, camera: str, token: int, appearances: list[Appearance]) -> None: ...


@dataclass(frozen=True, slots=True)
class Status:
    """How a camera is.

    Attributes:
        state: "connecting", "live", "waiting" (to connect again), "ended" (a file that is over),
            "elsewhere" (another server reads it) or "stopped".
        since_ms: Unix time in milliseconds of the last change of state.
        detail: why it is waiting; "" for no reason. Never an address with a password.
        frames, read: frames that came, and those that were analyzed, since the start.
        reconnects: how often it was connected again.
        width, height: of its frames, in pixels; 0 before the first.
    """

    state: str = "connecting"
    since_ms: int = 0
    detail: str = ""
    frames: int = 0
    read: int = 0
    reconnects: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Shot:
    """A frame that was analyzed, in memory only.

    Attributes:
        jpeg: the frame.
        boxes: of the faces in it and of those a moment ago: x, y, width, height in pixels; of the
            whole frame if there may be more faces than are analyzed.
        time_s: on the monotonic clock.
    """

    jpeg: bytes
    boxes: tuple[tuple[float, float, float, float], ...]
    time_s: float


class Camera:
    """Keeps one camera connected until `close`. `status`, `shot` and `close` from any thread.

    Args:
        name, config: see `config.CamerasConfig`.
        service: analyzes the frames.
        make_feed: opens the camera.
        record: takes its appearances.
        lease: decides whether this process may read the camera.
    """

    def __init__(
        self,
        name: str,
        config: CameraConfig,
        *,
        service: InferenceService,
        make_feed: MakeFeed,
        record: Record,
        lease: Lease,
        backoff: Backoff | None = None,
    ) -> None:
        self.name, self.config = name, config
        self._service, self._make_feed, self._record = service, make_feed, record
        self._lease = lease
        self._backoff = backoff or Backoff()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._feed: Feed | None = None
        self._status = Status(since_ms=now_ms())
        self._shot: Shot | None = None
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def begin_close(self) -> None:
        """Disconnects, and counts the faces in view as having left; does not wait for that."""
        self._closing.set()
        self._end_feed()

    def close(self) -> None:
        """The same, and waits for it."""
        self.begin_close()
        if self._thread.ident is not None:
            self._thread.join(10)

    @property
    def status(self) -> Status:
        return self._status

    @property
    def shot(self) -> Shot | None:
        """The newest analyzed frame, if the wall may show any and the camera is live."""
        return self._shot if self._status.state == "live" else None

    def _run(self) -> None:
        try:
            while not self._closing.is_set() and self._status.state != "ended":
                if not self._lease.acquire(self.name, self._end_feed):
                    self._set("elsewhere", "another server reads it")
                    self._closing.wait(_ASK_AGAIN_S)
                    continue
                self._connect_once()
            if self._closing.is_set():
                self._set("stopped")
        except Exception:  # one camera must not silently disappear
            log.exception("camera %s failed", self.name)
            self._set("stopped", "it failed; see the server's log")
        finally:
            self._lease.release(self.name)

    def _connect_once(self) -> None:
        """One connection, and the wait after it."""
        began_s = time.monotonic()
        self._set("connecting")
        reason = self._follow()
        if self._closing.is_set():
            return
        if not reason and self.config.kind == "file":
            self._set("ended")
            log.info("camera %s: the file is over", self.name)
            return
        wait_s = self._backoff.next_s(time.monotonic() - began_s)
        reason = reason or "the stream ended"
        log.warning("camera %s: %s; connecting again in %.1f s", self.name, reason, wait_s)
        self._set("waiting", reason, reconnects=self._status.reconnects + 1)
        self._closing.wait(wait_s)

    def _follow(self) -> str:
        """Reads frames until the connection ends; returns why."""
        try:
            with self._make_feed(self.config) as feed:
                with self._lock:
                    self._feed = feed
                # It may have been asked to stop between the two.
                if self._closing.is_set() or not self._lease.holds(self.name):
                    return "another server reads it"
                return _Connection(self, feed).follow()
        except FacetraitsError as error:
            return str(error)
        except OSError as error:
            return f"its decoder cannot be started: {error.strerror}"
        finally:
            with self._lock:
                self._feed = None
            self._shot = None

    def _end_feed(self) -> None:
        with self._lock:
            if self._feed is not None:
                self._feed.kill()

    def _set(self, state: str, detail: str = "", **more: int) -> None:
        with self._lock:
            since_ms = self._status.since_ms if state == self._status.state else now_ms()
            self._status = replace(
                self._status, state=state, detail=detail, since_ms=since_ms, **more
            )


class _Connection:
    """One connection's frames and readings."""

    def __init__(self, camera: Camera, feed: Feed) -> None:
        self._camera, self._feed = camera, feed
        config = camera.config
        self._appearances = Appearances(config.appearance_s, config.expression)
        self._keeps_shots = config.picture != "off"
        self._token = camera._lease.token(camera.name)
        self._lock = threading.Lock()
        self._awaited: dict[int, tuple[float, bytes]] = {}
        self._covered: list[tuple[float, tuple[float, float, float, float]]] = []

    def follow(self) -> str:
        """Returns why it ended."""
        service = self._camera._service
        link = service.open_live(Listener(self._on_reading, self._on_problem))
        try:
            seq = 0
            while True:
                self._submit(link, seq, self._feed.next())
                seq += 1
        except FeedEnded as end:
            return end.reason
        finally:
            service.close_live(link)
            with self._lock:
                self._count(self._appearances.end())

    def _submit(self, link: LiveLink, seq: int, picture: Picture) -> None:
        camera = self._camera
        with self._lock:
            # Without a wall, the picture is not needed once it was submitted.
            kept = picture.jpeg if self._keeps_shots else b""
            self._awaited[seq] = (time.monotonic(), kept)
            for old in [n for n in self._awaited if n <= seq - _MOST_AWAITED]:
                del self._awaited[old]
        camera._set(
            "live",
            frames=camera._status.frames + 1,
            width=picture.width,
            height=picture.height,
        )
        link.submit(seq, picture.jpeg, lambda: None)

    def _on_reading(self, answer: dict[str, Any]) -> None:
        with self._lock:
            awaited = self._awaited.pop(answer["seq"], None)
            if awaited is None:
                return
            time_s, jpeg = awaited
            faces = answer["faces"]
            self._count(self._appearances.update(faces, time_s))
            if self._keeps_shots:
                self._keep_shot(jpeg, answer, time_s)
        camera = self._camera
        camera._set("live", read=camera._status.read + 1)

    def _on_problem(self, problem: dict[str, Any]) -> None:
        with self._lock:
            self._awaited.pop(problem["seq"], None)
        log.debug("a frame of camera %s failed: %s", self._camera.name, problem["detail"])

    def _keep_shot(self, jpeg: bytes, answer: dict[str, Any], time_s: float) -> None:
        faces = answer["faces"]
        boxes = [tuple(face["box"][side] for side in _SIDES) for face in faces]
        if len(faces) >= self._camera._service.max_faces:
            boxes.append((0.0, 0.0, answer["width"], answer["height"]))
        self._covered += [(time_s, box) for box in boxes]
        self._covered = [(at, box) for at, box in self._covered if time_s - at <= _COVERED_S]
        self._camera._shot = Shot(jpeg, tuple(box for _, box in self._covered), time_s)

    def _count(self, appearances: list[Appearance]) -> None:
        if appearances and self._token is not None:
            self._camera._record(self._camera.name, self._token, appearances)


_SIDES = ("x", "y", "width", "height")
