"""The ledger of jobs: their records, who runs each, and where each continues."""

from __future__ import annotations

from typing import Any, Protocol

from facetraits.jobs.model import Claim, JobError, JobRecord, JobState, Report

# A job that crashes this often without saving a new place fails.
MAX_ATTEMPTS = 3


class Ledger(Protocol):
    """Calls block. Safe to use from several threads and processes.

    All methods except `close` raise StorageUnavailable if the storage does not respond. Those that
    take a claim raise JobCancelled if the job was canceled or deleted, and JobSuperseded if
    another attempt has claimed it since; then, they change nothing.
    """

    def add(self, record: JobRecord, options: dict[str, Any]) -> None:
        """Raises JobsBusy if too many jobs are waiting."""
        ...

    def get(self, job_id: str) -> JobRecord:
        """Raises NotFound for an ID that never existed, and Expired for one that did."""
        ...

    def report(self, claim: Claim, report: Report) -> None: ...

    def beat(self, claim: Claim) -> None:
        """Says that the attempt is alive, every second or so."""
        ...

    def finish(
        self,
        claim: Claim,
        state: JobState,
        *,
        error: JobError | None = None,
        results: tuple[str, ...] = (),
    ) -> None:
        """The job has ended; from now on, its time to expire counts."""
        ...

    def cancel(self, job_id: str) -> None:
        """Cancels a job that has not ended; otherwise, does nothing. Raises NotFound, Expired."""
        ...

    def remove(self, key: str) -> None:
        """Leaves only a tombstone."""
        ...

    def close(self) -> None: ...
