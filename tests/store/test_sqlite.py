"""What only the file has to prove."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from facetraits.errors import BadSetting, Expired, StorageUnavailable
from facetraits.store.records import now_ms
from facetraits.store.sqlite import FILE, SqliteStore
from tests.store.clients import raised, result, wait_until

ROOT = Path(__file__).resolve().parents[2]
# What is mounted in it nobody else sees, and it ends with the process.
IN_A_NAMESPACE = ["unshare", "--map-root-user", "--mount"]
CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run([*IN_A_NAMESPACE, "true"], capture_output=True).returncode == 0
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(folder)
    yield store
    store.close()


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


def test_it_is_for_the_servers_user_alone(store, folder):
    store.put(result()[0])

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert set(modes) >= {FILE, f"{FILE}-wal", f"{FILE}-shm"}
    assert set(modes.values()) == {0o600}


# Of the large one some pages stay in the file, for others to come.
@pytest.mark.parametrize("bytes_", [20_000, 3_000_000])
def test_what_is_deleted_is_gone_from_the_disk(store, folder, bytes_):
    kept, token = result(7, bytes_=bytes_)
    store.put(kept)
    pieces = [kept.picture[at : at + 64] for at in range(0, bytes_ - 64, bytes_ // 40)]
    assert pieces[0] in bytes_of(folder) and kept.reading.encode() in bytes_of(folder)

    store.delete(kept.id, token)

    left = bytes_of(folder)
    assert not any(piece in left for piece in pieces)
    assert kept.reading.encode() not in left


def test_somebody_who_reads_on_and_on_holds_nobody_up(store, folder):
    kept, token = result(7)
    store.put(kept)
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM results").fetchall()
        began = time.monotonic()
        store.delete(kept.id, token)
        other, _ = result(8)
        store.put(other)
        assert time.monotonic() - began < 10

    store.sweep()
    assert kept.picture[5000:5064] not in bytes_of(folder)
    assert store.get(other.id) == other


@pytest.mark.parametrize("by", ["get", "sweep"])
def test_what_has_expired_is_gone_from_the_disk(store, folder, by):
    kept, _ = result(7, ttl_s=0.1)
    store.put(kept)
    wait_until(lambda: kept.expires_ms <= now_ms())

    raised(store, kept.id) if by == "get" else store.sweep()

    left = bytes_of(folder)
    assert kept.picture[5000:5064] not in left and kept.reading.encode() not in left
    assert raised(store, kept.id) is Expired


def test_the_sweeper_needs_nobody_who_asks(folder):
    with closing(SqliteStore(folder)) as store:
        kept, _ = result(7)
        store.put(kept)
    with closing(sqlite3.connect(folder / FILE)) as db, db:
        db.execute("UPDATE results SET expires_ms = created_ms")
    assert kept.picture[5000:5064] in bytes_of(folder)

    with closing(SqliteStore(folder)):
        wait_until(lambda: kept.picture[5000:5064] not in bytes_of(folder))


def test_neither_ids_nor_tokens_are_kept(store, folder):
    kept, token = result()
    store.put(kept)

    left = bytes_of(folder)
    assert kept.id.encode() not in left and token.encode() not in left


def test_the_file_becomes_small_again(store, folder):
    pairs = [result(number, bytes_=500_000) for number in range(4)]
    for kept, _ in pairs:
        store.put(kept)
    assert (folder / FILE).stat().st_size > 1_000_000

    for kept, token in pairs:
        store.delete(kept.id, token)

    assert (folder / FILE).stat().st_size < 100_000
    assert (folder / f"{FILE}-wal").stat().st_size == 0


@pytest.mark.skipif(not CAN_MOUNT, reason="nothing may be mounted here")
def test_a_disk_that_is_really_full_costs_only_the_keeping(tmp_path):
    command = [*IN_A_NAMESPACE, sys.executable, "-m", "tests.store.full_disk", str(tmp_path)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)

    assert ended.stdout.endswith("it went on\n"), ended.stderr


def test_a_file_that_somebody_broke_is_a_problem_and_no_traceback(store, folder, caplog):
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


def test_a_file_of_a_later_version_stops_the_start(store, folder):
    with closing(sqlite3.connect(folder / FILE)) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(BadSetting, match="is of version 99, not 4"):
        SqliteStore(folder)


def test_a_file_that_is_no_database_stops_the_start(folder):
    folder.mkdir()
    (folder / FILE).write_bytes(b"words" * 1000)

    with pytest.raises(BadSetting, match=r"FACETRAITS_DATA_DIR='.*' cannot be used: file is"):
        SqliteStore(folder)


def test_a_folder_that_cannot_be_stops_the_start(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(BadSetting, match=r"cannot be used: Not a directory"):
        SqliteStore(tmp_path / "file" / "data")
