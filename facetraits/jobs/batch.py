"""A batch of photos: the kind of job that reads each photo of an archive.

Its options are "request_id", which the readings' IDs begin with, and "numbered", for an archive
that was made of a list. It leaves `readings.jsonl`, one line per photo in the archive's order, and
`faces.csv`, one row per face. A photo that cannot be read has its problem in its line, and the
others are still read.
"""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TextIO

from facetraits.errors import FacetraitsError, Overloaded, problem_body
from facetraits.jobs.archive import ArchivedPhoto, PhotoArchive, without_number
from facetraits.jobs.task import Task
from facetraits.reading.model import Reading
from facetraits.reading.reports import as_csv
from facetraits.serving.job import Job
from facetraits.serving.pool import WorkerPool
from facetraits.serving.worker import ProcessWorker

READINGS = "readings.jsonl"
FACES = "faces.csv"
_SAVE_EVERY_S = 2.0
_HEADER = as_csv([])


@dataclass(frozen=True, slots=True)
class _Place:
    """How much of the batch is done, in photos, those of them that failed, and faces found."""

    photos: int = 0
    failed: int = 0
    faces: int = 0


@dataclass(frozen=True, slots=True)
class _Line:
    """The answer for one photo: a reading or an error."""

    name: str
    request_id: str
    answer: Reading | FacetraitsError

    def to_json(self, number: int) -> str:
        """One line, without its end."""
        head = json.dumps({"number": number, "name": self.name})[:-1]
        if isinstance(self.answer, Reading):
            return f'{head}, "reading": {self.answer.to_json()}}}'
        problem = json.dumps(problem_body(self.answer, self.request_id))
        return f'{head}, "problem": {problem}}}'


def read_batch(task: Task) -> None:
    """Reads the photos of ``task.input``, a ZIP archive.

    Raises:
        BadArchive, BadRequest, TooLarge: see `PhotoArchive`.
        BadWeights: if the networks cannot be used.
        JobCancelled: if the job was canceled.
    """
    place = _Place(**task.place) if task.place else _Place()
    with closing(PhotoArchive(task.input, task.settings.max_bytes)) as archive:
        _report(task, place, archive)
        saved_s = time.monotonic()
        with _outputs(task) as (readings, faces), _reader(task) as reader:
            for line in reader.lines(archive.photos(place.photos), place.photos):
                place = _after(place, line)
                readings.write(line.to_json(place.photos) + "\n")
                faces.write(_rows(line))
                if time.monotonic() - saved_s >= _SAVE_EVERY_S:
                    _save(task, place, readings, faces)
                    saved_s = time.monotonic()
                _report(task, place, archive)


def _after(place: _Place, line: _Line) -> _Place:
    if isinstance(line.answer, Reading):
        place = replace(place, faces=place.faces + len(line.answer.faces))
    else:
        place = replace(place, failed=place.failed + 1)
    return replace(place, photos=place.photos + 1)


def _report(task: Task, place: _Place, archive: PhotoArchive) -> None:
    task.report(
        place.photos / len(archive),
        photos=place.photos,
        total=len(archive),
        failed=place.failed,
        skipped=archive.skipped,
        faces=place.faces,
    )


def _rows(line: _Line) -> str:
    """The rows of a photo's faces, without the header."""
    if not isinstance(line.answer, Reading):
        return ""
    return as_csv([(line.name, line.answer)]).removeprefix(_HEADER)


@contextmanager
def _outputs(task: Task) -> Iterator[tuple[TextIO, TextIO]]:
    """The result files, to be appended to."""
    with (
        (task.out / READINGS).open("a", encoding="utf-8", newline="") as readings,
        (task.out / FACES).open("a", encoding="utf-8", newline="") as faces,
    ):
        if not faces.tell():
            faces.write(_HEADER)
        yield readings, faces


def _save(task: Task, place: _Place, *files: TextIO) -> None:
    for file in files:
        file.flush()
        os.fsync(file.fileno())
    task.save_place(asdict(place))


class _BatchReader:
    """Reads photos in several worker processes at a time, and keeps their order."""

    def __init__(self, pool: WorkerPool, threads: ThreadPoolExecutor, task: Task) -> None:
        self._pool = pool
        self._threads = threads
        self._settings = task.settings
        self._request_id = str(task.options.get("request_id", "batch"))
        self._is_numbered = bool(task.options.get("numbered"))
        # One photo more than there are workers is unpacked in advance.
        self._ahead = task.settings.workers + 1

    def lines(self, photos: Iterator[ArchivedPhoto], done: int) -> Iterator[_Line]:
        """One for each photo; the first has the number done + 1."""
        pending: deque[Future[_Line]] = deque()
        for number, photo in enumerate(photos, done + 1):
            pending.append(self._threads.submit(self._line, photo, number))
            if len(pending) >= self._ahead:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()

    def _line(self, photo: ArchivedPhoto, number: int) -> _Line:
        request_id = f"{self._request_id}-{number}"
        name = without_number(photo.name) if self._is_numbered else photo.name
        try:
            job = Job(photo.content(), request_id)
            with self._pool.lend(self._settings.timeout_s) as worker:
                return _Line(name, request_id, worker.run(job).reading)
        except Overloaded:
            raise  # no fault of the photo: no worker can be started
        except FacetraitsError as error:
            return _Line(name, request_id, error)


@contextmanager
def _reader(task: Task) -> Iterator[_BatchReader]:
    settings = task.settings
    pool = WorkerPool(lambda: ProcessWorker(settings, task.paths), settings.workers)
    pool.start()
    try:
        with ThreadPoolExecutor(settings.workers) as threads:
            try:
                yield _BatchReader(pool, threads, task)
            finally:
                threads.shutdown(cancel_futures=True)
    finally:
        pool.close()
