"""Files of earlier versions, and files that somebody takes away."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from facetraits.errors import Expired, NotFound, StorageUnavailable
from facetraits.store.database import Database
from facetraits.store.records import digest, now_ms
from facetraits.store.reserve import FILE as RESERVE
from facetraits.store.reserve import Reserve
from facetraits.store.sqlite import FILE, SqliteStore
from tests.store.clients import raised, result

ROOT = Path(__file__).resolve().parents[2]
TOMBSTONES = 50_000
FIRST_VERSION = """
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    CREATE TABLE results (
        key BLOB PRIMARY KEY, token_digest BLOB NOT NULL, created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL, reading TEXT NOT NULL, picture BLOB
    );
    CREATE INDEX results_by_expiry ON results (expires_ms);
    CREATE TABLE tombstones (key BLOB PRIMARY KEY, gone_ms INTEGER NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = 1;
"""


def plan(folder: Path, query: str) -> str:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return " ".join(row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}"))


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path):
    kept, _ = result()
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        db.executescript(FIRST_VERSION)
        row = (digest(kept.id), kept.token_digest, kept.created_ms, kept.expires_ms)
        insert = "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)"
        db.execute(insert, (*row, kept.reading, kept.picture))
        old = ((digest(f"old{n}"), n) for n in range(TOMBSTONES))
        db.executemany("INSERT INTO tombstones VALUES (?, ?)", old)
        db.execute("INSERT INTO tombstones VALUES (?, ?)", (digest("young"), now_ms()))

    with closing(SqliteStore(tmp_path)) as store:
        assert store.get(kept.id) == kept
        store.sweep()
        # Of thousands that are over none stays, and the others do.
        assert raised(store, "old7") is NotFound
        assert raised(store, "young") is Expired
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (4,)
        assert db.execute("SELECT count(*) FROM tombstones").fetchone() == (1,)
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with closing(SqliteStore(tmp_path)) as store:
        assert store.get(kept.id) == kept


@pytest.mark.parametrize("table", ["results", "tombstones"])
def test_what_is_over_is_found_by_an_index(tmp_path, table):
    SqliteStore(tmp_path).close()

    column = "expires_ms" if table == "results" else "gone_ms"
    found = plan(tmp_path, f"SELECT key FROM {table} WHERE {column} <= 7 LIMIT 20")
    assert "USING" in found and "INDEX" in found and "SCAN" not in found


@pytest.mark.parametrize("gone", ["file", "all files", "folder"])
def test_a_file_that_is_removed_is_noticed_and_made_again(tmp_path, caplog, gone):
    folder = tmp_path / "data"
    with closing(SqliteStore(folder)) as store:
        lost, token = result(1)
        store.put(lost)
        if gone == "folder":
            shutil.rmtree(folder)
        for path in folder.glob("*" if gone == "all files" else FILE):
            path.unlink()

        assert raised(store, lost.id) is NotFound
        assert f"{FILE} was removed while in use" in caplog.text
        with pytest.raises(NotFound):
            store.delete(lost.id, token)
        kept, _ = result(2)
        store.put(kept)
        assert store.get(kept.id) == kept
        assert (folder / FILE).stat().st_mode & 0o777 == 0o600
    # What was promised is there after a restart, which is the point.
    with closing(SqliteStore(folder)) as store:
        assert store.get(kept.id) == kept
    with closing(sqlite3.connect(folder / FILE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert caplog.text.count("while in use") == 1


def test_a_file_that_is_removed_within_a_write_is_no_promise(tmp_path):
    database = Database(tmp_path, 10**9)

    with pytest.raises(StorageUnavailable, match="try again"), database.write() as db:
        db.execute("INSERT INTO tombstones VALUES (?, ?)", (b"key", 1))
        (tmp_path / FILE).unlink()
    with database.connection() as db:
        assert db.execute("SELECT count(*) FROM tombstones").fetchone() == (0,)
    database.close()


def test_another_process_goes_over_to_the_new_file_too(tmp_path):
    with closing(SqliteStore(tmp_path)) as one, closing(SqliteStore(tmp_path)) as other:
        before, _ = result(1)
        one.put(before)
        assert other.get(before.id) == before
        os.unlink(tmp_path / FILE)

        kept, _ = result(2)
        one.put(kept)
        assert other.get(kept.id) == kept
        command = [sys.executable, "-m", "tests.store.clients", "write", str(tmp_path), "10", "20"]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert ended.returncode == 0, ended.stderr
        for line in ended.stdout.splitlines():
            name = line.split()[1]
            assert one.get(name) == other.get(name)


def test_the_reserve_is_held_where_nothing_allocates(tmp_path, monkeypatch):
    # macOS and Windows have no such call.
    monkeypatch.delattr(os, "posix_fallocate")
    reserve = Reserve(tmp_path, 3_500_000)

    reserve.hold()

    assert (tmp_path / RESERVE).stat().st_blocks * 512 >= 3_500_000
    reserve.release()
    assert not (tmp_path / RESERVE).exists()
