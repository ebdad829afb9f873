"""A camera on a real RTSP server that stalls, dies, and comes back."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from functools import partial

import pytest

from facetraits.cameras.backoff import FIRST_S, LONGEST_S, Backoff
from facetraits.cameras.camera import Camera
from facetraits.cameras.config import CameraConfig
from facetraits.cameras.feed import Feed
from facetraits.cameras.lease import SoleOwner
from facetraits.paths import Paths
from tests.cameras.sources import mjpeg_server, rtsp_server, write_video
from tests.store.clients import wait_until
from tests.web.fakes import FakeService


@pytest.fixture(scope="module")
def videos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "door.mp4", 25)
    write_video(folder / "short.mp4", 100)
    return folder


@contextmanager
def running(source: str, **more):
    """A camera that reads a source with a service that sees two faces in every frame."""
    counted: list = []
    service = FakeService()
    given = {"appearance_s": 0.5, "fps": 10.0, "stall_s": 2.0, "picture": "blurred"} | more
    camera = Camera(
        "door",
        CameraConfig(source, **given),
        service=service,
        make_feed=partial(Feed, paths=Paths.found()),
        record=lambda name, token, appearances: counted.extend(appearances),
        lease=SoleOwner(),
        backoff=Backoff(rand=lambda: 0.0),
    )
    camera.counted = counted
    camera.start()
    try:
        yield camera
    finally:
        camera.close()
        service.close()


def live(camera):
    return lambda: camera.status.state == "live"


def test_a_camera_that_is_read_is_live_and_counts_who_was_there(videos):
    with rtsp_server(videos) as server, running(server.url("door.mp4")) as camera:
        wait_until(lambda: camera.status.read >= 15, 30)
        assert (camera.status.width, camera.status.height) == (320, 240)
        assert len(camera.shot.boxes) >= 2

    assert camera.status.state == "stopped"
    assert camera.shot is None
    assert len(camera.counted) >= 1 and all(a.seconds >= 0.5 for a in camera.counted)


def test_all_of_a_picture_is_blurred_if_there_may_be_more_faces(videos, monkeypatch):
    monkeypatch.setattr(FakeService, "max_faces", 2)
    with running(str(videos / "door.mp4"), loop=True) as camera:
        wait_until(lambda: camera.shot is not None, 30)
        x, y, width, height = camera.shot.boxes[-1]

    assert (x, y) == (0, 0)
    assert width >= 320 and height >= 240


def test_a_stream_that_ends_quietly_is_connected_again(videos):
    with rtsp_server(videos) as server, running(server.url("short.mp4", loop=False)) as camera:
        wait_until(lambda: camera.status.reconnects >= 2, 40)
        frames = camera.status.frames
        assert frames >= 2
        wait_until(lambda: camera.status.frames > frames, 40)


def test_a_server_that_dies_and_comes_back_is_found_again(videos):
    with rtsp_server(videos) as server, running(server.url("door.mp4")) as camera:
        wait_until(live(camera), 30)
        server.kill()
        wait_until(lambda: camera.status.state == "waiting", 30)
        assert camera.status.detail
        server.start()
        wait_until(live(camera), 40)
        assert camera.status.reconnects >= 1


def test_a_server_that_stalls_is_noticed_and_found_again(videos):
    with rtsp_server(videos) as server, running(server.url("door.mp4")) as camera:
        wait_until(live(camera), 30)
        server.stall()
        wait_until(lambda: camera.status.state in ("waiting", "connecting"), 30)
        server.go_on()
        wait_until(live(camera), 40)


def test_mjpeg_is_read(videos):
    with mjpeg_server() as url, running(url) as camera:
        wait_until(lambda: camera.status.read >= 3, 30)


def test_a_file_ends_and_is_not_read_again(videos):
    with running(str(videos / "door.mp4")) as camera:
        wait_until(lambda: camera.status.state == "ended", 30)
        assert camera.status.reconnects == 0


def test_the_password_is_nowhere(videos, caplog):
    caplog.set_level(logging.DEBUG)
    with running("rtsp://me:s3cret@127.0.0.1:9/way?pw=s3cret") as camera:
        wait_until(lambda: camera.status.state == "waiting", 30)
        assert camera.status.detail == "Connection refused"

    assert "s3cret" not in caplog.text
    assert "Connection refused" in caplog.text


def test_no_picture_is_kept_unless_the_wall_may_show_one(videos):
    with rtsp_server(videos) as server, running(server.url("door.mp4"), picture="off") as camera:
        wait_until(lambda: camera.status.read >= 3, 30)
        assert camera.shot is None


def test_waits_grow_to_a_limit_and_are_never_in_step():
    shortest, longest = Backoff(rand=lambda: 0.0), Backoff(rand=lambda: 1.0)

    short = [shortest.next_s() for _ in range(12)]
    long = [longest.next_s() for _ in range(12)]
    assert long[:3] == [FIRST_S, 2 * FIRST_S, 4 * FIRST_S]
    assert long[-1] == LONGEST_S
    assert short == [wait / 2 for wait in long]
    assert longest.next_s(lasted_s=3600) == FIRST_S


def test_closing_does_not_wait_for_the_network():
    with running("rtsp://127.0.0.1:9/a") as camera:
        wait_until(lambda: camera.status.state == "waiting", 30)
    assert all(thread.name != "camera-door" for thread in threading.enumerate())
