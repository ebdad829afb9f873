"""All errors, in one class hierarchy.

Each class has a stable ``code`` and an HTTP ``status``. The web layer translates them
in one place, into RFC 9457 problem details. Messages say what was received and what
was expected.
"""

from __future__ import annotations

from typing import Any


class FacetraitsError(Exception):
    """Base class of all errors.

    ``retry_after_s``: the number of seconds after which a retry may succeed, if known.
    ``exit_code``: of a program that it ends.
    """

    code = "internal"
    status = 500
    title = "Something went wrong on the server"
    retry_after_s: int | None = None
    exit_code = 2


class BadSetting(FacetraitsError):
    """An invalid environment variable or argument."""

    code = "bad_setting"
    title = "Invalid setting"


class NotReachable(BadSetting):
    """A server that a setting names does not respond. It may only be starting."""

    # Unlike 2, which nobody needs to try again.
    exit_code = 1


class BadWeights(FacetraitsError):
    """Weights that are missing, damaged, or not those named in the card."""

    code = "bad_weights"
    title = "The network weights cannot be used"


class BadData(FacetraitsError):
    """Training data that is missing or has an unknown layout."""

    code = "bad_data"
    title = "The training data cannot be used"


class TrainingStopped(FacetraitsError):
    """A training run that ended early; its completed epochs are kept."""

    code = "training_stopped"
    title = "The training stopped"


class Regression(FacetraitsError):
    """New weights that are worse than the ones they would replace."""

    code = "regression"
    title = "The new weights are worse"


class BadImage(FacetraitsError):
    """Bytes that look like a picture but cannot be decoded."""

    code = "bad_image"
    status = 422
    title = "The picture cannot be read"


class BadVideo(FacetraitsError):
    """Bytes that look like a video but have no frame that can be decoded."""

    code = "bad_video"
    status = 422
    title = "The video cannot be read"


class BadReading(FacetraitsError):
    """JSON that is not a valid reading."""

    code = "bad_reading"
    title = "Invalid reading"


class BadRequest(FacetraitsError):
    """A malformed request, such as one without a picture or with an unknown option."""

    code = "bad_request"
    status = 400
    title = "Invalid request"


class UnsupportedType(FacetraitsError):
    """Bytes in an unsupported format."""

    code = "unsupported_type"
    status = 415
    title = "This file type is not supported"


class TooLarge(FacetraitsError):
    """More bytes or pixels than the limits allow."""

    code = "too_large"
    status = 413
    title = "The picture is too large"


class VideoTooLarge(TooLarge):
    """A video of more bytes, pixels, or seconds than the limits allow."""

    title = "The video is too large"


class RateLimited(FacetraitsError):
    """More requests than the limit allows."""

    code = "rate_limited"
    status = 429
    title = "Too many requests"

    def __init__(self, message: str, retry_after_s: int = 60) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class Overloaded(FacetraitsError):
    """The queue is full, or the result did not arrive in time."""

    code = "overloaded"
    status = 503
    title = "The server is busy"
    # A slot in the queue usually becomes free within a second or two.
    retry_after_s: int | None = 2


class Starting(Overloaded):
    """The networks are still loading."""

    code = "starting"
    title = "The server is starting"
    retry_after_s: int | None = 5

    def __init__(self, message: str = "the networks are being loaded; try again soon") -> None:
        super().__init__(message)


class Stopping(Overloaded):
    """The server is shutting down: it finishes current work and accepts no more."""

    code = "stopping"
    title = "The server is stopping"
    retry_after_s: int | None = 10

    def __init__(self, message: str = "the server takes no new pictures") -> None:
        super().__init__(message)


class WorkerDied(FacetraitsError):
    """The process that was analyzing a picture crashed or hung; it is replaced."""

    code = "worker_died"
    status = 500
    title = "The picture could not be read"


class NotFound(FacetraitsError):
    """There is nothing at this address."""

    code = "not_found"
    status = 404
    title = "Not found"


class Expired(FacetraitsError):
    """A result that has expired or was deleted."""

    code = "expired"
    status = 410
    title = "This result is gone"


class Unauthorized(FacetraitsError):
    """A required token is missing."""

    code = "unauthorized"
    status = 401
    title = "Delete token required"


class Forbidden(FacetraitsError):
    """The wrong token."""

    code = "forbidden"
    status = 403
    title = "Wrong delete token"


class KeyRequired(Unauthorized):
    """An API key is needed, and there is none."""

    title = "API key required"


class WrongKey(KeyRequired):
    """An API key that is not one of the server's."""

    code = "wrong_key"
    title = "Wrong API key"


class NoKeys(FacetraitsError):
    """An API key is needed, but the server has none, so nobody can have one."""

    code = "no_api_keys"
    status = 403
    title = "No API keys are set"


class CrossOrigin(FacetraitsError):
    """A request that a page on another origin made the browser send."""

    code = "cross_origin"
    status = 403
    title = "Requests from other sites are not allowed"


class UntrustedHost(FacetraitsError):
    """A request for a host name that is not one of the server's."""

    code = "untrusted_host"
    status = 400
    title = "Unknown host name"


class UnknownFormat(FacetraitsError):
    """A response was requested in an unsupported format."""

    code = "not_implemented"
    status = 501
    title = "This format is not supported"


class NotInstalled(FacetraitsError):
    """What was requested needs an optional package that this server does not have."""

    code = "not_implemented"
    status = 501
    title = "This server cannot do that"


class StorageFull(FacetraitsError):
    """There is no space to store another result; analyzing pictures still works."""

    code = "storage_full"
    status = 507
    title = "The server has no space to store this"


class StorageUnavailable(FacetraitsError):
    """The result store does not respond; analyzing pictures still works."""

    code = "storage_unavailable"
    status = 503
    title = "Stored results are unavailable right now"
    retry_after_s: int | None = 5


class BadArchive(FacetraitsError):
    """A file that looks like a ZIP archive but cannot be opened."""

    code = "bad_archive"
    status = 422
    title = "The archive cannot be read"


class JobFailed(FacetraitsError):
    """A job that could not be finished: it kept crashing, or took too long or too much memory."""

    code = "job_failed"
    title = "The job could not be finished"


class JobCancelled(FacetraitsError):
    """Someone canceled the job that is running."""

    code = "cancelled"
    status = 409
    title = "The job was canceled"


class JobSuperseded(FacetraitsError):
    """Another attempt has taken over the job; this one must stop and write nothing more."""

    code = "superseded"
    status = 409
    title = "The job is running elsewhere"


class JobsBusy(Overloaded):
    """Too many jobs are waiting."""

    title = "Too many jobs are waiting"
    # Jobs take minutes.
    retry_after_s: int | None = 60


class OutsideFolders(FacetraitsError):
    """A path that is not in one of the folders that assistants may use."""

    code = "outside_folders"
    status = 403
    title = "This folder is not allowed"


class NotWritten(FacetraitsError):
    """A result that was not written, because its name is taken or the system refused."""

    code = "not_written"
    status = 409
    title = "The file was not written"


def problem_body(error: FacetraitsError, request_id: str = "") -> dict[str, Any]:
    """The problem details of RFC 9457 for an error."""
    # Internal errors go only to the log, because they would reveal too much. A worker's death
    # or a failed job is about the picture and is not a secret.
    inside = error.status == 500 and not isinstance(error, WorkerDied | JobFailed)
    return {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": "See the server log for this request_id." if inside else str(error),
        "code": error.code,
        "request_id": request_id,
    }
