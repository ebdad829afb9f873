"""What the server asks: photos one by one, and cameras frame by frame."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from facetraits.errors import Overloaded, Starting, Stopping
from facetraits.paths import Paths
from facetraits.serving.camera_queue import Listener, LiveLink, LiveReader
from facetraits.serving.job import Analysis, Job
from facetraits.serving.pool import WorkerPool
from facetraits.serving.worker import ProcessWorker, Worker
from facetraits.settings import Settings

MakeWorker = Callable[[Settings], Worker]


class InferenceService:
    """Reads pictures for many threads at once.

    There are ``settings.workers`` workers. A photo that finds none free waits, at most
    ``settings.timeout_s``; where ``settings.queue_size`` wait already it is refused at once.

    Args:
        settings: those of the server.
        make_worker: starts one worker; by default in a process of its own.
        paths: where the networks are; by default those that come with the package.
    """

    def __init__(
        self,
        settings: Settings,
        make_worker: MakeWorker | None = None,
        paths: Paths | None = None,
    ) -> None:
        paths = paths or Paths.found()
        make = make_worker or partial(ProcessWorker, paths=paths)
        self._settings = settings
        self._pool = WorkerPool(lambda: make(settings), settings.workers)
        self._live = LiveReader(self._pool, settings, paths.models)
        self._places = threading.BoundedSemaphore(settings.workers + settings.queue_size)
        self._ready = self._closed = False

    @property
    def nets(self) -> str:
        return self._settings.nets

    @property
    def ready(self) -> bool:
        """Whether every worker was loaded and had read a picture, and one lives still."""
        return self._ready and self._pool.living > 0

    def start(self) -> None:
        """Starts the workers.

        Raises:
            BadWeights: where the networks cannot be used.
        """
        self._pool.start()
        self._live.start()
        self._ready = True

    def close(self) -> None:
        """No new readings; those that run end."""
        self._ready, self._closed = False, True
        self._live.close()
        self._pool.close()

    def run(self, job: Job) -> Analysis:
        """Reads a picture. Safe from any native thread; blocks.

        Raises:
            BadImage, UnsupportedType, TooLarge: see :func:`decoding.decode`.
            Overloaded: where no worker gets free in time.
            Starting, Stopping: before the workers are ready, and after `close`.
            WorkerDied: where the worker did not survive the picture.
        """
        with self._place(), self._pool.lend(self._settings.timeout_s) as worker:
            return worker.run(job)

    def open_live(self, listener: Listener) -> LiveLink:
        """A link for one more camera. Raises Overloaded where there are too many."""
        return self._live.open(listener)

    def close_live(self, link: LiveLink) -> None:
        """Ends a link that :meth:`open_live` gave."""
        self._live.release(link)

    @contextmanager
    def _place(self) -> Iterator[None]:
        if not self._ready:
            raise Stopping() if self._closed else Starting()
        if not self._places.acquire(blocking=False):
            raise Overloaded("too many pictures are waiting; try again in a moment")
        try:
            yield
        finally:
            self._places.release()
