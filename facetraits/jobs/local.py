"""The default engine: jobs run on the server's own machine, one after the other."""

from __future__ import annotations

import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from facetraits.errors import (
    BadSetting,
    FacetraitsError,
    JobCancelled,
    JobFailed,
    JobSuperseded,
    NotFound,
)
from facetraits.jobs.attempt import Crashed, Workplace, run_attempt
from facetraits.jobs.files import JobFolder, ResultFile, Upload
from facetraits.jobs.ledger import MAX_ATTEMPTS
from facetraits.jobs.model import (
    Claim,
    JobError,
    JobRecord,
    Origin,
    Report,
    SavedPlace,
    key_of,
    new_record,
)
from facetraits.jobs.sqlite import SqliteLedger
from facetraits.paths import Paths
from facetraits.serving.tracing import Tracer
from facetraits.settings import Settings
from facetraits.store.records import check_token

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

FOLDER = "jobs"
# Another server may have added a job to the same folder, or may have ended.
_LOOK_EVERY_S = 1.0
_SWEEP_EVERY_S = 10.0
_RETRY_S = 1.0


class LocalJobs:
    """See `Jobs`. Records are in a SQLite file in the data folder, files in a folder beside it.

    A job runs in its own process, with low priority. After a crash or a restart of the
    server, it continues from the place that it saved. Several servers can share the folder; one of
    them runs the jobs.

    Args:
        settings: the server's settings.
        data: the folder that a relative ``settings.data_dir`` is in.
        paths: location of the networks.
        tracer: records a span for each attempt.

    Raises:
        BadSetting: if the folder cannot be used.
    """

    def __init__(self, settings: Settings, data: Path, paths: Paths, tracer: Tracer) -> None:
        self._settings = settings
        self._tracer = tracer
        self._paths = paths
        folder = data / settings.data_dir
        self._ledger = SqliteLedger(folder, settings.job_queue_size, settings.result_ttl_s)
        try:
            self._files = JobFolder(
                folder / FOLDER, settings.jobs_max_bytes, settings.upload_max_bytes
            )
        except OSError as error:
            raise BadSetting(
                f"FACETRAITS_DATA_DIR={str(folder)!r} cannot be used: {error.strerror}"
            ) from None
        self._lock = _RunnerLock(folder / f"{FOLDER}.lock")
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_running, name="job-runner", daemon=True),
            threading.Thread(target=self._keep_sweeping, name="job-sweeper", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def new_upload(self) -> Upload:
        return self._files.new_upload()

    def submit(
        self, kind: str, upload: Upload, options: dict[str, Any], origin: Origin
    ) -> tuple[JobRecord, str]:
        upload.close()
        self._files.check_space()
        record, token = new_record(kind, self._settings.result_ttl_s, origin)
        key = key_of(record.id)
        self._files.put(key, upload)
        try:
            self._ledger.add(record, options)
        except FacetraitsError:
            self._files.remove(key)
            raise
        self._wake.set()
        return record, token

    def get(self, job_id: str) -> JobRecord:
        return self._ledger.get(job_id)

    def open_result(self, job_id: str, name: str) -> ResultFile:
        if name not in self._ledger.get(job_id).results:
            raise NotFound(f"the job has no result {name!r}")
        return self._files.open_result(key_of(job_id), name)

    def cancel(self, job_id: str, token: str) -> None:
        check_token(token, self._ledger.get(job_id).token_digest)
        self._ledger.cancel(job_id)

    def delete(self, job_id: str, token: str) -> None:
        check_token(token, self._ledger.get(job_id).token_digest)
        key = key_of(job_id)
        self._ledger.remove(key)
        self._files.remove(key)

    def close(self) -> None:
        self._closing.set()
        self._wake.set()
        for thread in self._threads:
            thread.join()
        self._lock.release()
        self._ledger.close()

    def sweep(self) -> None:
        """Removes expired jobs, and files that belong to no job."""
        for key in self._ledger.expired():
            self._ledger.remove(key)
            self._files.remove(key)
        # In this order, or a job that is just being submitted would seem to have no record.
        found = self._files.keys()
        for key in set(found) - set(self._ledger.keys()) - self._young(found):
            self._files.remove(key)
        self._files.drop_old_uploads()
        self._ledger.forget_tombstones()

    def _young(self, keys: list[str]) -> set[str]:
        return {key for key in keys if self._files.age_s(key) < _SWEEP_EVERY_S}

    def _keep_sweeping(self) -> None:
        while not self._closing.wait(_SWEEP_EVERY_S):
            try:
                self.sweep()
            except FacetraitsError as error:
                log.warning("expired jobs could not be deleted: %s", error)

    def _keep_running(self) -> None:
        while not self._closing.is_set():
            try:
                claim = self._ledger.claim() if self._lock.take() else None
                if claim is not None:
                    self._run(claim)
                    continue
            except FacetraitsError as error:
                log.warning("the jobs could not be looked up: %s", error)
            except Exception:  # a full disk, say: jobs must go on when it is over
                log.exception("a job could not be run; trying again")
                self._closing.wait(_RETRY_S)
            self._wake.wait(_LOOK_EVERY_S)
            self._wake.clear()

    def _run(self, claim: Claim) -> None:
        """One attempt, and what follows from how it ended."""
        workplace = self._files.workplace(claim.key)
        try:
            self._attempt(claim, workplace)
        except _Stopping:
            self._ledger.release(claim)
        except Crashed as error:
            # The next claim is the next attempt.
            log.warning(
                "a job crashed, attempt %d: %s", claim.attempts, error, extra=claim.log_fields
            )
        except JobSuperseded:
            log.warning("another server has taken over a job")
        except JobCancelled:
            self._files.drop_input(claim.key)
            workplace.clear()
        else:
            self._files.drop_input(claim.key)

    def _attempt(self, claim: Claim, workplace: Workplace) -> None:
        """Raises what is not the end of the job, or not by itself."""
        follower = _Follower(claim, self._ledger, self._files, self._closing)
        try:
            if claim.attempts > MAX_ATTEMPTS:
                raise JobFailed("its process crashed each time it was started")
            workplace.restore(claim.saved)
            run_attempt(
                claim,
                workplace,
                follower,
                settings=self._settings,
                paths=self._paths,
                tracer=self._tracer,
            )
        except (JobCancelled, JobSuperseded):
            raise
        except FacetraitsError as error:
            self._ledger.finish(claim, "failed", error=JobError.of(error))
            workplace.clear()
        else:
            self._ledger.finish(claim, "done", results=workplace.results())


class _Stopping(Exception):
    """The server is shutting down."""


class _Follower:
    """Writes an attempt's messages to the ledger."""

    def __init__(
        self, claim: Claim, ledger: SqliteLedger, files: JobFolder, closing: threading.Event
    ) -> None:
        self._claim = claim
        self._ledger = ledger
        self._files = files
        self._closing = closing

    def report(self, report: Report) -> None:
        self._check()
        self._ledger.report(self._claim, report)

    def save(self, saved: SavedPlace) -> None:
        self._check()
        self._files.check_space()
        self._ledger.save_place(self._claim, saved)

    def beat(self) -> None:
        self._check()
        self._ledger.beat(self._claim)

    def _check(self) -> None:
        if self._closing.is_set():
            raise _Stopping()


class _RunnerLock:
    """Held by the one server that runs the jobs of a folder; the system releases it on a crash.

    Windows has no such lock: there, only one server may use the folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Whether this process has it."""
        if sys.platform != "win32" and self._handle is None:
            handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(handle)
                return False
            self._handle = handle
        return True

    def release(self) -> None:
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
