"""The ledger of several machines: Redis, so that any server answers for any job.

A job is a hash. Each change is one script, which first checks that the attempt that requests it
still holds the job. An attempt that says nothing for `LEASE_S` can be superseded by another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from facetraits.errors import JobCancelled, JobsBusy, JobSuperseded, StorageUnavailable
from facetraits.jobs.model import (
    Claim,
    Held,
    JobError,
    JobRecord,
    JobState,
    Origin,
    Part,
    Report,
    SavedPlace,
    key_of,
    new_attempt,
)
from facetraits.jobs.redis_scripts import ADD, CANCEL, CHANGE, CLAIM
from facetraits.store.records import TOMBSTONE_S, gone, now_ms

log = logging.getLogger(__name__)

# Longer than any pause between two beats of a healthy attempt.
LEASE_S = 15.0
_ANSWER_S = 5.0
_PREFIX = "facetraits:job:"
_QUEUED, _RUNNING, _EXPIRY = (f"facetraits:jobs:{name}" for name in ("queued", "running", "expiry"))


class RedisLedger:
    """See `Ledger`. It connects when it is first used.

    Args:
        url: the address of the Redis server.
        queue_size: how many jobs can wait.
        ttl_s: for how long the results of a job are kept, in seconds.
    """

    def __init__(self, url: str, queue_size: int, ttl_s: float) -> None:
        self._queue_size = queue_size
        self._ttl_ms = round(ttl_s * 1000)
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=_ANSWER_S,
            socket_timeout=_ANSWER_S,
            retry=Retry(NoBackoff(), 1),
        )

    def ping(self) -> None:
        """Raises RedisError if the server does not respond."""
        self._redis.ping()

    def add(self, record: JobRecord, options: dict[str, Any]) -> None:
        key = key_of(record.id)
        values = {
            "kind": record.kind,
            "options": json.dumps(options),
            "token_digest": record.token_digest.hex(),
            "origin": record.origin.to_json(),
            "created_ms": record.created_ms,
            "expires_ms": record.expires_ms,
            "state": record.state,
            "progress": 0,
            "detail": "{}",
            "results": "[]",
            "attempts": 0,
        }
        arguments = (key, record.created_ms, self._queue_size)
        if self._script(ADD, [_hash(key), _QUEUED], *arguments, *_flat(values)) == "busy":
            raise JobsBusy(f"{self._queue_size} jobs are waiting; try again later")

    def get(self, job_id: str) -> JobRecord:
        values = self._values(key_of(job_id))
        record = _as_record(job_id, values)
        if not record.is_active and record.expires_ms <= now_ms():
            raise gone(was_there=True)
        return record

    def attempt_of(self, key: str) -> str:
        """The name of the latest attempt. Raises NotFound or Expired."""
        return self._values(key).get("attempt", "")

    def claim(self, key: str, owner: str, dead: str = "") -> Claim | Held | None:
        """Claims a job.

        Args:
            owner: shows other processes who holds it.
            dead: the name of an attempt that is known to be dead.

        Returns:
            The claim; or who holds the job; or None if it is over.
        """
        attempt = new_attempt()
        names = [_hash(key), _QUEUED, _RUNNING]
        answer = self._script(CLAIM, names, key, attempt, owner, round(LEASE_S * 1000), dead)
        if answer == "over":
            return None
        with _translated():
            values: Any = self._redis.hgetall(_hash(key))
        if answer == "held":
            return Held(values.get("owner", ""), values.get("attempt", ""))
        return _as_claim(key, attempt, values)

    def report(self, claim: Claim, report: Report) -> None:
        detail = json.dumps(report.detail)
        self._change(claim, progress=report.progress, detail=detail, eta_s=report.eta_s)

    def save_place(self, claim: Claim, saved: SavedPlace, parts: tuple[Part, ...]) -> None:
        """After an interruption, the job continues from here, with these parts of its files."""
        self._change(
            claim,
            place=json.dumps(saved.place),
            sizes=json.dumps(saved.sizes),
            parts=json.dumps([[part.name, part.path] for part in parts]),
            attempts=0,
        )

    def beat(self, claim: Claim) -> None:
        self._change(claim)

    def finish(
        self,
        claim: Claim,
        state: JobState,
        *,
        error: JobError | None = None,
        results: tuple[str, ...] = (),
    ) -> None:
        expires_ms = now_ms() + self._ttl_ms
        error_json = json.dumps([error.code, error.title, error.detail]) if error else ""
        done = {"progress": 1} if state == "done" else {}
        self._change(
            claim,
            expires_ms,
            state=state,
            expires_ms=expires_ms,
            error=error_json,
            results=json.dumps(results),
            **done,
        )

    def cancel(self, job_id: str) -> None:
        self.get(job_id)
        key = key_of(job_id)
        names = [_hash(key), _QUEUED, _RUNNING, _EXPIRY]
        self._script(CANCEL, names, key, now_ms() + self._ttl_ms)

    def remove(self, key: str) -> None:
        with _translated(), self._redis.pipeline(transaction=True) as together:
            together.delete(_hash(key))
            for name in (_QUEUED, _RUNNING, _EXPIRY):
                together.zrem(name, key)
            together.set(_tombstone(key), "", px=TOMBSTONE_S * 1000)
            together.execute()

    def expired(self) -> list[str]:
        """The keys of jobs whose time is over."""
        with _translated():
            found: Any = self._redis.zrangebyscore(_EXPIRY, 0, now_ms())
        return list(found)

    def silent(self) -> list[str]:
        """The keys of running jobs whose lease is over; each is returned once in a while."""
        with _translated():
            return self._before_the_lease(_RUNNING)

    def unannounced(self, queue: str) -> list[str]:
        """The keys of jobs that wait although the workers' queue is empty.

        Their messages are lost: a server died before it sent one, or a worker right after it
        fetched one. Each is returned once in a while.
        """
        with _translated():
            return [] if self._redis.llen(queue) else self._before_the_lease(_QUEUED)

    def _before_the_lease(self, name: str) -> list[str]:
        """What is older in a sorted set, and was not returned for as long."""
        lease_ms = round(LEASE_S * 1000)
        keys: Any = self._redis.zrangebyscore(name, 0, now_ms() - lease_ms)
        return [
            key for key in keys if self._redis.set(f"{_hash(key)}:sent", "", px=lease_ms, nx=True)
        ]

    def close(self) -> None:
        self._redis.close()

    def _values(self, key: str) -> dict[str, str]:
        with _translated():
            values: Any = self._redis.hgetall(_hash(key))
            if not values:
                raise gone(was_there=bool(self._redis.exists(_tombstone(key))))
        return dict(values)

    def _change(self, claim: Claim, end_ms: int | str = "", **values: Any) -> None:
        names = [_hash(claim.key), _RUNNING, _EXPIRY]
        head = (claim.key, claim.attempt, end_ms)
        answer = self._script(CHANGE, names, *head, *_flat(values))
        if answer == "cancelled":
            raise JobCancelled("the job was canceled")
        if answer == "superseded":
            raise JobSuperseded("another attempt has taken over")

    def _script(self, script: str, names: list[str], *arguments: Any) -> str:
        with _translated():
            return str(self._redis.eval(script, len(names), *names, *arguments))


def _hash(key: str) -> str:
    return f"{_PREFIX}{key}"


def _tombstone(key: str) -> str:
    return f"{_PREFIX}gone:{key}"


def _flat(values: dict[str, Any]) -> Iterator[Any]:
    """Fields and values in turn; Redis has no null, so None is empty."""
    for name, value in values.items():
        yield name
        yield "" if value is None else value


def _as_record(job_id: str, values: dict[str, str]) -> JobRecord:
    eta_s, error = values.get("eta_s"), values.get("error")
    state: Any = values["state"]
    return JobRecord(
        job_id,
        values["kind"],
        int(values["created_ms"]),
        int(values["expires_ms"]),
        bytes.fromhex(values["token_digest"]),
        _origin(values),
        state=state,
        progress=float(values["progress"]),
        detail=json.loads(values["detail"]),
        eta_s=float(eta_s) if eta_s else None,
        error=JobError(*json.loads(error)) if error else None,
        results=tuple(json.loads(values["results"])),
    )


def _as_claim(key: str, attempt: str, values: dict[str, str]) -> Claim:
    place = values.get("place")
    saved = SavedPlace(json.loads(place), json.loads(values["sizes"])) if place else None
    return Claim(
        key,
        values["kind"],
        json.loads(values["options"]),
        attempt,
        int(values["attempts"]),
        saved,
        tuple(Part(name, path) for name, path in json.loads(values.get("parts", "[]"))),
        _origin(values),
    )


def _origin(values: dict[str, str]) -> Origin:
    return Origin.from_json(values.get("origin", "[]"))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except RedisError as error:
        log.error("the records of jobs are unavailable: %s", error)
        raise StorageUnavailable("the records of jobs do not respond; try again later") from error
