"""The engine for several machines: Celery on Redis, with the files in a shared place."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Any

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from facetraits.errors import BadSetting, FacetraitsError, NotFound, StorageUnavailable
from facetraits.jobs.files import JobFolder, ResultFile, Upload
from facetraits.jobs.model import JobRecord, Origin, key_of, new_record
from facetraits.jobs.queue import QUEUE, TASK, make_queue
from facetraits.jobs.redis import RedisLedger
from facetraits.jobs.shared_files import SharedFiles
from facetraits.settings import Settings
from facetraits.store.records import check_token
from facetraits.store.redis import unreachable

log = logging.getLogger(__name__)

_UPLOADS = "uploads"
_SWEEP_EVERY_S = 5.0


class DistributedJobs:
    """See `Jobs`. Any server answers for any job; `facetraits worker` runs them.

    Args:
        settings: the server's settings.
        data: the folder that a relative ``settings.data_dir`` is in; uploads arrive there.

    Raises:
        BadSetting: if Redis does not respond, or the place of the files cannot be used.
    """

    def __init__(self, settings: Settings, data: Path) -> None:
        self._settings = settings
        self._ledger = open_ledger(settings)
        self._files = open_files(settings)
        try:
            self._ledger.ping()
        except RedisError as error:
            raise unreachable(settings.jobs, "FACETRAITS_JOBS", error) from None
        self._uploads = JobFolder(
            data / settings.data_dir / _UPLOADS, settings.jobs_max_bytes, settings.upload_max_bytes
        )
        self._queue = make_queue(settings)
        self._closing = threading.Event()
        self._sweeper = threading.Thread(
            target=self._keep_sweeping, name="job-sweeper", daemon=True
        )
        self._sweeper.start()

    def new_upload(self) -> Upload:
        return self._uploads.new_upload()

    def submit(
        self, kind: str, upload: Upload, options: dict[str, Any], origin: Origin
    ) -> tuple[JobRecord, str]:
        upload.close()
        record, token = new_record(kind, self._settings.result_ttl_s, origin)
        key = key_of(record.id)
        try:
            self._files.put_input(key, upload.path)
            self._ledger.add(record, options)
            self._send(key)
        except FacetraitsError:
            self._forget(key)
            raise
        return record, token

    def get(self, job_id: str) -> JobRecord:
        return self._ledger.get(job_id)

    def open_result(self, job_id: str, name: str) -> ResultFile:
        if name not in self._ledger.get(job_id).results:
            raise NotFound(f"the job has no result {name!r}")
        key = key_of(job_id)
        return self._files.open_result(key, self._ledger.attempt_of(key), name)

    def cancel(self, job_id: str, token: str) -> None:
        check_token(token, self._ledger.get(job_id).token_digest)
        self._ledger.cancel(job_id)
        self._files.remove(key_of(job_id))

    def delete(self, job_id: str, token: str) -> None:
        check_token(token, self._ledger.get(job_id).token_digest)
        self._ledger.remove(key_of(job_id))
        self._files.remove(key_of(job_id))

    def close(self) -> None:
        self._closing.set()
        self._sweeper.join()
        self._queue.close()
        self._ledger.close()

    def sweep(self) -> None:
        """Removes expired jobs, and sends jobs again whose machine is gone."""
        for key in self._ledger.expired():
            self._files.remove(key)
            self._ledger.remove(key)
        for key in self._ledger.silent():
            log.warning("a job's worker has been silent for too long; another takes over")
            self._send(key)
        for key in self._ledger.unannounced(QUEUE):
            log.warning("a job waits, but no worker was told of it; sending it again")
            self._send(key)
        self._uploads.drop_old_uploads()

    def _send(self, key: str) -> None:
        try:
            self._queue.send_task(TASK, [key], queue=QUEUE, retry=False)
        except OperationalError as error:
            raise StorageUnavailable("jobs cannot be sent to workers; try again later") from error

    def _forget(self, key: str) -> None:
        """Undoes a submission that failed halfway."""
        self._files.remove(key)
        try:
            self._ledger.remove(key)
        except StorageUnavailable:
            log.warning("a job that could not be sent may be left behind")

    def _keep_sweeping(self) -> None:
        while not self._closing.wait(_SWEEP_EVERY_S):
            try:
                self.sweep()
            except FacetraitsError as error:
                log.warning("jobs could not be looked through: %s", error)


def open_ledger(settings: Settings) -> RedisLedger:
    return RedisLedger(settings.jobs, settings.job_queue_size, settings.result_ttl_s)


def open_files(settings: Settings) -> SharedFiles:
    """Raises BadSetting if there is no address, or it cannot be used."""
    if not settings.jobs_files:
        raise BadSetting(
            "FACETRAITS_JOBS=redis://… needs FACETRAITS_JOBS_FILES: a folder that all servers and "
            "workers share, or an address like s3://bucket/folder"
        )
    return SharedFiles(settings.jobs_files, settings.jobs_max_bytes)
