"""Both stores, by the same tests."""

from __future__ import annotations

from contextlib import closing
from itertools import count

import pytest
from redis import Redis

from facetraits.errors import Expired, Forbidden, NotFound, StorageFull
from facetraits.settings import Settings
from facetraits.store import Store, new_result, open_store
from facetraits.store.records import now_ms
from facetraits.store.redis import RedisStore
from facetraits.store.sqlite import FILE, SqliteStore
from tests.store.clients import OpenStore, raised, result, wait_until


def test_what_is_put_is_got(store):
    kept, _ = result()
    store.put(kept)

    assert store.get(kept.id) == kept


def test_figures_alone_are_kept_without_a_picture(store):
    kept, _ = new_result('{"faces":["ä"]}', None, 600)
    store.put(kept)

    assert store.get(kept.id) == kept
    assert store.get(kept.id).picture is None


def test_ids_and_tokens_cannot_be_guessed():
    pairs = [new_result("{}", None, 600) for _ in range(200)]

    secrets = {kept.id for kept, _ in pairs} | {token for _, token in pairs}
    assert len(secrets) == 400
    assert all(len(secret) >= 22 for secret in secrets)


@pytest.mark.parametrize("result_id", ["x", "", "ä", "\udcff", "a" * 5000, "../etc/passwd"])
def test_what_never_was_is_not_found(store, result_id):
    with pytest.raises(NotFound):
        store.get(result_id)
    with pytest.raises(NotFound):
        store.delete(result_id, "token")


def test_with_its_token_a_result_is_deleted(store):
    (kept, token), (other, _) = result(1), result(2)
    store.put(kept)
    store.put(other)

    store.delete(kept.id, token)

    assert raised(store, kept.id) is Expired
    assert store.get(other.id) == other
    with pytest.raises(Expired):
        store.delete(kept.id, token)


@pytest.mark.parametrize("token", ["", "guess", "ä"])
def test_with_another_token_it_is_not(store, token):
    kept, _ = result(1)
    store.put(kept)

    with pytest.raises(Forbidden):
        store.delete(kept.id, token)
    assert store.get(kept.id) == kept


def test_when_its_time_is_over_a_result_is_gone(store):
    kept, token = result(ttl_s=0.2)
    store.put(kept)

    wait_until(lambda: kept.expires_ms <= now_ms())

    assert raised(store, kept.id) is Expired
    with pytest.raises(Expired):
        store.delete(kept.id, token)


def test_some_time_later_it_never_was(opened):
    store = opened(tombstone_s=0.1)
    kept, _ = result(ttl_s=0.1)
    store.put(kept)

    def never_was() -> bool:
        if isinstance(store, SqliteStore):
            store.sweep()
        return raised(store, kept.id) is NotFound

    wait_until(never_was)


def test_another_process_sees_the_same(opened):
    one, other = opened(), opened()
    kept, token = result()
    one.put(kept)

    assert other.get(kept.id) == kept
    other.delete(kept.id, token)
    assert raised(one, kept.id) is Expired


def test_what_is_kept_outlives_the_server(opened):
    kept, _ = result()
    first = opened()
    first.put(kept)
    first.close()

    assert opened().get(kept.id) == kept


def fill(store: Store) -> list[tuple[str, str]]:
    """Puts until the room is used up → (id, token) of what is in it."""
    kept = []
    with pytest.raises(StorageFull):
        for number in count():
            one, token = result(number, bytes_=100_000)
            store.put(one)
            kept.append((one.id, token))
    return kept


@pytest.fixture
def small_store(address: str, opened: OpenStore) -> Store:
    """One with room for a few pictures."""
    if not address.startswith("redis://"):
        return opened(max_bytes=1_000_000)
    with Redis.from_url(address) as redis:
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] + 2_000_000)
    return opened()


def test_where_the_room_is_used_up_the_rest_goes_on(small_store):
    kept = fill(small_store)

    assert len(kept) >= 5
    assert all(len(small_store.get(name).picture) == 100_000 for name, _ in kept)
    for name, token in kept[:3]:
        small_store.delete(name, token)
    again, _ = result(99, bytes_=100_000)
    small_store.put(again)
    assert small_store.get(again.id) == again


def test_the_settings_choose_the_store(tmp_path, redis_url):
    with closing(open_store(Settings(store=redis_url), tmp_path)) as store:
        assert isinstance(store, RedisStore)
    with closing(open_store(Settings(data_dir="kept"), tmp_path)) as store:
        assert isinstance(store, SqliteStore)
    assert (tmp_path / "kept" / FILE).exists()
