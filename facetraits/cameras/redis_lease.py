"""Ownership of cameras among servers that share a Redis server.

A lease is a key that expires unless its owner renews it. Each new owner gets a higher token (the
time, so that a Redis server that lost its memory still gives higher ones), and the figures' store
refuses lower ones: even a process that slept through its lease cannot write into its successor's
figures.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from facetraits.cameras.lease import OnLost
from facetraits.errors import FacetraitsError

log = logging.getLogger(__name__)

LEASE_S = 5.0
_RENEW_EVERY_S = 1.0
# The owner stops this long before others may begin: clocks do not run exactly alike.
_MARGIN_S = 1.0
_ACQUIRE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  local time = redis.call('TIME')
  local token = time[1] * 1000 + math.floor(time[2] / 1000)
  local last = tonumber(redis.call('GET', KEYS[2]) or '0')
  if token <= last then token = last + 1 end
  redis.call('SET', KEYS[2], string.format('%.0f', token))
  return token
end
return 0
"""
_RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""
Claim = Callable[[str, int], None]


@dataclass(slots=True)
class _Held:
    token: int
    until_s: float
    on_lost: OnLost


class RedisLease:
    """The leases of one process. Safe from any thread.

    Args:
        redis: a client with a short timeout; closed by `close`.
        claim: reports a new token to the figures' store; what it raises ends the attempt.
        lease_s: how long a dead owner's cameras stay unread, at most.
    """

    def __init__(self, redis: Redis, claim: Claim, lease_s: float = LEASE_S) -> None:
        self._redis, self._claim, self._lease_s = redis, claim, lease_s
        self._me = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="camera-leases", daemon=True)
        self._thread.start()

    def acquire(self, camera: str, on_lost: OnLost) -> bool:
        if self.holds(camera):
            return True
        asked_s = time.monotonic()
        try:
            token = int(self._run(_ACQUIRE, camera))
        except RedisError as error:
            log.warning("camera %s waits for Redis: %s", camera, type(error).__name__)
            return False
        if not token:
            return False
        try:
            self._claim(camera, token)
        except FacetraitsError as error:
            log.warning("camera %s cannot be claimed: %s", camera, error)
            return False
        with self._lock:
            self._held[camera] = _Held(token, asked_s + self._lease_s - _MARGIN_S, on_lost)
        return True

    def holds(self, camera: str) -> bool:
        with self._lock:
            held = self._held.get(camera)
            return held is not None and time.monotonic() < held.until_s

    def token(self, camera: str) -> int | None:
        with self._lock:
            held = self._held.get(camera)
            return held.token if held else None

    def release(self, camera: str) -> None:
        with self._lock:
            held = self._held.pop(camera, None)
        if held is not None:
            try:
                self._run(_RELEASE, camera)
            except RedisError:
                return  # it expires by itself

    def close(self) -> None:
        self._closing.set()
        self._thread.join(10)
        for camera in list(self._held):
            self.release(camera)
        self._redis.close()

    def _keep(self) -> None:
        while not self._closing.wait(_RENEW_EVERY_S):
            for camera in list(self._held):
                self._renew(camera)

    def _renew(self, camera: str) -> None:
        asked_s = time.monotonic()
        try:
            ours = bool(self._run(_RENEW, camera))
        except RedisError:
            ours = self.holds(camera)  # until it has expired
            asked_s = float("-inf")
        with self._lock:
            held = self._held.get(camera)
            if held is None:
                return
            held.until_s = max(held.until_s, asked_s + self._lease_s - _MARGIN_S)
            if ours:
                return
            del self._held[camera]
        log.warning("camera %s is read by another server now", camera)
        held.on_lost()

    def _run(self, script: str, camera: str) -> int:
        keys = (f"facetraits:camera:{camera}", f"facetraits:camera-token:{camera}")
        milliseconds = round(self._lease_s * 1000)
        answer: Any = self._redis.eval(script, len(keys), *keys, self._me, milliseconds)
        return int(answer)
