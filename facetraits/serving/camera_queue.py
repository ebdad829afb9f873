"""Camera frames from many clients at once: the newest frame wins, and every client gets a turn.

Each client has at most one frame being analyzed and one waiting; a newer frame replaces
the waiting one. Clients with a waiting frame share one queue, each in it at most once,
and rejoin at the end: sending more frames does not earn more turns.
"""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facetraits.errors import FacetraitsError, Overloaded
from facetraits.networks.classifiers import unsure_below
from facetraits.reading.model import Reading
from facetraits.serving.follower import Follower
from facetraits.serving.job import Analysis, Job
from facetraits.serving.pool import WorkerPool
from facetraits.serving.tracing import Tracer, record_analysis
from facetraits.serving.worker import Worker
from facetraits.settings import Settings
from facetraits.vision.hints import Hints
from facetraits.vision.tracking import Tracker

log = logging.getLogger(__name__)

# A worker may be busy with a large photo for a while; a frame older than this is out of date.
_STALE_AFTER_S = 5.0
# Thirty traces a second of each camera would drown out everything else.
_TRACE_EVERY_S = 10.0
# At ten classified frames per second, half a second.
_DOUBT_FRAMES = 5

Deliver = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Listener:
    """Receives a client's results; called from the live threads, so it must not block.

    Attributes:
        reading: called with a reading as JSON, plus seq and dropped.
        problem: called with seq, code, title and detail of a frame that failed.
    """

    reading: Deliver
    problem: Deliver


@dataclass(slots=True)
class _Frame:
    seq: int
    jpeg: bytes
    taken: Callable[[], None]
    came_s: float = field(default_factory=time.monotonic)
    handed_ns: int = field(default_factory=time.time_ns)


class LiveLink:
    """One client's frames. `submit` and `close` are safe from any thread."""

    def __init__(
        self,
        listener: Listener,
        enqueue: Callable[[LiveLink], None],
        tracker: Tracker,
        tracer: Tracer,
    ) -> None:
        self._listener = listener
        self._enqueue = enqueue
        self._lock = threading.Lock()
        self._waiting: _Frame | None = None
        self._newest = -1
        self._queued = False
        self._closed = False
        self._dropped = 0
        self._follower = Follower(tracker)
        self._tracer = tracer
        self._traced_s = -math.inf
        self._name = uuid.uuid4().hex[:12]

    def submit(self, seq: int, jpeg: bytes, taken: Callable[[], None]) -> None:
        """Submits a frame.

        Args:
            seq: the client's number for it, which increases from frame to frame. A frame with a
                lower number than the newest is dropped.
            jpeg: the encoded picture.
            taken: called once: when analysis of the frame starts, or when the frame is dropped.
        """
        frame = _Frame(seq, jpeg, taken)
        with self._lock:
            # Frames may be submitted from different threads, and so arrive out of order.
            unwanted: _Frame | None = frame
            if seq >= self._newest and not self._closed:
                self._newest = seq
                unwanted, self._waiting = self._waiting, frame
            enqueue = self._waiting is not None and not self._queued
            self._queued = self._queued or enqueue
            self._dropped += unwanted is not None
        if unwanted is not None:
            unwanted.taken()
        if enqueue:
            self._enqueue(self)

    def close(self) -> None:
        """Drops the waiting frame and discards the result of the one being analyzed."""
        with self._lock:
            self._closed = True
            older, self._waiting = self._waiting, None
        if older is not None:
            older.taken()

    def take_turn(self, pool: WorkerPool, timeout_s: float, others_wait: bool = False) -> None:
        """Analyzes the newest frame, delivers the result, and rejoins the queue if needed.

        Args:
            pool: lends the worker.
            timeout_s: the longest wait for a worker.
            others_wait: whether other links are waiting for their turn.
        """
        frame: _Frame | None = None
        try:
            with pool.lend(timeout_s) as worker:
                # Not earlier: a newer frame may have arrived during the wait for a worker.
                frame = self._begin()
                reading = self._read_frame(frame, worker, others_wait) if frame else None
            if frame and reading:
                numbers = {"seq": frame.seq, "dropped": self._dropped}
                self._deliver(self._listener.reading, {**numbers, **reading.to_dict()})
        except FacetraitsError as error:
            self._refuse(frame or self._begin(), error, str(error))
        except Exception:
            # Internal details belong in the log: they would reveal too much to a stranger.
            log.exception("a frame of %s failed", self._name)
            self._refuse(frame, FacetraitsError(), "See the server's log for details.")
        finally:
            self._queue_again()

    def _begin(self) -> _Frame | None:
        """Takes the waiting frame, if any, for analysis."""
        with self._lock:
            frame, self._waiting = self._waiting, None
        if frame is not None:
            frame.taken()
        return frame

    def _queue_again(self) -> None:
        with self._lock:
            self._queued = again = self._waiting is not None
        if again:
            self._enqueue(self)

    def _read_frame(self, frame: _Frame, worker: Worker, others_wait: bool) -> Reading:
        self._check_age(frame)
        return self._follower.read(
            frame.came_s, lambda hints: self._analyze(frame, hints, worker), others_wait
        )

    def _analyze(self, frame: _Frame, hints: Hints, worker: Worker) -> Analysis:
        analysis = worker.run(Job(frame.jpeg, f"{self._name}-{frame.seq}", hints))
        if self._is_traced(frame):
            record_analysis(self._tracer, "frame", analysis, began_ns=frame.handed_ns)
            # The frame may be analyzed once more, which did not begin before now.
            frame.handed_ns = time.time_ns()
        return analysis

    def _is_traced(self, frame: _Frame) -> bool:
        """Whether a frame is one of those that are traced: then all its analyses are."""
        if frame.came_s - self._traced_s >= _TRACE_EVERY_S:
            self._traced_s = frame.came_s
        return self._traced_s == frame.came_s

    @staticmethod
    def _check_age(frame: _Frame) -> None:
        waited_s = time.monotonic() - frame.came_s
        if waited_s > _STALE_AFTER_S:
            raise Overloaded(f"the frame waited {waited_s:.1f} s for its turn")

    def _refuse(self, frame: _Frame | None, error: FacetraitsError, detail: str) -> None:
        if frame is not None:
            self._deliver(self._listener.problem, frame_problem(frame.seq, error, detail))

    def _deliver(self, deliver: Deliver, answer: dict[str, Any]) -> None:
        if not self._closed:
            deliver(answer)


