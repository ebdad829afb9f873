"""Both stores, for the same tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from facetraits.store import Store
from tests.store.clients import OpenStore, open_address, redis_server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with redis_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "redis"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return str(tmp_path / "data")
    url: str = request.getfixturevalue("redis_url")
    with Redis.from_url(url) as redis:
        redis.config_set("maxmemory", 0)
        redis.flushall()
    return url


@pytest.fixture
def opened(address: str) -> Iterator[OpenStore]:
    """`opened(**options)` → one more store at the same place."""
    stores: list[Store] = []

    def open_it(**options: float) -> Store:
        stores.append(open_address(address, **options))
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def store(opened: OpenStore) -> Store:
    return opened()
