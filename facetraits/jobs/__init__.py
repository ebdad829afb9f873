"""Jobs: work that takes longer than a request, on videos and on batches of photos."""

from __future__ import annotations

from typing import Any, Protocol

from facetraits.extras import needs_extra
from facetraits.jobs.files import ResultFile, Upload
from facetraits.jobs.model import JobRecord, Origin
from facetraits.paths import Paths
from facetraits.serving.tracing import NoTracer, Tracer
from facetraits.setting_kinds import without_password
from facetraits.settings import Settings

__all__ = ["JobRecord", "Jobs", "Origin", "ResultFile", "Upload", "open_jobs"]


class Jobs(Protocol):
    """Runs jobs and keeps their results. Calls block. Safe to use from several threads.

    All methods except `close` raise StorageUnavailable if the storage does not respond. Those that
    take an ID raise NotFound for one that never existed, and Expired for one that did.
    """

    def new_upload(self) -> Upload:
        """A file for a job's input, to be used in a `with` block."""
        ...

    def submit(
        self, kind: str, upload: Upload, options: dict[str, Any], origin: Origin
    ) -> tuple[JobRecord, str]:
        """Takes over the upload and queues a job.

        Args:
            kind: a key of `kinds.KINDS`.
            options: what the kind's function needs to know besides its input; JSON.
            origin: the request that submits it.

        Returns:
            The job and its delete token.

        Raises:
            JobsBusy: if too many jobs are waiting.
            StorageFull: if the files of all jobs take too much space.
        """
        ...

    def get(self, job_id: str) -> JobRecord: ...

    def open_result(self, job_id: str, name: str) -> ResultFile:
        """Raises NotFound if the job has no such result, for example because it still runs."""
        ...

    def cancel(self, job_id: str, token: str) -> None:
        """Stops the job if it has not ended. Raises Forbidden for a wrong token."""
        ...

    def delete(self, job_id: str, token: str) -> None:
        """Stops the job and deletes all of it at once. Raises Forbidden for a wrong token."""
        ...

    def close(self) -> None:
        """Stops running jobs; they go on when an engine is opened again."""
        ...


def open_jobs(settings: Settings, paths: Paths, tracer: Tracer | None = None) -> Jobs:
    """The engine that the settings name; the local one records spans with the tracer.

    Raises:
        BadSetting: if it cannot be used.
    """
    # Imported here: the local engine needs neither Celery nor a Redis client.
    if settings.jobs != "local":
        with needs_extra("jobs", f"FACETRAITS_JOBS={without_password(settings.jobs)}"):
            from facetraits.jobs.distributed import DistributedJobs

        return DistributedJobs(settings, paths.data)
    from facetraits.jobs.local import LocalJobs

    return LocalJobs(settings, paths.data, paths, tracer or NoTracer())
