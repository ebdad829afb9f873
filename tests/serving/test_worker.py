"""Workers and their pool: real processes, and stand-ins where only the lending matters."""

import io
import math
import os
import pickle
import signal
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import cv2
import numpy as np
import pytest
from PIL import Image

from facetraits.errors import BadImage, FacetraitsError, Overloaded, Stopping, TooLarge, WorkerDied
from facetraits.paths import Paths
from facetraits.reading.geometry import Box, overlap
from facetraits.serving import messages
from facetraits.serving.job import Analysis, Job
from facetraits.serving.pipes import Pipe, start
from facetraits.serving.pool import WorkerPool
from facetraits.serving.service import InferenceService
from facetraits.serving.worker import ProcessWorker, environment
from facetraits.settings import Settings
from facetraits.vision.formats import FORMATS
from facetraits.vision.hints import Hints
from facetraits.vision.tracking import likeness
from tests.photos import astronaut, encode
from tests.web.fakes import canned_reading, noise

PHOTO = encode(astronaut())


def save(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.fixture(scope="module")
def worker():
    worker = ProcessWorker(Settings(timeout_s=10))
    yield worker
    worker.close()
    assert not worker.alive


def test_a_photo_in_another_process(worker):
    reading = worker.run(Job(PHOTO, "id-7")).reading
    assert worker.pid != os.getpid()
    assert reading.request_id == "id-7"
    assert len(reading.faces) == 1
    assert reading.faces[0].look is None


def test_what_a_process_prints_is_not_on_our_standard_output(capfd):
    ours, theirs = Pipe()
    command = (sys.executable, "-c", "import sys; print('lost'); print('kept', file=sys.stderr)")
    with ours, theirs, start(command, theirs, os.environ) as process:
        assert process.wait() == 0
    assert capfd.readouterr() == ("", "kept\n")


def test_errors_come_across_whole_and_the_worker_goes_on(worker):
    with pytest.raises(BadImage):
        worker.run(Job(PHOTO[:2000], "id"))
    assert worker.alive
    assert worker.run(Job(PHOTO, "id")).reading.faces


def test_a_frame_with_hints_looks_near_its_boxes(worker):
    (face,) = worker.run(Job(PHOTO, "id")).reading.faces
    (again,) = worker.run(Job(PHOTO, "id", Hints((face.box,)))).reading.faces
    assert again.look.shape == (16, 16)
    for name in ("x", "y", "width", "height"):
        assert getattr(again.box, name) == pytest.approx(getattr(face.box, name), abs=12)


def test_a_frame_without_traits_says_only_where_its_faces_are(worker):
    (face,) = worker.run(Job(PHOTO, "id")).reading.faces
    analysis = worker.run(Job(PHOTO, "id", Hints((face.box,), want_traits=False)))
    (placed,) = analysis.placed
    assert analysis.reading.faces == ()
    assert analysis.reading.width == 512
    assert placed.look.shape == (16, 16)
    assert placed.landmarks == pytest.approx(face.landmarks, abs=6)


@pytest.mark.parametrize("side", [90, 110], ids=["full resolution", "half the resolution"])
def test_where_a_face_is_hardly_depends_on_the_resolution(worker, side):
    (face,) = worker.run(Job(PHOTO, "id")).reading.faces
    size = 2 * round(256 * side / face.box.shorter_side)
    sized = encode(cv2.resize(astronaut(), (size, size), interpolation=cv2.INTER_AREA))
    hints = Hints((face.box.scaled(size / 512),), want_traits=False)
    assert hints.may_halve == (side > 100)

    analysis = worker.run(Job(sized, "id", hints))
    (placed,) = analysis.placed
    (exact,) = worker.run(Job(sized, "id", replace(hints, want_traits=True))).reading.faces
    assert analysis.reading.width == analysis.reading.height == size
    assert placed.landmarks == pytest.approx(exact.landmarks, abs=2)
    assert overlap(placed.box, exact.box) > 0.9
    assert likeness(placed.look, exact.look) > 0.95


def test_faces_that_became_too_small_for_half_the_resolution_are_classified(worker):
    (face,) = worker.run(Job(PHOTO, "id")).reading.faces
    twice = Hints((face.box.scaled(2),), width=1024, want_traits=False)
    assert twice.may_halve
    analysis = worker.run(Job(PHOTO, "id", twice))
    assert analysis.placed is None
    assert len(analysis.reading.faces) == 1


@pytest.mark.parametrize("side", [40.0, 120.0], ids=["full resolution", "half the resolution"])
def test_a_frame_that_lacks_a_face_is_classified_in_full_resolution(worker, side):
    gone = Box(0.0, 0.0, side, side)
    analysis = worker.run(Job(PHOTO, "id", Hints((gone,), want_traits=False)))
    (face,) = worker.run(Job(PHOTO, "id", Hints())).reading.faces
    assert analysis.placed is None
    (found,) = analysis.reading.faces
    assert found.traits == face.traits
    assert found.box == face.box


def test_a_worker_that_is_killed_says_so():
    worker = ProcessWorker(Settings())
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(WorkerDied):
        worker.run(Job(PHOTO, "id"))
    assert not worker.alive
    with pytest.raises(WorkerDied):
        worker.run(Job(PHOTO, "id"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups' signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_leaves_workers_to_the_server(worker, number):
    os.kill(worker.pid, number)
    assert worker.run(Job(PHOTO, "id")).reading.faces


def run_lengths(width, height):
    """A BMP of one color, in run lengths (RLE8)."""
    row = b"\xff\x01" * (width // 255) + bytes([width % 255, 1]) + b"\x00\x00"
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, 0, 0, 0, 256, 0)
    start = 14 + len(header) + 1024
    data = row * height + b"\x00\x01"
    size = start + len(data)
    return struct.pack("<2sIHHI", b"BM", size, 0, 0, start) + header + bytes(1024) + data


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_what_takes_too_much_memory_says_so_in_every_format():
    flat = Image.new("RGB", (4200, 4200), (200, 120, 40))
    options = {"AVIF": {"speed": 10}, "WEBP": {"method": 0}, "PNG": {"compress_level": 1}}
    pictures = {kind: save(flat, kind, **options.get(kind, {})) for kind in FORMATS}
    pictures["BMP"] = run_lengths(4200, 4200)
    worker = ProcessWorker(Settings(picture_memory_bytes=100_000_000))
    try:
        for kind, picture in pictures.items():
            with pytest.raises(TooLarge, match="more memory than the server allows"):
                worker.run(Job(picture, kind))
            assert worker.alive, kind
        assert worker.run(Job(PHOTO, "id")).reading.faces
    finally:
        worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_a_file_that_takes_too_much_memory_says_so():
    worker = ProcessWorker(Settings(max_bytes=200_000_000, picture_memory_bytes=100_000_000))
    with pytest.raises(TooLarge, match="more memory than the server allows"):
        worker.run(Job(PHOTO + bytes(150_000_000), "id"))
    assert not worker.alive


def test_a_frame_may_be_larger_than_a_photo():
    frame = encode(astronaut(), quality=100)
    worker = ProcessWorker(Settings(max_bytes=1000, live_max_bytes=500_000))
    try:
        assert 65_000 < len(frame) < 500_000
        assert worker.run(Job(frame, "id", Hints())).reading.faces
    finally:
        worker.close()


def test_a_worker_that_hangs_is_given_up():
    worker = ProcessWorker(Settings(timeout_s=0.3))
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerDied, match=r"within 0\.3 s"):
        worker.run(Job(PHOTO, "id"))
    assert not worker.alive


def test_a_picture_that_no_worker_takes_is_given_up():
    """A pipe holds some 200 kB: the rest of the picture waits for a reader, who has stopped."""
    worker = ProcessWorker(Settings(timeout_s=0.5))
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerDied, match=r"within 0\.5 s"):
        worker.run(Job(noise(5_000_000), "id"))
    assert not worker.alive


def worker_that(monkeypatch, script: str, **settings: object) -> ProcessWorker:
    """A worker whose process runs a script before it starts to read."""
    lines = ["import sys", "from facetraits.serving import worker", dedent(script)]
    lines += [
        "from facetraits.serving.pipes import inherited",
        "worker.main(inherited(sys.argv[1]))",
    ]
    monkeypatch.setattr(
        "facetraits.serving.worker.COMMAND", [sys.executable, "-c", "\n".join(lines)]
    )
    return ProcessWorker(Settings(**settings))


def test_an_error_nobody_expected_is_an_answer(monkeypatch, caplog):
    worker = worker_that(
        monkeypatch,
        """
        def run(job, *_):
            raise KeyError("a secret of the inside")
        worker.jobs.run = run
        """,
    )
    for _ in range(2):
        with pytest.raises(FacetraitsError) as caught:
            worker.run(Job(PHOTO, "id"))
        assert (caught.value.code, str(caught.value)) == ("internal", "")
    assert "a secret of the inside" in caplog.text
    assert worker.alive
    worker.close()


def test_a_picture_that_takes_too_much_time_is_refused(monkeypatch):
    worker = worker_that(
        monkeypatch,
        """
        def run(*_):
            while True:
                pass
        worker.jobs.run = run
        """,
        picture_cpu_s=1,
    )
    began = time.process_time()
    with pytest.raises(TooLarge, match="more than 1 s of CPU time"):
        worker.run(Job(PHOTO, "id"))
    assert time.process_time() - began < 1
    assert not worker.alive


@pytest.mark.parametrize("shape", [(6120, 8160), (30_000, 1080)])
@pytest.mark.parametrize("face_px", [24, 40])
def test_a_picture_full_of_faces_is_still_analyzed(shape, face_px):
    face = cv2.resize(astronaut()[40:220, 140:300], (face_px * 16 // 9, face_px * 2))
    repeats = [math.ceil(side / part) for side, part in zip(shape, face.shape, strict=False)]
    photo = np.tile(face, (*repeats, 1))[: shape[0], : shape[1]]
    # Without bounds on the fine search, the tall one took 63 s of processor time; with them, 0.6 to
    # 4.4, depending on the machine. More than the limit would be TooLarge.
    worker = ProcessWorker(Settings(timeout_s=120, picture_cpu_s=30))
    assert len(worker.run(Job(encode(photo, quality=60), "id")).reading.faces) in (0, 5)
    assert worker.alive
    worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits memory")
def test_a_picture_that_takes_too_much_memory_is_refused():
    worker = ProcessWorker(Settings(picture_memory_bytes=100_000_000))
    large = encode(np.zeros((7000, 7000, 3), np.uint8))
    with pytest.raises(TooLarge, match="more memory than the server allows"):
        worker.run(Job(large, "id"))
    assert worker.run(Job(PHOTO, "id")).reading.faces
    worker.close()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_a_worker_knows_none_of_the_servers_secrets(monkeypatch):
    monkeypatch.setenv("FACETRAITS_STORE", "redis://:s3cret@localhost:6379/0")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    worker = ProcessWorker(Settings(store="redis://:s3cret@localhost:6379/0"))
    mine = Path(f"/proc/{worker.pid}/environ").read_bytes()
    worker.close()
    assert b"PATH=" in mine
    assert b"s3cret" not in mine and b"FACETRAITS_" not in mine


def test_an_environment_has_what_a_program_needs():
    server = {"PATH": "/bin", "PYTHONPATH": "/mine", "SystemRoot": "C:\\Windows", "API_KEY": "x"}
    found = environment(server, Paths.of_checkout(Path("/here")))
    assert found == {
        "PATH": "/bin",
        "SystemRoot": "C:\\Windows",
        "PYTHONPATH": os.pathsep.join(("/here", "/mine")),
        "PYTHONWARNINGS": "ignore",
        "OPENCV_LOG_LEVEL": "SILENT",
        "OPENBLAS_NUM_THREADS": "1",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_large_pictures_leave_no_memory_behind(worker):
    def resident_mb() -> float:
        pages = int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    large = encode(cv2.resize(astronaut(), (6000, 4000)))
    worker.run(Job(large, "id"))
    before = resident_mb()
    for _ in range(3):
        worker.run(Job(large, "id"))
    worker.run(Job(PHOTO, "id"))
    # 72 MB of pixels each, and as much again while they are decoded.
    assert resident_mb() < before + 40


def test_messages_are_what_they_were():
    hints = Hints((Box(1.5, 2.0, 30.0, 40.0),), 320, 640)
    job = Job(PHOTO, "id", hints, keep_copy=True)
    assert messages.decode_job(messages.encode(job)) == job
    reading = canned_reading()
    done = messages.Done(Analysis(reading, b"copy"))
    back = messages.decode_answer(messages.encode(done))
    assert back.analysis.reading.to_json() == reading.to_json()
    assert back.analysis.copy == b"copy"


@pytest.mark.parametrize(
    "answer", [b"", b"\xff" * 9, pickle.dumps("ready"), messages.encode(messages.Ready())]
)
def test_an_answer_that_is_none_ends_the_worker(monkeypatch, answer):
    worker = worker_that(
        monkeypatch,
        f"worker._answered = lambda *_: 0\nworker.messages.encode = lambda m: "
        f"{messages.encode(messages.Ready())!r} if m == worker.Ready() else {answer!r}",
    )
    with pytest.raises(WorkerDied):
        worker.run(Job(PHOTO, "id"))
    assert not worker.alive


def test_an_error_of_another_name_is_no_code_of_ours():
    assert type(messages.Failed("os", "x").exception()) is FacetraitsError
    assert type(messages.Failed("annotations", "x").exception()) is FacetraitsError
    assert isinstance(messages.Failed("TooLarge", "x").exception(), TooLarge)


@pytest.mark.parametrize("program", ["/bin/false", "/no/such/program"])
def test_a_worker_that_cannot_start_says_so(monkeypatch, program):
    monkeypatch.setattr("facetraits.serving.worker.COMMAND", [program])
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
        assert service.run(Job(PHOTO, "before")).reading.faces
        (first,) = service._pool._idle
        os.kill(first.pid, signal.SIGKILL)
        first._process.wait(5)
        assert service.run(Job(PHOTO, "after")).reading.faces
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
    with pytest.raises(Stopping), pool.lend(1):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_what_hangs_at_the_end_is_ended():
    service = InferenceService(Settings(workers=1, timeout_s=60))
    service.start()
    (worker,) = service._pool._idle
    os.kill(worker.pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        reading = threads.submit(service.run, Job(PHOTO, "id"))
        while not service._pool._lent:
            time.sleep(0.01)
        service.close()
        began_s = time.monotonic()
        service.kill()
        with pytest.raises(WorkerDied):
            reading.result()
    assert time.monotonic() - began_s < 3
    assert not worker.alive