def frame_problem(seq: int | None, error: FacetraitsError, detail: str) -> dict[str, Any]:
    """The message to a client whose frame failed; seq is None if the frame has no number."""
    return {"seq": seq, "code": error.code, "title": error.title, "detail": detail}


class LiveReader:
    """The threads that give every client its turn, one for each worker.

    Args:
        pool: lends the workers.
        settings: the server's settings.
        models_dir: the folder of the networks; their cards define when an answer is ambiguous.
        tracer: records the spans of a frame now and then.
    """

    def __init__(
        self, pool: WorkerPool, settings: Settings, models_dir: Path, tracer: Tracer
    ) -> None:
        self._pool = pool
        self._settings = settings
        self._tracer = tracer
        self._unsure_below = unsure_below(settings.nets, models_dir)
        # Each link is in it at most once, so its length never exceeds the number of clients.
        self._turns: queue.SimpleQueue[LiveLink | None] = queue.SimpleQueue()
        self._links = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        for number in range(self._settings.workers):
            threading.Thread(target=self._run, name=f"live-{number}", daemon=True).start()

    def close(self) -> None:
        for _ in range(self._settings.workers):
            self._turns.put(None)

    def open(self, listener: Listener) -> LiveLink:
        """Opens a link for one more client.

        Raises:
            Overloaded: if ``settings.live_clients`` are already connected.
        """
        with self._lock:
            if self._links >= self._settings.live_clients:
                raise Overloaded(f"the maximum number of cameras is connected: {self._links}")
            self._links += 1
        tracker = Tracker(self._unsure_below, self._settings.nets, _DOUBT_FRAMES)
        return LiveLink(listener, self._turns.put, tracker, self._tracer)

    def release(self, link: LiveLink) -> None:
        """Closes a link from :meth:`open`."""
        link.close()
        with self._lock:
            self._links -= 1

    def _run(self) -> None:
        while (link := self._turns.get()) is not None:
            try:
                link.take_turn(self._pool, self._settings.timeout_s, not self._turns.empty())
            except Exception:  # one client's failure must not end a thread that serves them all
                log.exception("a live frame failed")
