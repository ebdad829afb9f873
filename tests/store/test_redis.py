"""What only Redis has to prove."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from redis import Redis

from facetraits.errors import BadSetting, NotReachable, StorageUnavailable
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
    with pytest.raises(NotReachable) as caught:
        open_store(Settings(store=nobody), tmp_path)

    said = str(caught.value)
    assert said.startswith("FACETRAITS_STORE='redis://***@127.0.0.1:")
    assert "secret" not in said and "\n" not in said


def test_a_wrong_password_is_not_tried_again_as_a_server_is_that_may_come(tmp_path):
    with redis_server() as url, Redis.from_url(url) as redis:
        redis.config_set("requirepass", "right")
        with pytest.raises(BadSetting) as caught:
            open_store(Settings(store=url.replace("redis://", "redis://:wrong@")), tmp_path)

    assert not isinstance(caught.value, NotReachable)


@contextmanager
def configured(url: str, **options: object) -> Iterator[None]:
    """The server with other options, for as long as the block runs."""
    with Redis.from_url(url) as redis:
        before = {name: redis.config_get(name)[name] for name in options}
        for name, value in options.items():
            redis.config_set(name, value)
        try:
            yield
        finally:
            for name, value in before.items():
                redis.config_set(name, value)


@pytest.mark.parametrize("policy", ["allkeys-lru", "volatile-lru", "volatile-ttl"])
def test_a_server_that_would_lose_what_it_has_acknowledged_stops_the_start(redis_url, policy):
    options = {"maxmemory": 100_000_000, "maxmemory-policy": policy}
    with configured(redis_url, **options), pytest.raises(BadSetting) as caught:
        RedisStore(redis_url.replace("redis://", "redis://:secret@")).close()

    said = str(caught.value)
    assert said.endswith(f"its maxmemory-policy is {policy}, not noeviction")
    assert "FACETRAITS_STORE=" in said and "secret" not in said


def test_such_a_policy_without_a_bound_is_warned_of(redis_url, caplog):
    with configured(redis_url, **{"maxmemory": 0, "maxmemory-policy": "allkeys-lru"}):
        RedisStore(redis_url).close()

    assert "maxmemory-policy allkeys-lru" in caplog.text


def test_with_noeviction_nothing_is_said(redis_url, caplog):
    with configured(redis_url, maxmemory=100_000_000):
        RedisStore(redis_url).close()

    assert caplog.text == ""


def test_a_server_that_does_not_tell_is_used_with_a_warning(redis_url, caplog):
    with Redis.from_url(redis_url) as redis:
        redis.acl_setuser("shy", True, ["+pw"], categories=["+@all"], commands=["-info"], keys="*")
        try:
            RedisStore(redis_url.replace("redis://", "redis://shy:pw@")).close()
        finally:
            redis.acl_deluser("shy")

    assert "cannot tell whether" in caplog.text
