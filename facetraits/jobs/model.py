"""A job as people and programs see it, and the values that its engine keeps."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from facetraits.errors import FacetraitsError
from facetraits.store.records import digest, new_secret, now_ms

JobState = Literal["queued", "running", "done", "failed", "cancelled"]
# The states from which a job can still go on.
ACTIVE: tuple[JobState, ...] = ("queued", "running")


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed.

    Attributes:
        code: stable, as in a problem.
        title, detail: for people.
    """

    code: str
    title: str
    detail: str

    @classmethod
    def of(cls, error: FacetraitsError) -> JobError:
        return cls(error.code, error.title, str(error))


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that submitted a job.

    Attributes:
        request_id: as in the log; "" for none.
        traceparent: of its span (W3C Trace Context); "" if it was not traced.
    """

    request_id: str = ""
    traceparent: str = ""

    def to_json(self) -> str:
        return json.dumps([self.request_id, self.traceparent])

    @classmethod
    def from_json(cls, text: str) -> Origin:
        return cls(*json.loads(text))

    @property
    def log_fields(self) -> dict[str, str]:
        """What the log's lines about the job say."""
        trace_id = self.traceparent.split("-")[1] if self.traceparent else ""
        fields = {"request_id": self.request_id, "trace_id": trace_id}
        return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job. Whoever knows its ID can see it; its engine keeps only a digest of the ID.

    Attributes:
        id: as in its address.
        kind: a key of `KINDS`.
        created_ms, expires_ms: Unix time in milliseconds; it expires only after
            it has ended.
        token_digest: the digest of the token with which it can be deleted.
        origin: where it comes from.
        state: see `JobState`.
        progress: how much of it is done, 0 to 1.
        detail: what its kind reports besides, such as the number of photos read. Small.
        eta_s: an estimate of the seconds it will still take; None if there is none yet.
        error: why it failed; None otherwise.
        results: the names of its result files, once it is done.
    """

    id: str
    kind: str
    created_ms: int
    expires_ms: int
    token_digest: bytes
    origin: Origin = field(default_factory=Origin)
    state: JobState = "queued"
    progress: float = 0.0
    detail: dict[str, Any] = field(default_factory=dict)
    eta_s: float | None = None
    error: JobError | None = None
    results: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE


@dataclass(frozen=True, slots=True)
class Report:
    """How far a job is: see `JobRecord`."""

    progress: float
    detail: dict[str, Any]
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class SavedPlace:
    """Where a job continues after an interruption.

    Attributes:
        place: what its kind saved.
        sizes: the bytes of each result file at that moment, by its name.
    """

    place: dict[str, Any]
    sizes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a result file that was saved on the way.

    Attributes:
        name: the file's.
        path: where the part is; the parts of a file follow each other.
    """

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Held:
    """Someone else runs the job: the owner of that attempt."""

    owner: str
    attempt: str


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job, until it ends or someone else claims it.

    Attributes:
        key: identifies the job to its engine: the digest of its ID, in hexadecimal.
        kind, options: as submitted.
        attempt: names this attempt; after another claim, nothing is accepted under this name.
        attempts: how many there were since the job last saved a place, with this one.
        saved: where to go on, or None.
        parts: of the result files at that moment, where they are not on this machine's disk.
        origin: where the job comes from.
    """

    key: str
    kind: str
    options: dict[str, Any]
    attempt: str
    attempts: int
    saved: SavedPlace | None = None
    parts: tuple[Part, ...] = ()
    origin: Origin = field(default_factory=Origin)

    @property
    def log_fields(self) -> dict[str, str]:
        """For the log: which request it is about."""
        return self.origin.log_fields


def new_record(kind: str, ttl_s: float, origin: Origin) -> tuple[JobRecord, str]:
    """A queued job, and its delete token. When it ends, its expiration time is set again."""
    created_ms, token = now_ms(), new_secret()
    expires_ms = created_ms + round(ttl_s * 1000)
    record = JobRecord(new_secret(), kind, created_ms, expires_ms, digest(token), origin)
    return record, token


def key_of(job_id: str) -> str:
    """A job's ID → its key."""
    return digest(job_id).hex()


def new_attempt() -> str:
    """A name that no other attempt has."""
    return secrets.token_hex(8)
