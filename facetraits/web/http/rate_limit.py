"""How many pictures one client may send in a period of time."""

from __future__ import annotations

import math
import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from facetraits.errors import BadRequest, RateLimited
from facetraits.web.http.clients import client_share_key


class RateLimit:
    """Counts pictures by client over a moving window: an IPv4 address, or a /64 of IPv6.

    Args:
        rate: as "60/minute", or "" for no limit.
    """

    def __init__(self, rate: str) -> None:
        self._rate = rate
        self._item = parse(rate) if rate else None
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, pictures: int) -> None:
        """Raises BadRequest for more pictures than the limit allows, because waiting won't help."""
        if self._item is not None and pictures > self._item.amount:
            raise BadRequest(f"the request has {pictures} pictures; the limit is {self._rate}")

    def take(self, client: str, pictures: int = 1) -> None:
        """Raises RateLimited, with the time to wait, if the client has used up its limit.

        Args:
            client: the client's address.
        """
        key = client_share_key(client)
        if self._item is None or self._limiter.hit(self._item, key, cost=pictures):
            return
        wait_s = self._limiter.get_window_stats(self._item, key).reset_time - time.time()
        raise RateLimited(f"the limit is {self._rate}", max(1, math.ceil(wait_s)))
