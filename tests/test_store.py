"""Both stores, by the same tests."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

from facetraits.errors import (
    BadSetting,
    Expired,
    FacetraitsError,
    Forbidden,
    NotFound,
    StorageFull,
    StorageUnavailable,
)
from facetraits.settings import Settings
from facetraits.store import Store, new_result, open_store
from facetraits.store.redis import RedisStore
from facetraits.store.sqlite import FILE, SqliteStore
from tests.stores import open_address, picture, redis_server, result, wait_until

ROOT = Path(__file__).resolve().parent.parent
# What is mounted in it nobody else sees, and it ends with the process.
IN_A_NAMESPACE = ["unshare", "--map-root-user", "--mount"]
CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run([*IN_A_NAMESPACE, "true"], capture_output=True).returncode == 0
)
OpenStore = Callable[..., Store]


@pytest.fixture(scope="module")
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


def raised(store: Store, result_id: str) -> type[FacetraitsError] | None:
    try:
        store.get(result_id)
    except FacetraitsError as error:
        return type(error)
    return None


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

    wait_until(lambda: kept.expired)

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


def start(verb: str, address: str, *numbers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.stores", verb, address, *map(str, numbers)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_thousand_writes_and_reads_from_four_processes_lose_nothing(address, opened):
    writers = [start("write", address, first, 250) for first in range(0, 1000, 250)]
    said = [writer.communicate(timeout=100)[0] for writer in writers]

    assert [writer.returncode for writer in writers] == [0] * 4
    kept = [line.split()[1:] for text in said for line in text.splitlines()]
    assert sorted(int(number) for _, number in kept) == list(range(1000))
    store = opened()
    for result_id, number in kept:
        found = store.get(result_id)
        assert found.picture == picture(int(number))
        assert found.reading == f'{{"number":{number}}}'


def killed_in_the_middle(address: str, first: int, after_s: float) -> tuple[set[str], set[str]]:
    """Kills a writer so long after it has begun its third write → ids begun, ids kept."""
    writer = start("pour", address, first)
    assert writer.stdout is not None
    lines = []
    for line in writer.stdout:
        lines.append(line)
        if sum(line.startswith("begun") for line in lines) == 3:
            break
    threading.Event().wait(after_s)
    writer.kill()
    lines += writer.communicate(timeout=20)[0].splitlines()
    pairs = [line.split()[:2] for line in lines]
    begun, kept = ({name for verb, name in pairs if verb == said} for said in ("begun", "kept"))
    assert writer.returncode == -9
    return begun, kept


def test_a_kill_in_the_middle_of_a_write_leaves_no_broken_result(address, opened):
    whole = {picture(number, 1_500_000) for number in range(100)}
    begun: set[str] = set()
    kept: set[str] = set()
    for kill in range(8):
        more_begun, more_kept = killed_in_the_middle(address, 10 * kill, after_s=kill * 0.0015)
        begun, kept = begun | more_begun, kept | more_kept

    store = opened()
    assert kept and {name for name in kept if raised(store, name)} == set()
    for name in begun - kept:
        assert raised(store, name) in (None, NotFound)
    for name in begun:
        if raised(store, name) is None:
            assert store.get(name).picture in whole
    fresh, _ = result()
    store.put(fresh)
    assert store.get(fresh.id) == fresh
    if isinstance(store, SqliteStore):
        with closing(sqlite3.connect(Path(address) / FILE)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    else:
        with Redis.from_url(address) as redis:
            assert all(redis.pttl(key) > 0 for key in redis.scan_iter())


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


class TestSqlite:
    """What only the file has to prove."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path / "data"

    @pytest.fixture
    def store(self, folder: Path) -> Iterator[SqliteStore]:
        store = SqliteStore(folder)
        yield store
        store.close()

    @staticmethod
    def bytes_of(folder: Path) -> bytes:
        return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))

    def test_it_is_for_the_servers_user_alone(self, store, folder):
        store.put(result()[0])

        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        assert set(modes) >= {FILE, f"{FILE}-wal", f"{FILE}-shm"}
        assert set(modes.values()) == {0o600}

    # Of the large one some pages stay in the file, for others to come.
    @pytest.mark.parametrize("bytes_", [20_000, 3_000_000])
    def test_what_is_deleted_is_gone_from_the_disk(self, store, folder, bytes_):
        kept, token = result(7, bytes_=bytes_)
        store.put(kept)
        pieces = [kept.picture[at : at + 64] for at in range(0, len(kept.picture) - 64, 1000)]
        assert pieces[0] in self.bytes_of(folder) and kept.reading.encode() in self.bytes_of(folder)

        store.delete(kept.id, token)

        left = self.bytes_of(folder)
        assert not any(piece in left for piece in pieces)
        assert kept.reading.encode() not in left

    @pytest.mark.parametrize("by", ["get", "sweep"])
    def test_what_has_expired_is_gone_from_the_disk(self, store, folder, by):
        kept, _ = result(7, ttl_s=0.1)
        store.put(kept)
        wait_until(lambda: kept.expired)

        raised(store, kept.id) if by == "get" else store.sweep()

        left = self.bytes_of(folder)
        assert kept.picture[5000:5064] not in left and kept.reading.encode() not in left
        assert raised(store, kept.id) is Expired

    def test_the_sweeper_needs_nobody_who_asks(self, folder):
        with closing(SqliteStore(folder)) as store:
            kept, _ = result(7)
            store.put(replace(kept, expires_ms=kept.created_ms))
        assert kept.picture[5000:5064] in self.bytes_of(folder)

        with closing(SqliteStore(folder)):
            wait_until(lambda: kept.picture[5000:5064] not in self.bytes_of(folder))

    def test_neither_ids_nor_tokens_are_kept(self, store, folder):
        kept, token = result()
        store.put(kept)

        left = self.bytes_of(folder)
        assert kept.id.encode() not in left and token.encode() not in left

    def test_the_file_becomes_small_again(self, store, folder):
        pairs = [result(number, bytes_=500_000) for number in range(4)]
        for kept, _ in pairs:
            store.put(kept)
        assert (folder / FILE).stat().st_size > 1_000_000

        for kept, token in pairs:
            store.delete(kept.id, token)

        assert (folder / FILE).stat().st_size < 100_000
        assert (folder / f"{FILE}-wal").stat().st_size == 0

    @pytest.mark.skipif(not CAN_MOUNT, reason="nothing may be mounted here")
    def test_a_disk_that_is_really_full_costs_only_the_keeping(self, tmp_path):
        command = [*IN_A_NAMESPACE, sys.executable, "-m", "tests.full_disk", str(tmp_path)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)

        assert ended.stdout.endswith("it went on\n"), ended.stderr

    def test_a_file_that_somebody_broke_is_a_problem_and_no_traceback(self, store, folder, caplog):
        kept, token = result()
        store.put(kept)
        with closing(sqlite3.connect(folder / FILE)) as db:
            db.execute("DROP TABLE results")

        for call in (
            lambda: store.get(kept.id),
            lambda: store.put(kept),
            lambda: store.delete(kept.id, token),
        ):
            with pytest.raises(StorageUnavailable):
                call()
        assert "no such table" in caplog.text

    def test_a_file_of_a_later_version_stops_the_start(self, store, folder):
        with closing(sqlite3.connect(folder / FILE)) as db:
            db.execute("PRAGMA user_version = 2")

        with pytest.raises(BadSetting, match=r"is of version 2, not 1"):
            SqliteStore(folder)

    def test_a_file_that_is_no_database_stops_the_start(self, folder):
        folder.mkdir()
        (folder / FILE).write_bytes(b"words" * 1000)

        with pytest.raises(BadSetting, match=r"FACETRAITS_DATA_DIR='.*' cannot be used: file is"):
            SqliteStore(folder)

    def test_a_folder_that_cannot_be_stops_the_start(self, tmp_path):
        (tmp_path / "file").write_text("")

        with pytest.raises(BadSetting, match=r"cannot be used: Not a directory"):
            SqliteStore(tmp_path / "file" / "data")


class TestRedis:
    def test_results_and_tombstones_expire_by_themselves(self, redis_url):
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

    def test_a_server_that_went_away_is_a_problem_and_no_traceback(self):
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

    def test_a_server_that_is_not_there_stops_the_start_without_its_password(self, tmp_path):
        with redis_server() as url:
            nobody = url.replace("redis://", "redis://me:secret@")
        with pytest.raises(BadSetting) as caught:
            open_store(Settings(store=nobody), tmp_path)

        said = str(caught.value)
        assert said.startswith("FACETRAITS_STORE='redis://***@127.0.0.1:")
        assert "secret" not in said and "\n" not in said


def test_the_settings_choose_the_store(tmp_path, redis_url):
    with closing(open_store(Settings(store=redis_url), tmp_path)) as store:
        assert isinstance(store, RedisStore)
    with closing(open_store(Settings(data_dir="kept"), tmp_path)) as store:
        assert isinstance(store, SqliteStore)
    assert (tmp_path / "kept" / FILE).exists()
