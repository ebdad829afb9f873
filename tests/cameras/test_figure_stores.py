"""The two stores of figures give the same answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from redis import Redis

from facetraits.cameras.figures import SLOT_MS
from facetraits.cameras.redis_figures import RedisFigures
from facetraits.cameras.setup import open_figures
from facetraits.cameras.store import LostCamera, SqliteFigures
from facetraits.errors import StorageUnavailable
from facetraits.paths import Paths
from facetraits.settings import Settings
from facetraits.store.database import Database
from tests.cameras.test_figures import appearance
from tests.store.clients import redis_server

DAY_MS = 288 * SLOT_MS


@pytest.fixture(scope="module")
def redis_url():
    with redis_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "redis"])
def open_store(request, tmp_path, redis_url):
    """`open_store()` → the same figures as another process would open them."""
    opened = []
    with Redis.from_url(redis_url) as redis:
        redis.flushall()

    def open_one():
        if request.param == "sqlite":
            opened.append(SqliteFigures(Database(tmp_path, 10**8)))
        else:
            opened.append(RedisFigures(Redis.from_url(redis_url)))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


def test_what_one_adds_all_see(open_store):
    first, second = open_store(), open_store()
    first.add("door", 1, 0, [appearance()] * 3)
    second.add("door", 2, 0, [appearance()] * 4)
    second.add("door", 2, SLOT_MS, [appearance()])
    second.add("hall", 1, 0, [appearance()])

    slots = first.slots("door", 0, DAY_MS)
    assert {slot: sums.appearances for slot, sums in slots.items()} == {0: 7, SLOT_MS: 1}
    assert slots[0].seconds == pytest.approx(7 * appearance().seconds)
    assert sum(group.count for group in slots[0].gender.values()) == pytest.approx(7)


def test_a_span_of_time(open_store):
    store = open_store()
    for day in range(40):
        store.add("door", 1, day * DAY_MS, [appearance()])

    # A span that begins within a slot has that slot, too.
    assert list(store.slots("door", DAY_MS + 1, 3 * DAY_MS)) == [DAY_MS, 2 * DAY_MS]
    assert len(store.slots("door", 0, 365 * DAY_MS)) == 40
    assert store.slots("door", 40 * DAY_MS, 50 * DAY_MS) == {}
    assert store.slots("garden", 0, DAY_MS) == {}


def test_a_lower_token_writes_nothing(open_store):
    former, owner = open_store(), open_store()
    former.add("door", 7, 0, [appearance()])
    owner.claim("door", 8)

    for write in (
        lambda: former.add("door", 7, 0, [appearance()]),
        lambda: former.claim("door", 7),
    ):
        with pytest.raises(LostCamera, match="claimed with token 8; this is 7"):
            write()
    assert owner.slots("door", 0, 1)[0].appearances == 1


def test_nothing_is_lost_when_several_add_at_once(open_store):
    stores = [open_store() for _ in range(4)]

    def add(store):
        for _ in range(25):
            store.add("door", 1, 0, [appearance()])

    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(add, stores))
    assert stores[0].slots("door", 0, 1)[0].appearances == 100


def test_states_are_those_put_last(open_store):
    store = open_store()
    store.put_states({}, now_ms=1)
    store.put_states({"door": {"state": "connecting"}, "hall": {"state": "live"}}, now_ms=1000)
    store.put_states({"door": {"state": "live"}}, now_ms=2000)

    assert open_store().states() == {
        "door": {"state": "live", "seen_ms": 2000},
        "hall": {"state": "live", "seen_ms": 1000},
    }


def test_what_is_older_than_its_retention_is_deleted(open_store):
    store = open_store()
    store.put_states({"door": {"state": "live"}, "hall": {"state": "live"}}, now_ms=DAY_MS)
    store.put_states({"door": {"state": "live"}}, now_ms=3 * DAY_MS)
    for camera in ("door", "hall"):
        for day in range(4):
            store.add(camera, 1, day * DAY_MS, [appearance()])

    store.sweep(2 * DAY_MS)

    assert list(store.slots("door", 0, 9 * DAY_MS)) == [2 * DAY_MS, 3 * DAY_MS]
    assert list(store.slots("hall", 0, 9 * DAY_MS)) == [2 * DAY_MS, 3 * DAY_MS]
    assert list(store.states()) == ["door"]


def test_they_are_where_the_results_are(redis_url, tmp_path):
    folder, paths = str(tmp_path), Paths.found()
    shared = open_figures(Settings(store=redis_url, data_dir=folder), paths)
    assert isinstance(shared, RedisFigures)
    shared.close()
    local = open_figures(Settings(data_dir=folder), paths)
    assert isinstance(local, SqliteFigures)
    local.close()


def test_without_redis_nothing_is_said_to_be_stored():
    with redis_server() as url:
        store = RedisFigures(Redis.from_url(url, socket_timeout=1))
        store.add("door", 1, 0, [appearance()])
    for call in (
        lambda: store.add("door", 1, 0, [appearance()]),
        lambda: store.slots("door", 0, 1),
        lambda: store.put_states({"door": {}}, 1),
        store.states,
        lambda: store.sweep(1),
        lambda: store.claim("door", 1),
    ):
        with pytest.raises(StorageUnavailable):
            call()
    store.close()
