"""The server as a process, talked to over the loopback."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.web.fakes import noise, photo

ROOT = Path(__file__).resolve().parent.parent.parent
URL = "/api/v1/analyze"
RESULTS = "/api/v1/results"
WORK_S = 0.2
START_S = 30.0


def start(
    port: int, async_mode: str = "eventlet", output: int = subprocess.PIPE, **settings: str
) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.web.server_with_fake"]
    given = [f"FACETRAITS_{name}={value}" for name, value in settings.items()]
    return subprocess.Popen(
        [*command, str(port), async_mode, str(WORK_S), *given],
        cwd=ROOT,
        stdout=output,
        stderr=output,
        text=True,
    )


@contextmanager
def running(async_mode: str, output: int = subprocess.DEVNULL, **settings: str) -> Iterator[Server]:
    """A server, and its settings as CORS_ORIGINS="https://example.org".

    Args:
        output: where its log goes. Not a pipe: nobody reads it, and once full it holds it up.
    """
    port = free_port()
    process = start(port, async_mode, output, **settings)
    try:
        server = Server(port, process.pid)
        server.wait(process)
        yield server
    finally:
        process.terminate()
        process.wait(10)


class Server:
    def __init__(self, port: int, pid: int = 0) -> None:
        self.port = port
        self.pid = pid

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def wait(self, process: subprocess.Popen[str]) -> None:
        deadline = time.monotonic() + START_S
        while True:
            try:
                self.get("/healthz")
                return
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"the server did not start: {process.poll()}") from None
                time.sleep(0.05)

    def get(self, path: str) -> tuple[int, bytes]:
        with closing(self.connect()) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def post(
        self, body: Any, content_type: str = "image/jpeg", path: str = URL
    ) -> tuple[int, dict[str, Any]]:
        with closing(self.connect()) as connection:
            return post(connection, body, content_type, path)


def post(
    connection: http.client.HTTPConnection,
    body: Any,
    content_type: str = "image/jpeg",
    path: str = URL,
) -> tuple[int, dict[str, Any]]:
    connection.request("POST", path, body, {"Content-Type": content_type})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("eventlet") as server:
        yield server


@pytest.mark.parametrize("async_mode", ["gevent", "threading"])
def test_the_other_modes_read_in_parallel_too(async_mode):
    with running(async_mode) as server:
        check_parallel(server)


@pytest.mark.parametrize("async_mode", ["gevent", "threading"])
def test_results_are_kept_in_the_other_modes_too(async_mode):
    with running(async_mode) as server:
        check_keeping(server)


def test_results_are_kept(server):
    check_keeping(server)


def check_keeping(server: Server) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: server.post(photo(), path=RESULTS), range(16)))
        kept = [result["id"] for _, result in answers]
        pictures = list(pool.map(lambda name: server.get(f"/results/{name}/picture"), kept))

    assert [status for status, _ in answers] == [201] * 16
    assert len(set(kept)) == 16
    assert all(status == 200 and data.startswith(b"\xff\xd8\xff") for status, data in pictures)


def test_many_requests_are_read_in_parallel(server):
    check_parallel(server)


def check_parallel(server: Server) -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: server.post(photo()), range(16)))
    took_s = time.monotonic() - began

    assert [status for status, _ in answers] == [200] * 16
    assert len({reading["request_id"] for _, reading in answers}) == 16
    # One after the other they would take 3.2 s.
    assert took_s < 16 * WORK_S / 2


def test_other_requests_do_not_wait_for_a_reading(server):
    with ThreadPoolExecutor(4) as pool:
        readings = [pool.submit(server.post, photo()) for _ in range(4)]
        waits = []
        while not all(reading.done() for reading in readings):
            began = time.monotonic()
            assert server.get("/healthz")[0] == 200
            waits.append(time.monotonic() - began)

    assert len(waits) > 2
    assert sorted(waits)[len(waits) // 2] < WORK_S / 2


def test_a_slow_upload_holds_nobody_up(server):
    data = photo()
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as slow:
        head = f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
        slow.sendall(f"{head}Content-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode())
        slow.sendall(data[:10])
        for byte in data[10:13]:
            slow.sendall(bytes([byte]))
            assert server.get("/healthz")[0] == 200
            assert server.post(photo())[0] == 200
        slow.sendall(data[13:])
        assert b"200 OK" in slow.makefile("rb").read()


def as_form(data: bytes) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    return head + data + b"\r\n--x--\r\n"


@pytest.mark.parametrize("megabytes", [6, 30])
@pytest.mark.parametrize("content_type", ["image/jpeg", "multipart/form-data; boundary=x"])
def test_an_upload_that_is_too_large_gets_its_answer(server, megabytes, content_type):
    data = noise(megabytes * 1_000_000)
    body = as_form(data) if "form" in content_type else data
    with closing(server.connect()) as connection:
        status, problem = post(connection, body, content_type)
        assert (status, problem["code"]) == (413, "too_large")
        # The connection is whole: the next request on it is answered.
        assert post(connection, photo())[0] == 200


def test_a_body_in_chunks_is_read_and_bounded(server):
    data = photo()
    assert server.post(iter([data[:100], data[100:]]))[0] == 200

    status, problem = server.post(noise(1_000_000) for _ in range(6))
    assert (status, problem["code"]) == (413, "too_large")

    status, problem = server.post(noise(1_000_000) for _ in range(30))
    assert (status, problem["code"]) == (413, "too_large")


def test_a_client_that_asks_first_is_told_to_go_on_or_why_not(server):
    def ask(length: int) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as asking:
            head = f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n"
            head += f"Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
            asking.sendall(head.encode())
            return asking.recv(64)

    assert ask(1_000).startswith(b"HTTP/1.1 100 ")
    assert ask(10**12).startswith(b"HTTP/1.1 413 ")


def test_socket_io_is_there(server):
    status, body = server.get("/socket.io/?EIO=4&transport=polling")

    assert status == 200
    assert b'"sid"' in body


def test_ctrl_c_ends_it_quietly():
    port = free_port()
    process = start(port)
    Server(port).wait(process)

    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)

    assert process.returncode in (0, 130)
    assert f"http://127.0.0.1:{port}" in output
    # Nothing but the log's lines: no traceback, and no complaint of eventlet's about itself.
    assert all(" INFO facetraits.access GET /healthz " in line for line in errors.splitlines())


@pytest.mark.parametrize("async_mode", ["eventlet", "gevent", "threading"])
def test_an_address_that_is_taken_stops_the_start_with_one_line(async_mode):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        process = start(port, async_mode)
        _, errors = process.communicate(timeout=START_S)

    assert process.returncode == 2
    (line,) = errors.splitlines()
    assert line.startswith(
        f"facetraits: FACETRAITS_HOST='127.0.0.1' with FACETRAITS_PORT={port} is not an address"
    )


# A Redis server that is not there yet.
MISSING = f"redis://me:secret@127.0.0.1:{free_port()}"


@pytest.mark.parametrize(
    ("variable", "text", "said", "code"),
    [
        ("MAX_FACES", "many", "='many' is not a whole number from 1 to 100", 2),
        (
            "STORE",
            "http://here",
            "='http://here' is not sqlite or an address like redis://localhost:6379/0",
            2,
        ),
        ("STORE", MISSING, " cannot be reached: ", 1),
        ("DATA_DIR", "app.py", " cannot be used: Not a directory", 2),
        (
            "MESSAGE_QUEUE",
            "amqp://here",
            " is not empty or an address like redis://localhost:6379/0",
            2,
        ),
        ("MESSAGE_QUEUE", MISSING, " cannot be reached: ", 1),
        ("JOBS", MISSING, " cannot be reached: ", 1),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(variable, text, said, code, tmp_path):
    own = {"FACETRAITS_JOBS_FILES": str(tmp_path), f"FACETRAITS_{variable}": text}
    environ = {**os.environ, **own}
    ended = subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )

    # Whatever supervises it tries again after 1, and not after 2.
    assert ended.returncode == code
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"facetraits: FACETRAITS_{variable}") and said in line
    assert "secret" not in line
