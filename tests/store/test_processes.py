"""Several processes at one store, and a kill in the middle."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

from redis import Redis

from facetraits.errors import NotFound
from facetraits.store.sqlite import FILE, SqliteStore
from tests.store.clients import picture, raised, result

ROOT = Path(__file__).resolve().parents[2]


def start(verb: str, address: str, *numbers: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.clients", verb, address, *map(str, numbers)]
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
