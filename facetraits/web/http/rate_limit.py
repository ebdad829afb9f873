"""How many pictures one client may send in a period of time."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage, Storage
from limits.strategies import MovingWindowRateLimiter

from facetraits.errors import BadRequest, RateLimited
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.clients import client_share_key

log = logging.getLogger(__name__)

# A request waits for the count, so not for long.
_ANSWER_S = 1.0
# After Redis failed, each server counts on its own for this long before it asks again.
_ALONE_S = 10.0

Count = Callable[[RateLimitItem, str, int], float | None]
"""Counts pictures of a client; returns None, or the Unix time at which it may send again."""


class RateLimit:
    """Counts pictures by client over a moving window: an IPv4 address, or a /64 of IPv6.

    Args:
        rate: as "60/minute", or "" for no limit.
        count: where they are counted; by default, in this process's memory.
    """

    def __init__(self, rate: str, count: Count | None = None) -> None:
        self._rate = rate
        self._item = parse(rate) if rate else None
        self._count = count or counter_in(MemoryStorage())

    def check(self, pictures: int) -> None:
        """Raises BadRequest for more pictures than the limit allows, because waiting won't help."""
        if self._item is not None and pictures > self._item.amount:
            raise BadRequest(f"the request has {pictures} pictures; the limit is {self._rate}")

    def take(self, client: str, pictures: int = 1) -> None:
        """Raises RateLimited, with the time to wait, if the client has used up its limit.

        Args:
            client: the client's address.
        """
        if self._item is None:
            return
        again_s = self._count(self._item, client_share_key(client), pictures)
        if again_s is not None:
            wait_s = max(1, math.ceil(again_s - time.time()))
            raise RateLimited(f"the limit is {self._rate}", wait_s)

    def take_rest(self, client: str, pictures: int) -> None:
        """Takes for the rest of a batch, whose first picture was taken when the request arrived.

        A batch of more pictures than the limit allows uses up all of it, but no more.
        """
        if self._item is not None and (most := min(pictures, self._item.amount) - 1) > 0:
            self.take(client, most)


class SharedCount:
    """Counts in Redis, for all servers together; without it, each server counts on its own.

    Args:
        url: the address of the Redis server.
        offload: calls it off the event loop.
    """

    def __init__(self, url: str, offload: Offload) -> None:
        storage = RedisStorage(
            url,
            key_prefix="facetraits-rate",
            wrap_exceptions=True,
            socket_connect_timeout=_ANSWER_S,
            socket_timeout=_ANSWER_S,
        )
        self._shared = counter_in(storage)
        self._own = counter_in(MemoryStorage())
        self._offload = offload
        self._alone_until_s = 0.0

    def __call__(self, item: RateLimitItem, key: str, pictures: int) -> float | None:
        if time.monotonic() >= self._alone_until_s:
            try:
                again_s: float | None = self._offload(self._shared, item, key, pictures)
                return again_s
            except StorageError as error:
                self._alone_until_s = time.monotonic() + _ALONE_S
                log.warning("rate limits are counted by this server alone: %s", error)
        return self._own(item, key, pictures)


def counter_in(storage: Storage) -> Count:
    """Counts in a storage of the `limits` library."""
    limiter = MovingWindowRateLimiter(storage)

    def count(item: RateLimitItem, key: str, pictures: int) -> float | None:
        if limiter.hit(item, key, cost=pictures):
            return None
        return limiter.get_window_stats(item, key).reset_time

    return count
