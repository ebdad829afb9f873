"""Events from other processes, through a real Redis, in every async mode."""

from __future__ import annotations

import pytest
from flask_socketio import SocketIO
from redis import Redis

from tests.store.clients import redis_server, wait_until
from tests.web.test_camera_socket import NAMESPACE, Camera, check_goes_on
from tests.web.test_server import running

ASKED = {"max_fps": 5, "max_width": 320, "jpeg_quality": 0.5, "max_bytes": 100_000}


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_what_another_process_emits_reaches_the_cameras_of_every_server(async_mode):
    with redis_server() as url:
        queue = {"MESSAGE_QUEUE": url}
        with (
            running(async_mode, **queue) as first,
            running("eventlet", **queue) as second,
            Camera(first) as here,
            Camera(second) as there,
        ):
            emitter = SocketIO(message_queue=url, async_mode="threading")

            def heard() -> bool:
                # Servers begin to listen with their first client: what comes before is lost.
                emitter.emit("settings", ASKED, namespace=NAMESPACE)
                return all(ASKED in camera.settings for camera in (here, there))

            wait_until(heard)
            # Readings stay with their own client.
            check_goes_on(here)
            assert there.readings == []


def test_without_its_queue_a_server_goes_on_reading():
    with redis_server() as url, running("eventlet", MESSAGE_QUEUE=url) as server:
        with Camera(server) as camera:
            check_goes_on(camera)
        with Redis.from_url(url) as redis:
            redis.shutdown(nosave=True)
        with Camera(server) as camera:
            check_goes_on(camera)
