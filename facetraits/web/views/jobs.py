"""Jobs: `/api/v1/jobs/ID`, its results, and how views submit one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import Any

from flask import Blueprint, Response, g, request, url_for
from werkzeug.exceptions import RequestedRangeNotSatisfiable

from facetraits.jobs import JobRecord, Jobs, Origin, ResultFile, Upload
from facetraits.jobs.batch import READINGS
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.headers import Policy, with_policy
from facetraits.web.http.tokens import bearer_token
from facetraits.web.views.results import as_utc

# As for kept results: anyone who knows the ID can read it, from any origin.
_DATA = Policy(listed=False, open=True)
_CHUNK_BYTES = 256 * 1024
_TYPES = {
    ".csv": "text/csv; charset=utf-8",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
_ANY_TYPE = "application/octet-stream"


def _batch_url(record: JobRecord) -> str:
    return result_url(record, READINGS)


# Where the result of each kind is, once it is done.
RESULT_URLS: dict[str, Callable[[JobRecord], str]] = {"batch": _batch_url}


class JobDesk:
    """The server's jobs, off the event loop.

    Args:
        jobs: the engine.
        offload: runs blocking calls in a native thread.
        pause: lets other requests go on, between the chunks of an upload.
    """

    def __init__(self, jobs: Jobs, offload: Offload, pause: Callable[[], None]) -> None:
        self._jobs = jobs
        self._offload = offload
        self.pause = pause

    def new_upload(self) -> Upload:
        """See `Jobs.new_upload`; the declared size of the request is checked at once."""
        upload: Upload = self._offload(self._jobs.new_upload)
        try:
            upload.expect(request.content_length or 0)
        except Exception:
            upload.discard()
            raise
        return upload

    def submit(self, kind: str, upload: Upload, options: dict[str, Any]) -> dict[str, Any]:
        """Submits a job → the job as the API shows it, with its delete token."""
        origin = Origin(g.request_id, g.traceparent)
        record, token = self._offload(self._jobs.submit, kind, upload, options, origin)
        return describe(record) | {"delete_token": token}

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """A blocking function's result."""
        return self._offload(function, *arguments)

    def get(self, job_id: str) -> JobRecord:
        """Raises NotFound, Expired or StorageUnavailable."""
        record: JobRecord = self._offload(self._jobs.get, job_id)
        return record

    def cancel(self, job_id: str, token: str) -> None:
        """Raises the same errors, and Forbidden."""
        self._offload(self._jobs.cancel, job_id, token)

    def delete(self, job_id: str, token: str) -> None:
        """Raises the same errors."""
        self._offload(self._jobs.delete, job_id, token)

    def result(self, job_id: str, name: str) -> Response:
        """A result file; players and download managers can ask for a part of it."""
        file: ResultFile = self._offload(self._jobs.open_result, job_id, name)
        content_type = _TYPES.get(PurePosixPath(name).suffix, _ANY_TYPE)
        response = Response(_Chunks(file, self._offload), content_type=content_type)
        response.content_length = file.size
        # It never changes.
        response.set_etag(f"{job_id[:6]}-{name}-{file.size}")
        response.headers["Content-Disposition"] = (
            f'attachment; filename="facetraits-{job_id[:6]}-{name}"'
        )
        try:
            response.make_conditional(request, accept_ranges=True, complete_length=file.size)
        except RequestedRangeNotSatisfiable:
            file.stream.close()
            raise
        if response.status_code == 304:
            file.stream.close()
        return response


class _Chunks:
    """The chunks of a file, each read off the event loop."""

    def __init__(self, file: ResultFile, offload: Offload) -> None:
        self._stream = file.stream
        self._offload = offload

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk: bytes = self._offload(self._stream.read, _CHUNK_BYTES)
        if not chunk:
            self.close()
            raise StopIteration
        return chunk

    def seekable(self) -> bool:
        return True

    def seek(self, position: int) -> None:
        self._stream.seek(position)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()


def make_jobs(desk: JobDesk) -> Blueprint:
    """The blueprint of jobs."""
    blueprint = Blueprint("jobs", __name__, url_prefix="/api/v1/jobs")

    @blueprint.get("/<job_id>")
    @with_policy(_DATA)
    def show(job_id: str) -> dict[str, Any]:
        return describe(desk.get(job_id))

    @blueprint.post("/<job_id>/cancel")
    def cancel(job_id: str) -> tuple[str, int]:
        desk.cancel(job_id, bearer_token())
        return "", 204

    @blueprint.delete("/<job_id>")
    def delete(job_id: str) -> tuple[str, int]:
        desk.delete(job_id, bearer_token())
        return "", 204

    @blueprint.get("/<job_id>/results/<name>")
    @with_policy(_DATA)
    def result(job_id: str, name: str) -> Response:
        return desk.result(job_id, name)

    return blueprint


def accepted(described: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """The response to a job's submission."""
    return described, 202, {"Location": described["url"]}


def describe(record: JobRecord) -> dict[str, Any]:
    """A job as the API shows it."""
    error = record.error
    is_done = record.state == "done"
    return {
        "id": record.id,
        "kind": record.kind,
        "state": record.state,
        "progress": round(record.progress, 4),
        "eta_s": record.eta_s,
        "detail": record.detail,
        "created_at": as_utc(record.created_ms),
        "expires_at": None if record.is_active else as_utc(record.expires_ms),
        "error": error and {"code": error.code, "title": error.title, "detail": error.detail},
        "url": url_for("jobs.show", job_id=record.id, _external=True),
        "result_url": RESULT_URLS[record.kind](record) if is_done else None,
        "results": {name: result_url(record, name) for name in record.results},
    }


def result_url(record: JobRecord, name: str) -> str:
    """The address of one of its result files."""
    return url_for("jobs.result", job_id=record.id, name=name, _external=True)
