"""The one error tree.

Each class carries the stable ``code`` and HTTP ``status`` that the web layer
translates once, at its edge (RFC 9457 problem details). Messages say what was
got and what was wanted.
"""

from __future__ import annotations


class FacetraitsError(Exception):
    """Anything that Facetraits refuses or cannot do.

    ``retry_after_s``: in how many seconds the same may succeed, where that is known.
    """

    code = "internal"
    status = 500
    title = "Something went wrong on the server"
    retry_after_s: int | None = None


class BadSetting(FacetraitsError):
    """A setting of the environment or an argument that makes no sense."""

    code = "bad_setting"
    title = "Invalid setting"


class BadWeights(FacetraitsError):
    """Weights that are missing, damaged or not the ones their card names."""

    code = "bad_weights"
    title = "The network weights cannot be used"


class BadData(FacetraitsError):
    """Training data that is missing or not in a layout we know."""

    code = "bad_data"
    title = "The training data cannot be used"


class TrainingStopped(FacetraitsError):
    """A training that ended before its schedule; what it had finished is kept."""

    code = "training_stopped"
    title = "The training stopped"


class Regression(FacetraitsError):
    """Newly trained weights that are worse than those they would replace."""

    code = "regression"
    title = "The new weights are worse"


class BadImage(FacetraitsError):
    """Bytes that claim to be a picture but do not decode to one."""

    code = "bad_image"
    status = 422
    title = "The picture cannot be read"


class BadReading(FacetraitsError):
    """JSON that is not a reading's."""

    code = "bad_reading"
    title = "Invalid reading"


class BadRequest(FacetraitsError):
    """A request whose shape is wrong: no picture, an unknown option."""

    code = "bad_request"
    status = 400
    title = "Invalid request"


class UnsupportedType(FacetraitsError):
    """Bytes in a format that we do not read."""

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
    """Every queue is full, or an answer did not come in time."""

    code = "overloaded"
    status = 503
    title = "The server is busy"
    # A place in the queue is free again within a second or two.
    retry_after_s: int | None = 2


class Starting(Overloaded):
    """The networks are still being loaded."""

    code = "starting"
    title = "The server is starting"
    retry_after_s: int | None = 5

    def __init__(self, message: str = "the networks are being loaded; try again soon") -> None:
        super().__init__(message)


class Stopping(Overloaded):
    """The server finishes what it has begun and takes nothing new."""

    code = "stopping"
    title = "The server is stopping"
    retry_after_s: int | None = 10

    def __init__(self, message: str = "it takes no new pictures") -> None:
        super().__init__(message)


class WorkerDied(FacetraitsError):
    """The process that read a picture ended or hung; another one takes its place."""

    code = "worker_died"
    status = 500
    title = "The picture could not be read"


class NotFound(FacetraitsError):
    """Nothing lives at this address."""

    code = "not_found"
    status = 404
    title = "Not found"


class Expired(FacetraitsError):
    """A result whose time is over or that was deleted."""

    code = "expired"
    status = 410
    title = "This result is gone"


class Unauthorized(FacetraitsError):
    """No token was given where one is needed."""

    code = "unauthorized"
    status = 401
    title = "Delete token required"


class Forbidden(FacetraitsError):
    """The token that was given is not the one that was handed out."""

    code = "forbidden"
    status = 403
    title = "Wrong delete token"


class CrossOrigin(FacetraitsError):
    """A page of another origin made a visitor's browser send this."""

    code = "cross_origin"
    status = 403
    title = "Requests from other sites are not allowed"


class UntrustedHost(FacetraitsError):
    """A request under a host name that is not the server's."""

    code = "untrusted_host"
    status = 400
    title = "Unknown host name"


class UnknownFormat(FacetraitsError):
    """An answer was asked for in a form that we do not speak."""

    code = "not_implemented"
    status = 501
    title = "This format is not supported"


class StorageFull(FacetraitsError):
    """There is no room to keep another result; readings go on without."""

    code = "storage_full"
    status = 507
    title = "The server has no space to store this"


class StorageUnavailable(FacetraitsError):
    """What keeps the results does not answer; readings go on without."""

    code = "storage_unavailable"
    status = 503
    title = "Stored results are unavailable right now"
    retry_after_s: int | None = 5
