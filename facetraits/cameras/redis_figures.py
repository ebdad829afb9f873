"""The cameras' figures in a Redis server, for servers that share cameras.

Every server shows all figures, whichever of them read the camera. Redis must keep its data on
disk, or they are gone when it restarts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from redis import Redis
from redis.client import Pipeline

from facetraits.cameras.appearances import Appearance
from facetraits.cameras.figures import SLOT_MS, Sums, sums_of
from facetraits.cameras.store import check_newest
from facetraits.store.redis import translated

_CAMERAS = "facetraits:figures"
_STATES = "facetraits:camera-states"
# A year of slots is 105,120; so many are requested at a time.
_SLOTS_AT_A_TIME = 5_000


class RedisFigures:
    """A hash of slots for each camera, and the token of its newest owner.

    Args:
        redis: closed by `close`.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    def claim(self, camera: str, token: int) -> None:
        owner = _owner(camera)

        def transaction(together: Pipeline) -> None:
            _check_token(together, camera, token)
            together.multi()
            together.set(owner, token)

        with translated():
            self._redis.transaction(transaction, owner)

    def add(self, camera: str, token: int, slot_ms: int, appearances: Sequence[Appearance]) -> None:
        owner, slots = _owner(camera), _slots(camera)

        def transaction(together: Pipeline) -> None:
            # Watched: a process that was asleep meanwhile must not write.
            _check_token(together, camera, token)
            sums = sums_of(appearances)
            stored: Any = together.hget(slots, str(slot_ms))
            if stored is not None:
                sums.merge(Sums.from_json(stored.decode()))
            together.multi()
            together.set(owner, token)
            together.sadd(_CAMERAS, camera)
            together.hset(slots, str(slot_ms), sums.to_json())

        with translated():
            self._redis.transaction(transaction, owner, slots)

    def slots(self, camera: str, start_ms: int, end_ms: int) -> dict[int, Sums]:
        wanted = range(start_ms // SLOT_MS * SLOT_MS, end_ms, SLOT_MS)
        found: dict[int, Sums] = {}
        for first in range(0, len(wanted), _SLOTS_AT_A_TIME):
            part = wanted[first : first + _SLOTS_AT_A_TIME]
            with translated():
                answers: Any = self._redis.hmget(_slots(camera), [str(slot) for slot in part])
            found |= {
                slot: Sums.from_json(text.decode())
                for slot, text in zip(part, answers, strict=True)
                if text is not None
            }
        return found

    def put_states(self, states: Mapping[str, Mapping[str, Any]], now_ms: int) -> None:
        if not states:
            return
        rows: dict[Any, Any] = {
            name: json.dumps({**state, "seen_ms": now_ms}) for name, state in states.items()
        }
        with translated():
            self._redis.hset(_STATES, mapping=rows)

    def states(self) -> dict[str, dict[str, Any]]:
        with translated():
            rows: Any = self._redis.hgetall(_STATES)
        return {name.decode(): json.loads(text) for name, text in rows.items()}

    def sweep(self, before_ms: int) -> None:
        old = [name for name, state in self.states().items() if state["seen_ms"] < before_ms]
        with translated():
            if old:
                self._redis.hdel(_STATES, *old)
            cameras: Any = self._redis.smembers(_CAMERAS)
            for camera in cameras:
                self._sweep_slots(_slots(camera.decode()), before_ms)

    def _sweep_slots(self, key: str, before_ms: int) -> None:
        slots: Any = self._redis.hkeys(key)
        if old := [slot for slot in slots if int(slot) < before_ms]:
            self._redis.hdel(key, *old)

    def close(self) -> None:
        self._redis.close()


def _check_token(redis: Pipeline, camera: str, token: int) -> None:
    newest: Any = redis.get(_owner(camera))
    check_newest(camera, token, -1 if newest is None else int(newest))


def _owner(camera: str) -> str:
    return f"facetraits:figures-owner:{camera}"


def _slots(camera: str) -> str:
    return f"facetraits:figures:{camera}"
