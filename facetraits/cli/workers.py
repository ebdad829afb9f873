"""Reads many pictures with worker processes, as the server does: a crash costs one picture."""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from facetraits.errors import BadImage, TooLarge
from facetraits.serving.job import Analysis, Job
from facetraits.serving.service import InferenceService
from facetraits.settings import MAX_BYTES, Settings
from facetraits.vision.hiding import Hiding

T = TypeVar("T")
R = TypeVar("R")

# Nobody else waits for the machine, so a picture may take its time.
_TIMEOUT_S = 120.0
_CPU_S = 60


@contextmanager
def started(jobs: int, *, nets: str, max_faces: int) -> Iterator[InferenceService]:
    """A service with that many worker processes. Raises BadSetting, BadWeights, WorkerDied."""
    settings = Settings(
        workers=jobs, nets=nets, max_faces=max_faces, timeout_s=_TIMEOUT_S, picture_cpu_s=_CPU_S
    )
    service = InferenceService(settings)
    service.start()
    try:
        yield service
    finally:
        service.close()


def in_order(jobs: int, run: Callable[[T], R], tasks: Iterable[T]) -> Iterator[tuple[T, Future[R]]]:
    """Runs tasks in that many threads, and yields each with its outcome, in their order.

    At most twice as many tasks as threads are under way, so that the memory stays the same
    however many there are.
    """
    waiting: deque[tuple[T, Future[R]]] = deque()
    with ThreadPoolExecutor(jobs) as threads:
        try:
            for task in tasks:
                waiting.append((task, threads.submit(run, task)))
                if len(waiting) >= 2 * jobs:
                    yield waiting.popleft()
            while waiting:
                yield waiting.popleft()
        finally:
            for _, future in waiting:
                future.cancel()


def read(service: InferenceService, path: Path, hiding: Hiding | None = None) -> Analysis:
    """A file → its reading and, with a hiding, the picture with faces hidden.

    Raises:
        BadImage, UnsupportedType, TooLarge: see `decoding.decode`; BadImage also if the file
            cannot be opened.
    """
    return service.run(Job(content(path), uuid.uuid4().hex, hiding=hiding))


def content(path: Path) -> bytes:
    """The bytes of a file. Raises BadImage or TooLarge, without reading a huge one."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
            size = len(data) if len(data) <= MAX_BYTES else path.stat().st_size
    except OSError as error:
        raise BadImage(f"the file cannot be opened: {error.strerror}") from error
    if size > MAX_BYTES:
        raise TooLarge(f"the file has {size:,} bytes; the limit is {MAX_BYTES:,}")
    return data
