"""What only Redis has to prove."""

from __future__ import annotations

from contextlib import closing

import pytest
from redis import Redis

from facetraits.errors import BadSetting, StorageUnavailable
from facetraits.settings import Settings
from facetraits.store import open_store
from facetraits.store.redis import RedisStore
from tests.store.clients import redis_server, result


def test_results_and_tombstones_expire_by_themselves(redis_url):
    with (
        closing(RedisStore(redis_url, tombstone_s=50)) as store,
        Redis.from_url(redis_url) as redis,
    ):
        redis.flushall()
        kept, _ = result(ttl_s=100)
        store.put(kept)

        keys = list(redis.scan_iter())
        times = {key.split(b":")[1]: redis.pttl(key) for key in keys}
        assert 90_000 < times[b"result"] <= 100_100 < 140_000 < times[b"gone"] <= 150_100
        assert not any(kept.id.encode() in key for key in keys)


def test_a_server_that_went_away_is_a_problem_and_no_traceback():
    with redis_server() as url:
        store = RedisStore(url)
        kept, token = result()
        store.put(kept)
    for call in (
        lambda: store.get(kept.id),
        lambda: store.put(kept),
        lambda: store.delete(kept.id, token),
    ):
        with pytest.raises(StorageUnavailable):
            call()
    store.close()


def test_a_server_that_is_not_there_stops_the_start_without_its_password(tmp_path):
    with redis_server() as url:
        nobody = url.replace("redis://", "redis://me:secret@")
    with pytest.raises(BadSetting) as caught:
        open_store(Settings(store=nobody), tmp_path)

    said = str(caught.value)
    assert said.startswith("FACETRAITS_STORE='redis://***@127.0.0.1:")
    assert "secret" not in said and "\n" not in said
