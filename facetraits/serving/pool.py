"""A fixed number of workers, each lent to one caller at a time; dead ones are replaced."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from facetraits.errors import Overloaded, Stopping
from facetraits.serving.worker import Worker

log = logging.getLogger(__name__)

# Short, so that a dead worker is noticed well within the second that replacing it may take.
_LOOK_EVERY_S = 0.2
_RETRY_S = 1.0


class WorkerPool:
    """Lends workers; safe from any native thread.

    Args:
        make: starts one worker.
        size: the number of workers.
    """

    def __init__(self, make: Callable[[], Worker], size: int) -> None:
        self._make = make
        self._size = size
        self._changed = threading.Condition()
        self._idle: deque[Worker] = deque()
        self._lent: set[Worker] = set()
        self._closed = True

    def start(self) -> None:
        """Starts the workers in parallel.

        Raises:
            BadWeights, WorkerDied: if any of them cannot start.
        """
        with ThreadPoolExecutor(self._size) as threads:
            starts = [threads.submit(self._make) for _ in range(self._size)]
        workers = [start.result() for start in starts if start.exception() is None]
        if len(workers) < self._size:
            for worker in workers:
                worker.close()
            raise next(error for start in starts if (error := start.exception()) is not None)
        self._idle.extend(workers)
        self._closed = False
        threading.Thread(target=self._keep, name="worker-keeper", daemon=True).start()

    def close(self) -> None:
        """Ends the idle workers now, and the others when they are returned."""
        with self._changed:
            self._closed = True
            idle, self._idle = list(self._idle), deque()
            self._changed.notify_all()
        for worker in idle:
            worker.close()

    def kill(self) -> None:
        """Kills the workers that are still lent: they may have hung."""
        with self._changed:
            for worker in self._lent:
                worker.kill()

    @contextmanager
    def lend(self, timeout_s: float) -> Iterator[Worker]:
        """Lends a worker for the duration of the block.

        Raises:
            Overloaded: if no worker becomes available in time.
        """
        worker = self._take(timeout_s)
        try:
            yield worker
        finally:
            self._give_back(worker)

    def _take(self, timeout_s: float) -> Worker:
        with self._changed:
            if not self._changed.wait_for(self._someone_waits, timeout_s):
                raise Overloaded(f"no worker became available within {timeout_s:g} s")
            if self._closed:
                raise Stopping()
            worker = self._idle.popleft()
            self._lent.add(worker)
            return worker

    def _someone_waits(self) -> bool:
        """Whether a live worker is idle, or the pool is closed; the keeper replaces dead ones."""
        while self._idle and not self._idle[0].alive:
            self._idle.popleft()
        return bool(self._idle) or self._closed

    def _give_back(self, worker: Worker) -> None:
        with self._changed:
            self._lent.discard(worker)
            if worker.alive and not self._closed:
                self._idle.append(worker)
                self._changed.notify()
                return
        worker.close()

    def _keep(self) -> None:
        """Replaces each worker that died, as long as the pool is open."""
        while not self._closed:
            time.sleep(_LOOK_EVERY_S)
            while self._missing():
                try:
                    worker = self._make()
                except Exception:  # out of memory or file handles, say: may be temporary
                    log.exception("a worker could not be replaced; trying again")
                    time.sleep(_RETRY_S)
                    continue
                log.warning("a worker died and was replaced")
                self._give_back(worker)

    @property
    def living(self) -> int:
        """The number of live workers, idle or lent."""
        with self._changed:
            return sum(worker.alive for worker in (*self._idle, *self._lent))

    def _missing(self) -> bool:
        with self._changed:
            self._idle = deque(worker for worker in self._idle if worker.alive)
        return self.living < self._size and not self._closed
