"""All errors, in one class hierarchy.

Each class has a stable ``code`` and an HTTP ``status``. The web layer translates them
in one place, into RFC 9457 problem details. Messages say what was received and what
was expected.
"""

from __future__ import annotations


class FacetraitsError(Exception):
    """Base class of all errors.

    ``retry_after_s``: the number of seconds after which a retry may succeed, if known.
    """

    code = "internal"
    status = 500
    title = "Something went wrong on the server"
    retry_after_s: int | None = None


class BadSetting(FacetraitsError):
    """An invalid environment variable or argument."""

    code = "bad_setting"
    title = "Invalid setting"


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

    def __init__(self, message: str = "it takes no new pictures") -> None:
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
