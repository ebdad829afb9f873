"""Camera links on a reader made by hand: the newest frame wins, everyone has a turn."""

import threading
import time
from collections import Counter

import pytest

from facetraits.errors import BadImage, Overloaded, WorkerDied
from facetraits.paths import Paths
from facetraits.reading.model import Reading
from facetraits.serving.camera_queue import Listener, LiveReader
from facetraits.serving.job import Analysis
from facetraits.serving.pool import WorkerPool
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from tests.web.fakes import canned_reading

WAIT_S = 10


class SteppedWorker:
    """Answers with the frame's own bytes as its id; holds each until the test lets it go."""

    alive = True

    def __init__(self):
        self.begun = threading.Semaphore(0)
        self.go = threading.Semaphore(0)
        self.hints = []
        self.seen = []

    def run(self, job):
        data = job.data
        self.seen.append(data)
        self.hints.append(job.hints)
        self.begun.release()
        assert self.go.acquire(timeout=WAIT_S)
        if data == b"bad":
            raise BadImage("not a picture")
        if data == b"deadly":
            raise WorkerDied("the worker ended")
        if data == b"bug":
            raise RuntimeError("a fault of ours")
        return Analysis(canned_reading(job.request_id))

    def close(self):
        pass


class Client:
    """Notes what comes, and lets a test wait for it."""

    def __init__(self):
        self.readings, self.problems, self.acks = [], [], []
        self._changed = threading.Condition()

    def listener(self):
        return Listener(self._note(self.readings), self._note(self.problems))

    def ack(self, seq):
        return lambda: self._note(self.acks)(seq)

    def _note(self, where):
        def note(what):
            with self._changed:
                where.append(what)
                self._changed.notify_all()

        return note

    def wait_for(self, what):
        with self._changed:
            assert self._changed.wait_for(what, WAIT_S)

    @property
    def seqs(self):
        return [reading["seq"] for reading in self.readings]


class Stage:
    """One worker, and the live threads in front of it."""

    def __init__(self, tracer=None, worker=None, **settings):
        self.worker = worker or SteppedWorker()
        self.pool = WorkerPool(lambda: self.worker, 1)
        self.pool.start()
        models, tracer = Paths.found().models, tracer or NoTracer()
        self.live = LiveReader(self.pool, Settings(workers=1, **settings), models, tracer)
        self.live.start()

    def step(self, times=1):
        for _ in range(times):
            assert self.worker.begun.acquire(timeout=WAIT_S)
            self.worker.go.release()

    def begun(self):
        assert self.worker.begun.acquire(timeout=WAIT_S)

    def finish(self):
        self.worker.go.release()


@pytest.fixture
def stage():
    stage = Stage()
    yield stage
    stage.live.close()
    stage.pool.close()


def send(link, client, *seqs, data=b"frame"):
    for seq in seqs:
        link.submit(seq, data, client.ack(seq))


def test_a_frame_is_acknowledged_when_it_is_begun_and_then_answered(stage):
    client = Client()
    link = stage.live.open(client.listener())
    send(link, client, 7)
    stage.begun()
    client.wait_for(lambda: client.acks == [7])
    assert client.readings == []
    stage.finish()
    client.wait_for(lambda: client.readings)
    (reading,) = client.readings
    assert (reading["seq"], reading["dropped"]) == (7, 0)
    assert [face["track_id"] for face in reading["faces"]] == [1, 2]


def test_of_the_frames_that_come_meanwhile_the_newest_is_read(stage):
    client = Client()
    link = stage.live.open(client.listener())
    send(link, client, 0)
    stage.begun()
    send(link, client, 1, 2, 3, 4, 5)
    # All but the waiting one had their answer: an acknowledgement, so that nobody waits.
    client.wait_for(lambda: client.acks == [0, 1, 2, 3, 4])
    stage.finish()
    stage.step()
    client.wait_for(lambda: len(client.readings) == 2)
    assert client.seqs == [0, 5]
    assert client.readings[-1]["dropped"] == 4


def test_a_frame_is_taken_once_a_worker_is_free_and_is_the_newest_then(stage):
    client = Client()
    link = stage.live.open(client.listener())
    with stage.pool.lend(WAIT_S):
        send(link, client, 0, 1, 2)
        client.wait_for(lambda: client.acks == [0, 1])
        time.sleep(0.05)
        # The live thread waits for the worker, and the newest frame may still be replaced.
        assert client.acks == [0, 1]
        send(link, client, 3)
    stage.step()
    client.wait_for(lambda: client.readings)
    assert (client.seqs, client.acks) == ([3], [0, 1, 2, 3])


