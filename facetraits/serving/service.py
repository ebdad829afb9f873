"""The server's entry point for analysis: single photos, and camera frames."""

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
from facetraits.serving.tracing import NoTracer, Tracer
from facetraits.serving.worker import ProcessWorker, Worker
from facetraits.settings import Settings

MakeWorker = Callable[[Settings], Worker]


class InferenceService:
    """Analyzes pictures for many threads at once.

    There are ``settings.workers`` workers. If none is free, a photo waits up to
    ``settings.timeout_s``; if ``settings.queue_size`` are already waiting, it is rejected at once.

    Args:
        settings: the server's settings.
        make_worker: starts one worker; by default, in its own process.
        paths: location of the networks; by default, those that come with the package.
        tracer: records the spans of cameras' frames; by default, none.
    """

    def __init__(
        self,
        settings: Settings,
        make_worker: MakeWorker | None = None,
        paths: Paths | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        paths = paths or Paths.found()
        make = make_worker or partial(ProcessWorker, paths=paths)
        self._settings = settings
        self._pool = WorkerPool(lambda: make(settings), settings.workers)
        self._live = LiveReader(self._pool, settings, paths.models, tracer or NoTracer())
        self._places = threading.BoundedSemaphore(settings.workers + settings.queue_size)
        self._ready = self._closed = False

    @property
    def nets(self) -> str:
        return self._settings.nets

    @property
    def max_faces(self) -> int:
        """The most faces of a reading; a picture may have more."""
        return self._settings.max_faces

    @property
    def ready(self) -> bool:
        """Whether startup finished (all workers loaded and warmed up) and any worker is alive."""
        return self._ready and self._pool.living > 0

    def start(self) -> None:
        """Starts the workers.

        Raises:
            BadWeights: if the networks cannot be used.
        """
        self._pool.start()
        self._live.start()
        self._ready = True

    def close(self) -> None:
        """Accepts no new pictures; those in progress are finished."""
        self._ready, self._closed = False, True
        self._live.close()
        self._pool.close()

    def kill(self) -> None:
        """Aborts jobs that are still running after `close`; their callers get WorkerDied."""
        self._pool.kill()

    def run(self, job: Job) -> Analysis:
        """Analyzes a picture. Safe from any native thread; blocks.

        Raises:
            BadImage, UnsupportedType, TooLarge: see :func:`decoding.decode`.
            Overloaded: if too many pictures are waiting, or no worker becomes available in time.
            Starting, Stopping: before the workers are ready, and after `close`.
            WorkerDied: if the worker crashed or hung on the picture.
        """
        with self._place(), self._pool.lend(self._settings.timeout_s) as worker:
            return worker.run(job)

    def open_live(self, listener: Listener) -> LiveLink:
        """Opens a link for one more camera. Raises Overloaded if there are too many."""
        return self._live.open(listener)

    def close_live(self, link: LiveLink) -> None:
        """Closes a link from :meth:`open_live`."""
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
