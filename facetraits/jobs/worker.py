"""`facetraits worker`: a Celery worker that runs jobs."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from celery import Celery

from facetraits import __version__
from facetraits.errors import (
    FacetraitsError,
    JobCancelled,
    JobFailed,
    JobSuperseded,
    StorageUnavailable,
)
from facetraits.jobs.attempt import Crashed, Workplace, run_attempt
from facetraits.jobs.distributed import open_files, open_ledger
from facetraits.jobs.model import Claim, Held, JobError, JobState, Part, Report, SavedPlace
from facetraits.jobs.queue import QUEUE, TASK, make_queue
from facetraits.jobs.redis import LEASE_S, RedisLedger
from facetraits.jobs.shared_files import SharedFiles
from facetraits.paths import Paths
from facetraits.serving.tracing import open_tracer
from facetraits.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

# In the data folder: one folder for each process, while it runs a job.
FOLDER = "work"
# More than `ledger.MAX_ATTEMPTS`: machines come and go, which is no fault of the job.
_MAX_ATTEMPTS = 10
_LOOK_EVERY_S = 0.5
_BEAT_EVERY_S = 1.0
_SAVE_EVERY_S = 4.0
# More parts are merged into one, so that the list of them stays short.
_MOST_PARTS = 64
_RETRY_S = 2.0


def run_worker(settings: Settings, paths: Paths, concurrency: int) -> None:
    """Runs jobs until SIGTERM; jobs in progress are finished first.

    While Redis does not respond, it says so and tries again.

    Raises:
        BadSetting: if the settings name no Redis server or no place for the files, or if
            OpenTelemetry is needed, but not installed.
    """
    open_files(settings)
    open_tracer(settings, __version__).close()
    app = make_queue(settings)
    add_task(app, settings, paths)
    app.worker_main(
        [
            "worker",
            f"--loglevel={settings.log_level}",
            f"--concurrency={concurrency}",
            f"--queues={QUEUE}",
            "--without-mingle",
        ]
    )


def add_task(app: Celery, settings: Settings, paths: Paths) -> None:
    """Registers the one task, whose argument is the key of a job."""

    def run(key: str) -> None:
        JobRunner(settings, paths).run(key)

    app.task(run, name=TASK)


class JobRunner:
    """Runs a job in a Celery task: claims it, and continues where it was."""

    def __init__(self, settings: Settings, paths: Paths) -> None:
        self._settings = settings
        self._paths = paths
        self._folder = paths.data / settings.data_dir / FOLDER
        self._ledger = open_ledger(settings)
        self._files = open_files(settings)
        # Not that of the process that forked this one: its thread, which sends, is not here.
        self._tracer = open_tracer(settings, __version__)

    def run(self, key: str) -> None:
        """Returns when the job is over, or if someone else runs it."""
        try:
            while claim := _patiently(lambda: self._claim(key)):
                folder = _own_folder(self._folder)
                try:
                    self._attempt(claim, folder)
                    self._files.drop_work(key)
                    return
                except Crashed as error:
                    log.warning(
                        "a job crashed, attempt %d: %s",
                        claim.attempts,
                        error,
                        extra=claim.log_fields,
                    )
                finally:
                    shutil.rmtree(folder, ignore_errors=True)
        except JobCancelled:
            self._files.remove(key)
        except JobSuperseded:
            log.warning("another worker has taken over a job")
        finally:
            self._ledger.close()
            self._tracer.close()

    def _claim(self, key: str) -> Claim | None:
        """The claim, or None if the job is over or a healthy worker runs it."""
        owner, until_s = f"{socket.gethostname()}:{os.getpid()}", time.monotonic() + LEASE_S + 2
        dead = ""
        while isinstance(claim := self._ledger.claim(key, owner, dead), Held):
            if _is_dead(claim.owner) or claim.owner == owner:
                dead = claim.attempt
                continue
            if time.monotonic() > until_s:
                return None
            time.sleep(_LOOK_EVERY_S)
        return claim

    def _attempt(self, claim: Claim, folder: Path) -> None:
        """Raises what is not the end of the job, or not by itself."""
        workplace = Workplace(folder / "input", folder / "out")
        follower = _Follower(claim, self._ledger, self._files, workplace)
        try:
            if claim.attempts > _MAX_ATTEMPTS:
                raise JobFailed("its process crashed each time it was started")
            self._files.restore(claim, workplace.out, follower.beat)
            self._files.get_input(claim.key, workplace.input, follower.beat)
            run_attempt(
                claim,
                workplace,
                follower,
                settings=self._settings,
                paths=self._paths,
                tracer=self._tracer,
            )
            results = workplace.results()
            for name in results:
                _patiently(partial(self._files.put_result, claim, workplace.out / name))
                follower.beat()
            self._finish(claim, "done", results=results)
        except (JobCancelled, JobSuperseded):
            raise
        except StorageUnavailable as error:
            raise Crashed(str(error)) from error
        except FacetraitsError as error:
            self._finish(claim, "failed", error=JobError.of(error))

    def _finish(
        self,
        claim: Claim,
        state: JobState,
        *,
        error: JobError | None = None,
        results: tuple[str, ...] = (),
    ) -> None:
        _patiently(lambda: self._ledger.finish(claim, state, error=error, results=results))


class _Follower:
    """Writes an attempt's messages to the ledger, and the files of its places to the others.

    Without Redis, a job runs on; it only reports nothing.
    """

    def __init__(
        self, claim: Claim, ledger: RedisLedger, files: SharedFiles, workplace: Workplace
    ) -> None:
        self._claim = claim
        self._ledger = ledger
        self._files = files
        self._out = workplace.out
        self._parts = claim.parts
        self._sizes = dict(claim.saved.sizes) if claim.saved else {}
        self._saved_s, self._beat_s = float("-inf"), time.monotonic()
        self._number = 0

    def report(self, report: Report) -> None:
        self._try(lambda: self._ledger.report(self._claim, report))

    def beat(self) -> None:
        if time.monotonic() - self._beat_s >= _BEAT_EVERY_S:
            self._try(lambda: self._ledger.beat(self._claim))

    def save(self, saved: SavedPlace) -> None:
        if time.monotonic() - self._saved_s >= _SAVE_EVERY_S:
            self._try(lambda: self._save(saved))
            self._saved_s = time.monotonic()

    def _save(self, saved: SavedPlace) -> None:
        whole = len(self._parts) >= _MOST_PARTS
        parts = [] if whole else list(self._parts)
        for name, size in saved.sizes.items():
            begin = 0 if whole else self._sizes.get(name, 0)
            if size > begin:
                parts.append(self._put(name, begin, size))
        self._ledger.save_place(self._claim, saved, tuple(parts))
        self._parts, self._sizes = tuple(parts), dict(saved.sizes)

    def _put(self, name: str, begin: int, end: int) -> Part:
        self._number += 1
        return self._files.put_part(self._claim, self._out / name, begin, end, self._number)

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except StorageUnavailable as error:
            log.warning("a running job could not report: %s", error)
        self._beat_s = time.monotonic()


def _patiently(call: Callable[[], T]) -> T:
    """What the call returns, as soon as the storage responds."""
    while True:
        try:
            return call()
        except StorageUnavailable as error:
            log.warning("waiting for the storage of jobs: %s", error)
            time.sleep(_RETRY_S)


def _is_dead(owner: str) -> bool:
    """Whether an owner was a process of this machine, and has ended."""
    host, _, pid = owner.rpartition(":")
    return host == socket.gethostname() and pid.isdigit() and not _is_alive(int(pid))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _own_folder(root: Path) -> Path:
    """An empty folder for this process; those that killed processes left behind are deleted."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in root.iterdir():
        if left.name.isdigit() and (int(left.name) == os.getpid() or not _is_alive(int(left.name))):
            shutil.rmtree(left, ignore_errors=True)
    folder = root / str(os.getpid())
    folder.mkdir(mode=0o700)
    return folder
