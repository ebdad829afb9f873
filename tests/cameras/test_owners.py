"""Servers that share cameras through a real Redis server, and die."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from facetraits.cameras.redis_lease import RedisLease
from facetraits.cameras.store import LostCamera, SqliteFigures
from facetraits.store.database import Database
from tests.cameras.sources import write_video
from tests.cameras.test_figures import appearance
from tests.store.clients import redis_server, wait_until

ROOT = Path(__file__).resolve().parents[2]
TAKEN_OVER_S = 10.0


@pytest.fixture(scope="module")
def redis_url():
    with redis_server() as url:
        yield url


@pytest.fixture
def redis(redis_url):
    with Redis.from_url(redis_url) as client:
        client.flushall()
        yield client


@pytest.fixture
def leases(redis, redis_url):
    """`leases(claim)` → one more server's leases, of one second each."""
    opened = []

    def open_lease(claim=lambda camera, token: None):
        opened.append(RedisLease(Redis.from_url(redis_url), claim, lease_s=2.0))
        return opened[-1]

    yield open_lease
    for lease in opened:
        lease.close()


def nothing():
    """Nobody needs to know that a lease is lost."""


def test_one_of_two_gets_a_camera_and_keeps_it(leases):
    first, second = leases(), leases()

    assert first.acquire("door", nothing)
    # Longer than a lease: it is renewed.
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert not second.acquire("door", nothing)
        time.sleep(0.2)
    assert first.holds("door") and not second.holds("door")


def test_a_camera_that_is_released_moves_at_once_with_a_higher_token(leases):
    first, second = leases(), leases()
    assert first.acquire("door", nothing)
    token = first.token("door")
    first.release("door")

    assert second.acquire("door", nothing)
    assert second.token("door") > token


def test_tokens_grow_even_if_redis_forgets_everything(leases, redis):
    first, second = leases(), leases()
    assert first.acquire("door", nothing)
    token = first.token("door")
    redis.flushall()

    assert second.acquire("door", nothing)
    assert second.token("door") > token


def test_who_lost_a_camera_is_told(leases, redis):
    first, lost = leases(), threading.Event()
    assert first.acquire("door", lost.set)
    redis.set("facetraits:camera:door", "somebody else")

    assert lost.wait(10)
    assert not first.holds("door")


def test_without_redis_a_lease_ends_before_others_could_begin():
    lost = threading.Event()
    with redis_server() as url:
        lease = RedisLease(
            Redis.from_url(url, socket_timeout=1), lambda camera, token: None, lease_s=3.0
        )
        assert lease.acquire("door", lost.set)
    assert lost.wait(10)
    assert not lease.holds("door") and not lease.acquire("door", nothing)
    lease.close()


def test_a_former_owner_writes_nothing_into_its_successors_figures(leases, tmp_path):
    figures = SqliteFigures(Database(tmp_path, 10**8))
    first, second = leases(figures.claim), leases(figures.claim)
    assert first.acquire("door", nothing)
    token = first.token("door")
    figures.add("door", token, 0, [appearance()])
    first.release("door")
    assert second.acquire("door", nothing)

    with pytest.raises(LostCamera):
        figures.add("door", token, 0, [appearance()])
    figures.add("door", second.token("door"), 0, [appearance()])
    assert figures.slots("door", 0, 1)[0].appearances == 2
    figures.close()


class Owner:
    """A process; `said` has the (camera, state) that it reported."""

    def __init__(self, name: str, *given: str) -> None:
        self.said: list[tuple[str, str]] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        command = [sys.executable, "-m", "tests.cameras.owner", name, *given]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            _, camera, state, _ = line.split()
            self.said.append((camera, state))

    def state(self, camera: str) -> str:
        return next((state for name, state in reversed(self.said) if name == camera), "")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@contextmanager
def owner(*given: str):
    one = Owner(*given)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.kill()


def test_a_dead_owners_camera_moves_within_ten_seconds(redis, redis_url, tmp_path):
    write_video(tmp_path / "door.mp4", 25)
    file = tmp_path / "cameras.toml"
    file.write_text('[cameras.door]\nsource = "door.mp4"\nloop = true\nappearance_s = 0.5\n')
    given = (redis_url, str(tmp_path / "data"), str(file))

    with owner("first", *given) as first:
        wait_until(lambda: first.state("door") == "live", 40)
        with owner("second", *given) as second:
            wait_until(lambda: second.state("door") == "elsewhere", 40)
            first.kill()
            died_s = time.monotonic()
            wait_until(lambda: second.state("door") == "live", 40)
            moved_s = time.monotonic() - died_s

    # What this promises is a time, so here it is judged.
    assert moved_s < TAKEN_OVER_S
