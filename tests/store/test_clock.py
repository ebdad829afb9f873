"""Clocks that jump, and what is deleted by them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from facetraits.errors import Expired
from facetraits.store.clock import SteadyClock
from facetraits.store.records import now_ms
from facetraits.store.sqlite import FILE, SqliteStore
from tests.store.clients import raised, result

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class Hands:
    """A wall clock that a test sets, and the time that really goes by."""

    def __init__(self) -> None:
        self.wall = now_ms()
        self.elapsed = 5_000

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.elapsed)

    def wait(self, milliseconds: int) -> None:
        self.wall += milliseconds
        self.elapsed += milliseconds


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def store(hands: Hands, tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path, clock=hands.clock())) as store:
        yield store


def rows(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return int(db.execute("SELECT count(*) FROM results").fetchone()[0])


def test_it_goes_with_the_wall_clock(hands):
    clock = hands.clock()
    for step in (0, 10_000, 59_000, DAY_MS):
        hands.wait(step)
        assert clock.now_ms() == hands.wall
    hands.wall += 59_000  # set by hand, or by a time server
    assert clock.now_ms() == hands.wall
    hands.wall -= 2 * DAY_MS
    assert clock.now_ms() == hands.wall


def test_a_leap_is_believed_when_it_has_lasted(hands, caplog):
    clock = hands.clock()
    before = hands.wall
    hands.wall += DAY_MS

    assert clock.now_ms() == before
    hands.wait(599_000)
    assert clock.now_ms() == before + 599_000
    hands.wait(1_000)
    assert clock.now_ms() == hands.wall == before + DAY_MS + 600_000
    assert caplog.text.count("the clock jumped ahead by 86400 s") == 1


def test_a_leap_that_leaps_again_begins_anew_and_one_taken_back_is_forgotten(hands):
    clock = hands.clock()
    before = hands.wall
    hands.wall += DAY_MS
    clock.now_ms()
    hands.wait(500_000)
    hands.wall += DAY_MS
    assert clock.now_ms() == before + 500_000
    hands.wait(500_000)
    assert clock.now_ms() == before + 1_000_000
    hands.wall -= 2 * DAY_MS
    assert clock.now_ms() == hands.wall == before + 1_000_000
    hands.wall += DAY_MS
    hands.wait(500_000)
    assert clock.now_ms() == before + 1_500_000


def test_a_clock_that_leaps_by_a_lifetime_deletes_nothing(store, hands, tmp_path):
    kept = [result(number, ttl_s=86_400)[0] for number in range(5)]
    for one in kept:
        store.put(one)

    hands.wall += DAY_MS + HOUR_MS
    for _ in range(20):
        hands.wait(10_000)
        store.sweep()
    # By the clock they are over, and are not shown; somebody who asks deletes nothing either.
    assert {raised(store, one.id) for one in kept} == {Expired}
    assert rows(tmp_path) == 5

    hands.wall -= DAY_MS + HOUR_MS
    store.sweep()
    assert [store.get(one.id) for one in kept] == kept


def test_when_the_leap_has_lasted_what_has_expired_is_deleted(store, hands, tmp_path):
    store.put(result(ttl_s=86_400)[0])
    hands.wall += DAY_MS + HOUR_MS
    for _ in range(61):
        store.sweep()
        hands.wait(10_000)
    store.sweep()

    assert rows(tmp_path) == 0


def test_a_tombstone_outlives_a_leap_too(store, hands):
    kept, token = result()
    store.put(kept)
    store.delete(kept.id, token)

    hands.wall += 31 * DAY_MS
    store.sweep()

    assert raised(store, kept.id) is Expired


def test_a_result_that_is_deleted_on_request_goes_whatever_the_clock_says(store, hands, tmp_path):
    kept, token = result(ttl_s=10 * 86_400)
    store.put(kept)
    hands.wall += DAY_MS

    store.delete(kept.id, token)

    assert rows(tmp_path) == 0
