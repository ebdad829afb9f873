"""The store for several servers: Redis, which expires results by itself.

A result is a hash with an expiry time. In the same transaction, a tombstone is written
that expires later: if only the tombstone is left, the result is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    AuthorizationError,
    ConnectionError,
    OutOfMemoryError,
    RedisError,
    TimeoutError,
)
from redis.retry import Retry

from facetraits.errors import BadSetting, NotReachable, StorageFull, StorageUnavailable
from facetraits.setting_kinds import without_password
from facetraits.store.records import TOMBSTONE_S, KeptResult, check_token, digest, gone

log = logging.getLogger(__name__)

CONNECT_S = 2.0
_ANSWER_S = 10.0
_FIELDS = ("created_ms", "expires_ms", "reading", "picture", "token_digest")
# Missing in results without hidden faces, also those that an earlier version stored.
_FACES_HIDDEN = "faces_hidden"


def connected(url: str, setting: str) -> Redis:
    """A client of the Redis server at an address, after a successful ping.

    Raises:
        BadSetting: see `unreachable`.
    """
    try:
        redis = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=_ANSWER_S,
            # Retries once, in case the connection was closed while idle.
            retry=Retry(NoBackoff(), 1),
        )
        redis.ping()
    except (RedisError, ValueError) as error:
        raise unreachable(url, setting, error) from None
    return redis


def unreachable(url: str, setting: str, error: Exception) -> BadSetting:
    """What ends a start without the Redis server of a setting; the message names the setting.

    Returns:
        NotReachable if it may respond later.
    """
    refused = isinstance(error, AuthenticationError | AuthorizationError)
    is_absent = isinstance(error, ConnectionError | TimeoutError) and not refused
    kind = NotReachable if is_absent else BadSetting
    return kind(f"{setting}={without_password(url)!r} cannot be reached: {error}")


class RedisStore:
    """Results in a Redis server.

    Args:
        url: redis://[user:password@]host[:port][/database], or rediss:// for TLS.
        tombstone_s: for how long 410 can be distinguished from 404.

    Raises:
        BadSetting: if it does not respond, or evicts results that it has acknowledged.
    """

    def __init__(self, url: str, tombstone_s: float = TOMBSTONE_S) -> None:
        self._tombstone_ms = round(tombstone_s * 1000)
        self._redis = connected(url, "FACETRAITS_STORE")
        _check_eviction(self._redis, url)

    def put(self, result: KeptResult) -> None:
        key, tombstone = _keys(result.id)
        # Redis has no null, so a missing field means None.
        values = {field: getattr(result, field) for field in _FIELDS}
        kept: dict[Any, Any] = {
            field: value for field, value in values.items() if value is not None
        }
        with translated(), self._redis.pipeline(transaction=True) as together:
            together.hset(key, mapping=kept)
            if result.faces_hidden:
                together.hset(key, _FACES_HIDDEN, 1)
            together.pexpireat(key, result.expires_ms)
            together.set(tombstone, b"", pxat=result.expires_ms + self._tombstone_ms)
            together.execute()

    def get(self, result_id: str) -> KeptResult:
        key, tombstone = _keys(result_id)
        with translated():
            # Typed for the asynchronous client, too.
            values: Any = self._redis.hmget(key, (*_FIELDS, _FACES_HIDDEN))
            created_ms, expires_ms, reading, picture, token_digest, faces_hidden = values
            if reading is None:
                raise gone(was_there=bool(self._redis.exists(tombstone)))
        return KeptResult(
            result_id,
            created_ms=int(created_ms),
            expires_ms=int(expires_ms),
            reading=reading.decode(),
            picture=picture,
            token_digest=token_digest,
            faces_hidden=faces_hidden is not None,
        )

    def delete(self, result_id: str, token: str) -> None:
        result = self.get(result_id)
        check_token(token, result.token_digest)
        with translated():
            self._redis.delete(_keys(result_id)[0])

    def close(self) -> None:
        self._redis.close()


def _check_eviction(redis: Redis, url: str) -> None:
    """Raises BadSetting if the server evicts acknowledged results to make room."""
    try:
        memory: Any = redis.info("memory")
    except RedisError as error:
        log.warning("cannot tell whether Redis evicts results before they expire: %s", error)
        return
    policy = memory.get("maxmemory_policy", "noeviction")
    if not memory.get("maxmemory"):
        # Without a limit, nothing is evicted, but a limit can be set at any time.
        if policy != "noeviction":
            log.warning(
                "Redis has maxmemory-policy %s: with a maxmemory, it would lose results", policy
            )
    elif policy != "noeviction":
        raise BadSetting(
            f"FACETRAITS_STORE={without_password(url)!r} would lose results before they expire: "
            f"its maxmemory-policy is {policy}, not noeviction"
        )


def _keys(result_id: str) -> tuple[str, str]:
    name = digest(result_id).hex()
    return f"facetraits:result:{name}", f"facetraits:gone:{name}"


@contextmanager
def translated() -> Iterator[None]:
    """Raises StorageFull or StorageUnavailable for what the client raises in the block."""
    try:
        yield
    except OutOfMemoryError as error:
        raise StorageFull("the storage for kept results is full") from error
    except RedisError as error:
        log.error("Redis failed: %s", error)
        raise StorageUnavailable("try again in a moment") from error