def test_a_frame_that_gets_no_worker_is_a_problem():
    stage = Stage(timeout_s=0.1)
    client = Client()
    link = stage.live.open(client.listener())
    with stage.pool.lend(WAIT_S):
        send(link, client, 0)
        client.wait_for(lambda: client.problems)
    (problem,) = client.problems
    assert (problem["seq"], problem["code"]) == (0, "overloaded")
    send(link, client, 1)
    stage.step()
    client.wait_for(lambda: client.seqs == [1])
    stage.live.close()


def test_turns_are_fair_however_much_someone_sends(stage):
    greedy, modest = Client(), Client()
    links = [stage.live.open(client.listener()) for client in (greedy, modest)]
    for seq in range(40):
        send(links[0], greedy, *range(20 * seq, 20 * seq + 20))
        send(links[1], modest, seq)
        stage.step()
    counts = Counter({"greedy": len(greedy.readings), "modest": len(modest.readings)})
    assert abs(counts["greedy"] - counts["modest"]) <= 2


def test_a_frame_that_fails_is_a_problem_and_the_next_one_is_read(stage):
    client = Client()
    link = stage.live.open(client.listener())
    for seq, data in enumerate([b"bad", b"deadly", b"bug", b"frame"]):
        send(link, client, seq, data=data)
        stage.step()
        client.wait_for(lambda seq=seq: client.acks[-1:] == [seq])
    client.wait_for(lambda: client.readings)
    codes = [(problem["seq"], problem["code"]) for problem in client.problems]
    assert codes[:2] == [(0, "bad_image"), (1, "worker_died")]
    assert codes[2:] == [(2, "internal")]
    assert "a fault of ours" not in str(client.problems)
    assert client.seqs == [3]


def test_a_listener_that_fails_ends_nobody_elses_answers(stage):
    def broken(_):
        raise RuntimeError("the link is gone")

    bad = stage.live.open(Listener(broken, broken))
    bad.submit(0, b"frame", lambda: None)
    stage.step()
    client = Client()
    send(stage.live.open(client.listener()), client, 1)
    stage.step()
    client.wait_for(lambda: client.seqs == [1])


def test_a_closed_link_is_not_answered_and_keeps_nothing(stage):
    client = Client()
    link = stage.live.open(client.listener())
    send(link, client, 0)
    stage.begun()
    send(link, client, 1)
    stage.live.release(link)
    client.wait_for(lambda: client.acks == [0, 1])
    stage.finish()
    send(link, client, 2)
    client.wait_for(lambda: client.acks == [0, 1, 2])
    other = Client()
    send(stage.live.open(other.listener()), other, 3)
    stage.step()
    other.wait_for(lambda: other.seqs == [3])
    assert client.readings == []
    assert stage.worker.seen == [b"frame", b"frame"]


def test_there_is_room_for_so_many_cameras():
    stage = Stage(live_clients=2)
    first, _ = (stage.live.open(Client().listener()) for _ in range(2))
    with pytest.raises(Overloaded, match=r"maximum number of cameras .*: 2"):
        stage.live.open(Client().listener())
    stage.live.release(first)
    stage.live.open(Client().listener())
    stage.live.close()


def test_a_frame_that_waited_too_long_is_rejected(stage, monkeypatch):
    client = Client()
    link = stage.live.open(client.listener())
    send(link, client, 0)
    stage.begun()
    send(link, client, 1)
    real = time.monotonic
    monkeypatch.setattr("facetraits.serving.camera_queue.time.monotonic", lambda: real() + 6)
    stage.finish()
    client.wait_for(lambda: client.problems)
    (problem,) = client.problems
    assert (problem["seq"], problem["code"]) == (1, "overloaded")


def test_the_first_frame_is_searched_and_the_next_where_its_faces_were(stage):
    client = Client()
    link = stage.live.open(client.listener())
    for seq in range(3):
        send(link, client, seq)
        stage.step()
        client.wait_for(lambda seq=seq: client.seqs[-1:] == [seq])
    searched = [hints.search_px for hints in stage.worker.hints]
    assert searched[0] == 640
    assert set(searched[1:]) <= {0, 320}
    assert all(len(hints.boxes) == 2 for hints in stage.worker.hints[1:])


def test_the_answer_has_the_readings_shape(stage):
    client = Client()
    send(stage.live.open(client.listener()), client, 0)
    stage.step()
    client.wait_for(lambda: client.readings)
    plain = Reading("x", "baseline", 64, 80, {}, ()).to_dict()
    assert set(client.readings[0]) == {"seq", "dropped", *plain}
