"""Connections: many, silent ones, cut uploads, and the end of the server."""

from __future__ import annotations

import contextlib
import http.client
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.hostile import RawClient, memory_mb, wait_until
from tests.ports import free_port
from tests.web.fakes import noise, photo
from tests.web.test_server import ROOT, URL, Server, running, start

MODES = ["eventlet", "threading", "gevent"]


@contextlib.contextmanager
def with_few_files(async_mode: str, files: int) -> Iterator[Server]:
    """A server that may open so many files, and cannot raise that."""
    port = free_port()
    command = [sys.executable, "-m", "tests.web.server_with_fake", str(port), async_mode, "0.2"]
    process = subprocess.Popen(
        # Limited by a shell: Python's preexec_fn would fork this process, with its threads.
        ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        server = Server(port, process.pid)
        server.wait(process)
        yield server
        assert process.poll() is None
    finally:
        process.terminate()
        process.wait(10)


def silent(port: int, count: int) -> list[socket.socket]:
    found = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            found.append(socket.create_connection(("127.0.0.1", port), timeout=5))
    return found


@pytest.mark.parametrize("async_mode", MODES)
def test_more_connections_than_there_may_be_are_told_so(async_mode):
    with with_few_files(async_mode, 320) as server:
        # 320 files, 256 of them kept for other things: 64 places. A request of the start may
        # still hold one of them; whoever gets that place keeps it.
        open_: list[socket.socket | http.client.HTTPConnection] = [*silent(server.port, 64)]
        for _ in range(10):
            connection = server.connect()
            open_.append(connection)
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            if answer.status == 503:
                break
            answer.read()
        assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
        assert b'"overloaded"' in answer.read()
        for one in open_:
            one.close()
        assert wait_until(lambda: server.get("/healthz")[0] == 200, 5)


@pytest.mark.parametrize("async_mode", MODES)
def test_a_lack_of_files_ends_no_server(async_mode):
    with with_few_files(async_mode, 80) as server:
        # 16 connections are let in at least, and these fill all files that there are.
        idle = silent(server.port, 400)
        time.sleep(0.5)
        for one in idle:
            one.close()
        assert wait_until(lambda: answers(server), 10)


def answers(server: Server) -> bool:
    with contextlib.suppress(OSError, http.client.HTTPException):
        return server.get("/healthz")[0] == 200
    return False


@pytest.mark.parametrize("async_mode", MODES)
def test_a_thousand_idle_connections_leave_room(async_mode):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with running(async_mode) as server:
            idle = silent(server.port, 1100)
            assert len(idle) == 1100
            assert server.get("/healthz")[0] == 200
            for one in idle:
                one.close()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("async_mode", MODES)
def test_many_uploads_at_once_are_answered_and_none_is_reset(async_mode):
    with running(async_mode, QUEUE_SIZE="2") as server:
        found: list[int | str] = []
        together = threading.Barrier(300)

        def upload() -> None:
            together.wait(20)
            try:
                found.append(server.post(photo())[0])
            except OSError as error:
                found.append(type(error).__name__)

        threads = [threading.Thread(target=upload) for _ in range(300)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(found) <= {200, 503}
        assert len(found) == 300


@pytest.mark.skipif(sys.platform != "linux", reason="/proc, and glibc's settings")
@pytest.mark.parametrize("async_mode", MODES)
def test_large_uploads_leave_no_memory_behind(async_mode):
    data = noise(4_500_000)  # of which the fake service reads the first bytes
    with running(async_mode) as server:
        server.post(photo())
        before = memory_mb(server.pid)
        for _ in range(2):
            with ThreadPoolExecutor(38) as threads:
                answers = list(threads.map(server.post, [data] * 38))
            assert {status for status, *_ in answers} <= {422, 503}
        # 170 MB came in each time.
        assert wait_until(lambda: memory_mb(server.pid) - before < 60, 10)


@pytest.mark.parametrize("async_mode", MODES)
@pytest.mark.parametrize("path", [URL, "/api/v1/results"])
def test_an_upload_that_is_cut_is_refused(async_mode, path):
    data = photo(300, 300)
    with running(async_mode) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as cut:
            head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: image/jpeg\r\n"
            cut.sendall(f"{head}Content-Length: {len(data) + 500}\r\n\r\n".encode() + data)
            cut.shutdown(socket.SHUT_WR)
            assert cut.recv(64).startswith(b"HTTP/1.1 400 ")
        assert server.post(photo())[0] == 200


@pytest.mark.parametrize("async_mode", MODES)
def test_requests_that_follow_each_other_on_one_connection_hold_nobody_up(async_mode):
    with (
        running(async_mode) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as hasty,
    ):
        many = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200
        ended = threading.Event()

        def read() -> None:
            with contextlib.suppress(OSError):
                while hasty.recv(65536):
                    pass

        def send() -> None:
            with contextlib.suppress(OSError):
                while not ended.is_set():
                    hasty.sendall(many)

        for task in (read, send):
            threading.Thread(target=task, daemon=True).start()
        waits = []
        for _ in range(20):
            began = time.monotonic()
            assert server.get("/healthz")[0] == 200
            waits.append(time.monotonic() - began)
        ended.set()
        hasty.shutdown(socket.SHUT_RDWR)
    assert max(waits) < 1.5


@pytest.mark.parametrize("async_mode", MODES)
@pytest.mark.parametrize("signal_", [signal.SIGTERM, signal.SIGINT])
def test_it_finishes_what_it_began_tells_its_clients_and_ends(async_mode, signal_):
    port = free_port()
    process = start(port, async_mode)
    server = Server(port, process.pid)
    server.wait(process)
    found: list[int] = []
    uploads = [
        threading.Thread(target=lambda: found.append(server.post(photo())[0])) for _ in range(4)
    ]
    with RawClient(port) as camera, contextlib.closing(server.connect()) as kept_alive:
        kept_alive.request("GET", "/healthz")
        kept_alive.getresponse().read()
        for upload in uploads:
            upload.start()
        time.sleep(0.1)  # less than a reading takes
        process.send_signal(signal_)
        with pytest.raises(ConnectionError):
            while camera.receive() != "1":  # Engine.IO's word for the end
                pass
            raise ConnectionError("told")
        for upload in uploads:
            upload.join()
        _, errors = process.communicate(timeout=10)
    assert found == [200] * 4
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.mark.parametrize("async_mode", MODES)
def test_an_upload_that_stands_still_does_not_keep_it_from_ending(async_mode):
    port = free_port()
    process = start(port, async_mode)
    Server(port).wait(process)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as slow:
        head = f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n"
        slow.sendall(head.encode() + noise(100))
        time.sleep(0.2)
        process.terminate()
        process.communicate(timeout=15)
    assert process.returncode == 0


# The real limits are a minute and more.
IMPATIENT = """
import runpy, sys
from facetraits.web.concurrency import eventlet_server, gevent_server, threading_server
for server in (eventlet_server, gevent_server, threading_server):
    server.SILENCE_S = 1
eventlet_server._KEEP_ALIVE_S = 1
sys.argv[1:] = {arguments!r}
runpy.run_module("tests.web.server_with_fake", run_name="__main__")
"""


@pytest.mark.parametrize("async_mode", MODES)
def test_a_silent_connection_is_ended(async_mode, tmp_path):
    port, log = free_port(), tmp_path / "log"
    code = IMPATIENT.format(arguments=[str(port), async_mode, "0"])
    with log.open("w") as output:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=output)
    try:
        Server(port).wait(process)
        for said in (
            b"",
            b"GET /healthz HTTP/1.1\r\nHost: 127",
            f"POST {URL} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900\r\n\r\nx".encode(),
            b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        ):
            with socket.create_connection(("127.0.0.1", port), timeout=6) as silent_one:
                silent_one.sendall(said)
                while silent_one.recv(65536):  # TimeoutError where it is not ended
                    pass
    finally:
        process.terminate()
        process.wait(10)
    assert "Traceback" not in log.read_text()
