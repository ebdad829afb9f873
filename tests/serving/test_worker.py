"""Workers and their pool: real processes, and stand-ins where only the lending matters."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from facetraits.errors import BadImage, Overloaded, WorkerDied
from facetraits.serving.pool import WorkerPool
from facetraits.serving.service import InferenceService
from facetraits.serving.worker import ProcessWorker
from facetraits.settings import Settings
from facetraits.vision.pipeline import Hints
from tests.photos import astronaut, encode

PHOTO = encode(astronaut())


@pytest.fixture(scope="module")
def worker():
    worker = ProcessWorker(Settings(timeout_s=10))
    yield worker
    worker.close()
    assert not worker.alive


def test_a_photo_in_another_process(worker):
    reading = worker.read(PHOTO, "id-7")
    assert worker.pid != os.getpid()
    assert reading.request_id == "id-7"
    assert len(reading.faces) == 1
    assert reading.faces[0].look is None


def test_errors_come_across_whole_and_the_worker_goes_on(worker):
    with pytest.raises(BadImage):
        worker.read(PHOTO[:2000], "id")
    assert worker.alive
    assert worker.read(PHOTO, "id").faces


def test_a_frame_with_hints_looks_near_its_boxes(worker):
    (face,) = worker.read(PHOTO, "id").faces
    (again,) = worker.read(PHOTO, "id", Hints((face.box,))).faces
    assert again.look.shape == (16, 16)
    for name in ("x", "y", "width", "height"):
        assert getattr(again.box, name) == pytest.approx(getattr(face.box, name), abs=12)


def test_a_worker_that_is_killed_says_so():
    worker = ProcessWorker(Settings())
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        worker.read(PHOTO, "id")
    assert not worker.alive
    with pytest.raises(WorkerDied):
        worker.read(PHOTO, "id")


def test_a_worker_that_hangs_is_given_up():
    worker = ProcessWorker(Settings(timeout_s=0.3))
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerDied, match=r"within 0\.3 s"):
        worker.read(PHOTO, "id")
    assert not worker.alive


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_a_worker_that_cannot_start_says_so(monkeypatch, program):
    monkeypatch.setattr("facetraits.serving.worker.sys.executable", program)
    with pytest.raises(WorkerDied):
        ProcessWorker(Settings())


def test_without_a_living_worker_a_service_is_not_ready(monkeypatch):
    monkeypatch.setattr("facetraits.serving.pool._RETRY_S", 0.01)
    made = []

    def make(_):
        if made and not go.is_set():
            raise WorkerDied("no memory, say")
        made.append(Stand())
        return made[-1]

    go = threading.Event()
    service = InferenceService(Settings(workers=1), make)
    service.start()
    assert service.ready
    made[0].alive = False
    assert not service.ready
    go.set()
    with service._pool.lend(5):
        assert service.ready
    service.close()


def test_a_service_replaces_a_dead_worker_within_a_second():
    service = InferenceService(Settings(workers=1, timeout_s=10))
    service.start()
    try:
        assert service.read_photo(PHOTO, "before").faces
        (first,) = service._pool._idle
        os.kill(first.pid, signal.SIGKILL)
        first._process.wait(5)
        assert service.read_photo(PHOTO, "after").faces
        (second,) = service._pool._idle
        assert second.pid != first.pid
    finally:
        service.close()


class Stand:
    """A worker that does nothing, until it is told to die."""

    def __init__(self):
        self.alive = True

    def close(self):
        self.alive = False


def pool_of(size, make=Stand):
    pool = WorkerPool(make, size)
    pool.start()
    return pool


def test_a_worker_has_one_borrower_at_a_time():
    pool, busy, most = pool_of(2), set(), []
    lock = threading.Lock()

    def borrow(_):
        with pool.lend(10) as worker:
            with lock:
                assert worker not in busy
                busy.add(worker)
                most.append(len(busy))
            time.sleep(0.002)
            with lock:
                busy.discard(worker)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(borrow, range(64)))
    assert max(most) <= 2
    pool.close()


def test_a_wait_for_a_worker_ends():
    pool = pool_of(1)
    with pool.lend(1), pytest.raises(Overloaded, match=r"within 0\.05 s"), pool.lend(0.05):
        pass
    with pool.lend(1) as worker:
        assert worker.alive
    pool.close()


def test_an_error_gives_the_worker_back():
    pool = pool_of(1)
    with pytest.raises(BadImage), pool.lend(1):
        raise BadImage("x")
    with pool.lend(1) as worker:
        assert worker.alive
    pool.close()


def test_the_dead_are_replaced_idle_or_lent():
    pool = pool_of(2)
    with pool.lend(1) as lent:
        (idle,) = pool._idle
        idle.alive = lent.alive = False
        with pool.lend(2) as first, pool.lend(2) as second:
            assert first.alive and second.alive
    pool.close()


def test_a_replacement_that_fails_is_tried_again(monkeypatch):
    monkeypatch.setattr("facetraits.serving.pool._RETRY_S", 0.01)
    failures = iter([None, WorkerDied("it ended"), OSError("no file handles, say"), None])

    def make():
        if failure := next(failures):
            raise failure
        return Stand()

    pool = pool_of(1, make)
    pool._idle[0].alive = False
    with pool.lend(5) as worker:
        assert worker.alive
    pool.close()


def test_one_that_cannot_start_stops_the_start_and_ends_the_others():
    started = []

    def make():
        if started:
            raise WorkerDied("no memory, say")
        started.append(Stand())
        return started[0]

    with pytest.raises(WorkerDied):
        WorkerPool(make, 2).start()
    assert not started[0].alive


def test_a_closed_pool_lends_nothing_and_ends_what_comes_back():
    pool = pool_of(1)
    with pool.lend(1) as worker:
        pool.close()
        assert worker.alive
    assert not worker.alive
    with pytest.raises(Overloaded, match="stopping"), pool.lend(1):
        pass
