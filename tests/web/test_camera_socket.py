"""Namespace /live over real sockets, in every async mode, with a service that answers by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import socketio

from tests.ports import free_port
from tests.web.fakes import LIVE_CLIENTS, noise, photo
from tests.web.test_server import WORK_S, Server, running, start

NAMESPACE = "/live"
WAIT_S = 15
JPEG = photo()


@pytest.fixture(scope="module", params=["eventlet", "threading", "gevent"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param) as server:
        yield server


class Camera:
    """A browser's side of the link."""

    def __init__(self, server: Server, origin: str | None = None) -> None:
        self.readings: list[dict[str, Any]] = []
        self.problems: list[dict[str, Any]] = []
        self.settings: list[dict[str, Any]] = []
        self.acks: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        # Without one it names the server's own, as a page of the server would.
        options = {"origin": origin} if origin else {}
        self._client = socketio.Client(reconnection=False, websocket_extra_options=options)
        for event, where in (
            ("reading", self.readings),
            ("problem", self.problems),
            ("settings", self.settings),
        ):
            self._client.on(event, self._note(where), namespace=NAMESPACE)
        self._client.connect(
            f"http://127.0.0.1:{server.port}", namespaces=[NAMESPACE], transports=["websocket"]
        )
        # It would wait 3 s for a goodbye that not every server says.
        websocket = self._client.eio.ws
        websocket.close = partial(websocket.close, timeout=0)

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.disconnect()

    def listen(self, event: str) -> list[dict[str, Any]]:
        """What comes with another event from now on."""
        heard: list[dict[str, Any]] = []
        self._client.on(event, self._note(heard), namespace=NAMESPACE)
        return heard

    def _note(self, where: list[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
        def note(what: dict[str, Any]) -> None:
            with self._changed:
                where.append(what)
                self._changed.notify_all()

        return note

    def send(self, *given: Any) -> None:
        """`send(meta, jpeg)`; the acknowledgement goes into `acks`."""
        self._client.emit("frame", given, namespace=NAMESPACE, callback=self._note(self.acks))

    def cut(self) -> None:
        """The network is gone, without a goodbye."""
        self._client.eio.ws.close()

    def wait_for(self, what: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(what, WAIT_S), (self.acks, self.problems)

    @property
    def connected(self) -> bool:
        return NAMESPACE in self._client.namespaces

    @property
    def seqs(self) -> list[int]:
        return [reading["seq"] for reading in self.readings]


@pytest.fixture
def camera(server: Server) -> Iterator[Camera]:
    with Camera(server) as camera:
        yield camera


def check_goes_on(camera: Camera, seq: int = 1000) -> None:
    camera.send({"seq": seq}, JPEG)
    camera.wait_for(lambda: seq in camera.seqs)


def test_the_server_says_what_it_wants(camera):
    camera.wait_for(lambda: camera.settings)
    assert camera.settings == [
        {"max_fps": 30, "max_width": 640, "jpeg_quality": 0.8, "max_bytes": 500_000}
    ]


def test_a_frame_gets_its_credit_and_its_reading(camera):
    camera.send({"seq": 5}, JPEG)
    camera.wait_for(lambda: camera.readings and camera.acks)
    assert camera.acks == [{"seq": 5}]
    (reading,) = camera.readings
    assert (reading["seq"], reading["dropped"], reading["width"]) == (5, 0, 64)
    assert [face["track_id"] for face in reading["faces"]] == [1, 2]
    assert reading["faces"][0]["frames"] == 1


def test_readings_go_to_their_own_client_alone(server, camera):
    with Camera(server) as other:
        for seq in range(3):
            camera.send({"seq": seq}, JPEG)
            other.send({"seq": 100 + seq}, JPEG)
            camera.wait_for(lambda seq=seq: seq in camera.seqs)
            other.wait_for(lambda seq=seq: 100 + seq in other.seqs)
    assert camera.seqs == [0, 1, 2]
    assert other.seqs == [100, 101, 102]


def test_who_does_not_wait_gets_the_newest(camera):
    for seq in range(60):
        camera.send({"seq": seq}, JPEG)
    camera.wait_for(lambda: 59 in camera.seqs)
    camera.wait_for(lambda: len(camera.acks) == 60)
    assert len(camera.seqs) < 30
    assert camera.seqs == sorted(camera.seqs)
    assert camera.readings[-1]["dropped"] == 60 - len(camera.seqs)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((), "bad_request"),
        (("text",), "bad_request"),
        (({"seq": 3},), "bad_request"),
        (({"seq": 3}, "text"), "bad_request"),
        (({"seq": 3}, {"jpeg": "x"}), "bad_request"),
        (({"seq": 3}, None), "bad_request"),
        (({"seq": 3}, JPEG, JPEG), "bad_request"),
        (({"seq": "3"}, JPEG), "bad_request"),
        (({"seq": -1}, JPEG), "bad_request"),
        (({"seq": True}, JPEG), "bad_request"),
        (({"seq": 2**60}, JPEG), "bad_request"),
        (({}, JPEG), "bad_request"),
        ((JPEG, {"seq": 3}), "bad_request"),
        (({"seq": 3}, b""), "bad_image"),
        (({"seq": 3}, b"these are words"), "unsupported_type"),
        (({"seq": 3}, JPEG[: len(JPEG) // 2]), "bad_image"),
        (({"seq": 3}, noise(2_000)), "bad_image"),
        (({"seq": 3}, noise(500_001)), "too_large"),
    ],
)
def test_bad_input_is_a_problem_and_the_link_stays(camera, given, code):
    camera.send(*given)
    camera.wait_for(lambda: camera.problems)
    (problem,) = camera.problems
    assert problem["code"] == code
    assert set(problem) == {"seq", "code", "title", "detail"}
    camera.wait_for(lambda: camera.acks)  # the credit comes back, too
    check_goes_on(camera)


def test_a_picture_of_one_pixel_is_read(camera):
    camera.send({"seq": 1}, photo(1, 1))
    camera.wait_for(lambda: camera.readings)
    assert (camera.readings[0]["width"], camera.readings[0]["height"]) == (1, 1)


def test_events_nobody_knows_are_passed_over(camera):
    camera._client.emit("no_such_event", {"x": 1}, namespace=NAMESPACE)
    camera._client.emit("reading", {"seq": 1}, namespace=NAMESPACE)
    check_goes_on(camera)
    assert camera.problems == []


def test_a_frame_older_than_the_newest_is_acknowledged_and_not_read(camera):
    for seq in (9, 2, 10):
        camera.send({"seq": seq}, JPEG)
        camera.wait_for(lambda seq=seq: seq in [ack["seq"] for ack in camera.acks])
    camera.wait_for(lambda: camera.seqs and camera.seqs[-1] == 10)
    assert 2 not in camera.seqs
    assert camera.readings[-1]["dropped"] >= 1


def test_a_client_that_goes_in_the_middle_of_a_frame_harms_nobody(server, camera):
    with Camera(server) as leaving:
        leaving.send({"seq": 1}, JPEG)
        leaving.send({"seq": 2}, JPEG)
    with Camera(server) as cut:
        cut.send({"seq": 1}, JPEG)
        cut.cut()
    check_goes_on(camera)


def test_there_is_room_for_so_many_and_room_again_when_one_leaves(server):
    cameras = []
    with pytest.raises(socketio.exceptions.ConnectionError):
        for _ in range(LIVE_CLIENTS + 1):
            cameras.append(Camera(server))
    full = len(cameras)
    cameras.pop().__exit__()
    deadline = time.monotonic() + WAIT_S
    while len(cameras) < full:
        assert time.monotonic() < deadline
        try:
            cameras.append(Camera(server))
        except socketio.exceptions.ConnectionError:
            time.sleep(0.05)
    for camera in cameras:
        camera.__exit__()
    assert 0 < full <= LIVE_CLIENTS


def test_other_requests_do_not_wait_for_frames(server, camera):
    waits = []
    for seq in range(30):
        camera.send({"seq": seq}, JPEG)
        began = time.monotonic()
        assert server.get("/healthz")[0] == 200
        waits.append(time.monotonic() - began)
    camera.wait_for(lambda: 29 in camera.seqs)
    assert sorted(waits)[len(waits) // 2] < WORK_S / 2


def test_frames_are_counted(server, camera):
    check_goes_on(camera)
    text = server.get("/metrics")[1].decode()
    figures = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert float(figures["facetraits_live_frames_total"]) >= 1
    assert float(figures["facetraits_live_clients"]) >= 1


def test_a_camera_that_leaves_is_no_error_in_the_log():
    port = free_port()
    process = start(port, "threading")
    server = Server(port)
    server.wait(process)
    with Camera(server) as camera:
        check_goes_on(camera)
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert "Traceback" not in errors


def test_pages_of_the_server_connect_beside_those_it_names():
    with running("eventlet", CORS_ORIGINS="https://friend.example") as server:
        for origin in (None, "https://friend.example"):
            with Camera(server, origin) as camera:
                check_goes_on(camera)
        with pytest.raises(socketio.exceptions.ConnectionError):
            Camera(server, "https://stranger.example")
