"""The real server and its worker processes: one that dies costs a frame and no link."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.photos import astronaut, encode
from tests.ports import free_port
from tests.web.test_camera_socket import Camera
from tests.web.test_server import ROOT, Server

PHOTO = encode(astronaut())


def start_app(folder: Path, workers: int) -> tuple[Server, subprocess.Popen[bytes]]:
    """`python app.py`, ready, with so many workers."""
    port = free_port()
    given = {"PORT": port, "WORKERS": workers, "DATA_DIR": folder}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | {f"FACETRAITS_{name}": str(value) for name, value in given.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    server = Server(port)
    server.wait(process)
    return server, process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, int]]:
    """A server with one worker, and its process id."""
    server, process = start_app(tmp_path_factory.mktemp("results"), workers=1)
    yield server, process.pid
    process.terminate()
    process.wait(20)


def workers_of(pid: int) -> list[int]:
    """Child processes of every thread of the server: the one that replaces has its own."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def ended(handle: int) -> bool:
    """Whether a process ends within ten seconds."""
    ready, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    return bool(ready)


def test_a_frame_whose_worker_dies_is_a_problem_and_the_next_is_read(process):
    server, pid = process
    with Camera(server) as camera:
        camera.send({"seq": 0}, PHOTO)
        camera.wait_for(lambda: camera.readings)
        (worker,) = workers_of(pid)
        os.kill(worker, signal.SIGSTOP)  # so that it dies with the frame in its hands
        camera.send({"seq": 1}, PHOTO)
        camera.wait_for(lambda: {"seq": 1} in camera.acks)
        os.kill(worker, signal.SIGKILL)
        camera.wait_for(lambda: camera.problems)
        assert [(p["seq"], p["code"]) for p in camera.problems] == [(1, "worker_died")]
        camera.send({"seq": 2}, PHOTO)
        camera.wait_for(lambda: 2 in camera.seqs)
        assert camera.readings[-1]["faces"][0]["track_id"] == 1
        assert workers_of(pid) not in ([], [worker])


def test_photos_are_read_after_it_too(process):
    server, pid = process
    (worker,) = workers_of(pid)
    handle = os.pidfd_open(worker)
    os.kill(worker, signal.SIGKILL)
    assert ended(handle)
    status, reading = server.post(PHOTO)
    assert (status, len(reading["faces"])) == (200, 1)


def test_workers_end_with_their_server(tmp_path):
    _, process = start_app(tmp_path, workers=2)
    workers = [os.pidfd_open(worker) for worker in workers_of(process.pid)]
    assert len(workers) == 2
    process.kill()
    process.wait(10)
    for worker in workers:
        assert ended(worker)
