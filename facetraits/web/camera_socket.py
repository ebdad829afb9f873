"""Socket.IO, namespace /live: camera frames in, readings out (docs/api.md)."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from flask import request
from flask_socketio import ConnectionRefusedError, Namespace

from facetraits.errors import BadRequest, FacetraitsError, KeyRequired, Overloaded, TooLarge
from facetraits.serving.camera_queue import Listener, LiveLink, frame_problem
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.web.concurrency.event_loops import Loop
from facetraits.web.http.clients import client_share_key
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.metrics import Metrics

NAMESPACE = "/live"
EVENTS = frozenset({"frame"})
# A client that does not fetch its readings gets no more until it does.
_MOST_UNSENT = 16


@dataclass(frozen=True, slots=True)
class _Camera:
    link: LiveLink
    client: str


class LiveNamespace(Namespace):
    """One service link for each connected camera."""

    def __init__(
        self,
        service: InferenceService,
        settings: Settings,
        loop: Loop,
        metrics: Metrics,
        keys: ApiKeys,
    ) -> None:
        super().__init__(NAMESPACE)
        self._service = service
        self._settings = settings
        self._loop = loop
        self._metrics = metrics
        self._keys = keys
        self._cameras: dict[str, _Camera] = {}
        self._of_client: Counter[str] = Counter()
        self._moving = False
        self._lock = threading.Lock()

    @property
    def count(self) -> int:
        """The number of connected cameras."""
        return len(self._cameras)

    def move(self) -> None:
        """Tells all cameras to connect to another server. Called on the event loop."""
        self._moving = True
        for sid in list(self._cameras):
            self._emit("move", {}, sid)

    def on_connect(self, auth: object = None) -> None:
        self._loop.start()
        sid, client = _sid(), client_share_key(request.remote_addr or "")
        try:
            self._check_key(auth)
            self._take_place(client)
            link = self._open(sid, client)
        except (Overloaded, KeyRequired) as error:
            raise ConnectionRefusedError(str(error)) from None
        self._cameras[sid] = _Camera(link, client)
        self._metrics.live_clients(len(self._cameras))
        self._emit("settings", self._asked(), sid)
        if self._moving:  # its connection was accepted just before the listening socket closed
            self._emit("move", {}, sid)

    def on_disconnect(self, reason: object = None) -> None:
        camera = self._cameras.pop(_sid(), None)
        if camera is not None:
            self._service.close_live(camera.link)
            self._give_place(camera.client)
        self._metrics.live_clients(len(self._cameras))

    def problem(self, sid: str, wrong: str) -> None:
        """Sends a client the problem with a malformed packet."""
        self._send(sid, "problem", frame_problem(None, BadRequest(), wrong))

    def _check_key(self, auth: object) -> None:
        """The key is in Socket.IO's `auth`, because a browser's websocket sends no headers."""
        if self._keys.wanted_for_photos:
            self._keys.check(auth.get("key") if isinstance(auth, dict) else None)

    def _take_place(self, client: str) -> None:
        most = self._settings.live_clients_per_address
        with self._lock:
            if self._of_client[client] >= most:
                raise Overloaded(f"one address can connect at most {most} cameras")
            self._of_client[client] += 1

    def _give_place(self, client: str) -> None:
        with self._lock:
            self._of_client[client] -= 1
            if not self._of_client[client]:
                del self._of_client[client]

    def _open(self, sid: str, client: str) -> LiveLink:
        try:
            return self._service.open_live(self._listener(sid))
        except BaseException:
            self._give_place(client)
            raise

    def on_frame(self, *given: object) -> dict[str, int | None]:
        """Returns the ack: {"seq"}, once a worker takes the frame or a newer one replaces it."""
        seq = _seq(given)
        try:
            jpeg = self._checked(seq, given)
        except FacetraitsError as error:
            self._send(_sid(), "problem", frame_problem(seq, error, str(error)))
        else:
            self._submit(seq, jpeg)
        return {"seq": seq}

    def _submit(self, seq: int | None, jpeg: bytes) -> None:
        camera = self._cameras.get(_sid())
        if camera is None or seq is None:
            return
        gate = self._loop.gate()
        camera.link.submit(seq, jpeg, lambda: self._loop.post(gate.set))
        gate.wait(self._settings.timeout_s)

    def _checked(self, seq: int | None, given: tuple[object, ...]) -> bytes:
        if seq is None:
            raise BadRequest(
                'a frame must be ({"seq": n}, bytes), where n is a whole number of 0 or more'
            )
        jpeg = given[1] if len(given) == 2 else None
        if not isinstance(jpeg, bytes | bytearray):
            raise BadRequest(f"frame {seq} has no bytes: send the encoded picture as binary")
        most = self._settings.live_max_bytes
        if len(jpeg) > most:
            raise TooLarge(f"frame {seq} has {len(jpeg):,} bytes; the limit is {most:,}")
        return bytes(jpeg)

    def _listener(self, sid: str) -> Listener:
        def post(event: str, answer: dict[str, Any]) -> None:
            self._loop.post(lambda: self._send(sid, event, answer))

        def reading(answer: dict[str, Any]) -> None:
            self._metrics.saw_frame(answer["processing_ms"], len(answer["faces"]))
            post("reading", answer)

        return Listener(reading, lambda problem: post("problem", problem))

    def _send(self, sid: str, event: str, answer: dict[str, Any]) -> None:
        """Sends a reading to its client, unless the client is gone or does not fetch any."""
        if sid in self._cameras and self._unsent(sid) < _MOST_UNSENT:
            self._emit(event, answer, sid)

    def _emit(self, event: str, what: dict[str, Any], sid: str) -> None:
        # The client is connected to this server, so other servers need not know.
        self.socketio.emit(event, what, namespace=NAMESPACE, to=sid, ignore_queue=True)

    def _unsent(self, sid: str) -> int:
        """Packets waiting for the client to fetch them: Engine.IO's queue is unbounded."""
        server = self.socketio.server
        eio_sid = server.manager.eio_sid_from_sid(sid, NAMESPACE)
        socket = server.eio.sockets.get(eio_sid)
        return socket.queue.qsize() if socket is not None else _MOST_UNSENT

    def _asked(self) -> dict[str, float]:
        return {
            "max_fps": self._settings.live_max_fps,
            "max_width": self._settings.live_max_width,
            "jpeg_quality": self._settings.live_jpeg_quality,
            "max_bytes": self._settings.live_max_bytes,
        }


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]  # Flask-SocketIO's own
    return sid


def _seq(given: tuple[object, ...]) -> int | None:
    meta = given[0] if given else None
    seq = meta.get("seq") if isinstance(meta, dict) else None
    # JSON's true is an int to Python.
    return seq if isinstance(seq, int) and not isinstance(seq, bool) and 0 <= seq < 2**53 else None
