"""A server that is stopped: /readyz first, then its cameras, then it ends, in every async mode."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.ports import free_port
from tests.store.clients import wait_until
from tests.web.test_camera_socket import Camera, check_goes_on
from tests.web.test_server import Server, start

Started = tuple[Server, subprocess.Popen[str]]


@pytest.fixture
def started() -> Iterator[Callable[..., Started]]:
    """Starts servers and waits until they are ready; ends those that a failed test leaves."""
    with contextlib.ExitStack() as processes:

        def start_one(async_mode: str, **settings: str) -> Started:
            port = free_port()
            process = start(port, async_mode, LOG_LEVEL="ERROR", **settings)
            processes.enter_context(process)
            processes.callback(process.kill)
            server = Server(port, process.pid)
            server.wait(process)
            return server, process

        yield start_one


def check_ended(process: subprocess.Popen[str], within_s: float, code: int = 0) -> None:
    _, errors = process.communicate(timeout=within_s)
    assert process.returncode == code
    assert "Traceback" not in errors


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_cameras_are_told_to_move_after_the_delay_and_then_it_ends(async_mode, started):
    server, process = started(async_mode, DRAIN_S="1")
    with Camera(server) as camera:
        moves = camera.listen("move")
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.get("/readyz") == (503, b'{"status":"draining"}\n'))
        # For the delay, it goes on as usual.
        assert server.get("/healthz")[0] == 200
        check_goes_on(camera)
        assert moves == []
        camera.wait_for(lambda: moves)
        # It still reads for a camera that has not left, but takes no new connections.
        with pytest.raises(OSError):
            server.get("/healthz")
        check_goes_on(camera, seq=2000)
    check_ended(process, within_s=10)


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_a_proxy_is_told_not_to_keep_connections(async_mode, started):
    server, process = started(async_mode, DRAIN_S="300")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: server.get("/readyz")[0] == 503)
    connection = server.connect()
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    process.send_signal(signal.SIGTERM)  # the second one ends it at once
    assert answer.headers["Connection"] == "close"
    check_ended(process, within_s=10, code=-signal.SIGTERM)


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_a_request_on_a_new_connection_is_still_answered(async_mode, started):
    server, process = started(async_mode, DRAIN_S="0")
    # A camera that doesn't leave keeps the server for some seconds.
    with Camera(server), socket.create_connection(("127.0.0.1", server.port)) as early:
        process.send_signal(signal.SIGTERM)
        wait_until(lambda: refuses(server.port))
        early.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        answer = b"".join(iter(lambda: early.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200 ")
    check_ended(process, within_s=15)


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_a_new_connection_without_a_request_does_not_keep_the_server(async_mode, started):
    server, process = started(async_mode, DRAIN_S="0")
    with socket.create_connection(("127.0.0.1", server.port)):
        process.send_signal(signal.SIGTERM)
        check_ended(process, within_s=6)  # before it would be cut off, after 8 s


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return True
    return False
