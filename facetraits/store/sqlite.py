"""The default store: one SQLite file, no server.

SQLite's write-ahead log makes each write whole or nothing, also where the process is
killed in the middle, and lets several processes share the file. What is deleted is
overwritten (`secure_delete`) and the log cut, so that it is gone from the disk, too.
docs/adr/0005 says why SQLite.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facetraits.errors import BadSetting, FacetraitsError, StorageFull, StorageUnavailable
from facetraits.store.records import TOMBSTONE_S, KeptResult, check_token, digest, gone, now_ms
from facetraits.store.reserve import Reserve

log = logging.getLogger(__name__)

FILE = "results.sqlite3"
# A writer waits its turn for so long: hundreds may be before it.
_TURN_S = 15.0
_SWEEP_EVERY_S = 10.0
# So many expired results in one transaction; more would swell the log.
_BATCH = 20
# The log is copied into the file after so many pages: it takes room on the disk twice.
_LOG_PAGES = 256
# A deletion writes as much as it deletes, and the log may be as long once more.
_RESERVE_BYTES = 8_000_000
_CUT_S = 1.0
_IDLE_CONNECTIONS = 4
_PAGE_BYTES = 4096
_VERSION = 1
_SCHEMA = f"""
    CREATE TABLE results (
        key BLOB PRIMARY KEY, token_digest BLOB NOT NULL, created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL, reading TEXT NOT NULL, picture BLOB
    );
    CREATE INDEX results_by_expiry ON results (expires_ms);
    CREATE TABLE tombstones (key BLOB PRIMARY KEY, gone_ms INTEGER NOT NULL) WITHOUT ROWID;
    PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "created_ms, expires_ms, reading, picture, token_digest"


class SqliteStore:
    """Results in `FILE` of a folder; both are made, for this user alone, where they are missing.

    Args:
        folder: on a local disk: the log of a network drive's file is not safe.
        max_bytes: so large the file may get.
        tombstone_s: for how long it can be told that a result was there.

    Raises:
        BadSetting: where the folder or the file cannot be used.
    """

    def __init__(
        self, folder: Path, max_bytes: int = 10**9, tombstone_s: float = TOMBSTONE_S
    ) -> None:
        self._path = folder / FILE
        self._max_pages = max(1, max_bytes // _PAGE_BYTES)
        self._tombstone_ms = round(tombstone_s * 1000)
        self._reserve = Reserve(folder, _RESERVE_BYTES)
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closing = threading.Event()
        try:
            self._prepare(folder)
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise BadSetting(f"FACETRAITS_DATA_DIR={str(folder)!r} cannot be used: {why}") from None
        self._sweeper = threading.Thread(target=self._keep_sweeping, name="sweeper", daemon=True)
        self._sweeper.start()

    def put(self, result: KeptResult) -> None:
        row = (result.created_ms, result.expires_ms, result.reading, result.picture)
        with self._write() as db:
            db.execute(
                f"INSERT INTO results (key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)",
                (digest(result.id), *row, result.token_digest),
            )

    def get(self, result_id: str) -> KeptResult:
        key = digest(result_id)
        with self._connection() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM results WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise self._missing(db, key)
        result = KeptResult(result_id, *row)
        if result.expired:
            with contextlib.suppress(StorageFull, StorageUnavailable):
                self._forget([key])  # or the sweeper does; it is not given out in any case
            raise gone(was_there=True)
        return result

    def delete(self, result_id: str, token: str) -> None:
        result = self.get(result_id)
        check_token(token, result.token_digest)
        self._forget([digest(result_id)])

    def close(self) -> None:
        self._closing.set()
        self._sweeper.join()
        with self._lock:
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    def sweep(self) -> None:
        """Removes what has expired, and tombstones that have stood long enough."""
        while keys := self._expired_keys():
            self._forget(keys)
        with self._write() as db:
            old_ms = now_ms() - self._tombstone_ms
            db.execute("DELETE FROM tombstones WHERE gone_ms <= ?", (old_ms,))
        while self._wipe() and not self._closing.is_set():
            pass

    def _expired_keys(self) -> list[bytes]:
        with self._connection() as db:
            rows = db.execute(
                "SELECT key FROM results WHERE expires_ms <= ? LIMIT ?", (now_ms(), _BATCH)
            ).fetchall()
        return [key for (key,) in rows]

    def _forget(self, keys: list[bytes]) -> None:
        """Leaves tombstones only; where the disk is full, in the room held back for it."""
        try:
            self._bury(keys)
        except StorageFull:
            self._reserve.release()
            for key in keys:
                self._bury([key])
                self._wipe()
        self._wipe()
        self._reserve.hold()

    def _bury(self, keys: list[bytes]) -> None:
        with self._write() as db:
            for key in keys:
                db.execute("DELETE FROM results WHERE key = ?", (key,))
                db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (key, now_ms()))

    def _wipe(self) -> bool:
        """Cuts the log, which still has what was deleted, and gives free pages back.

        Returns:
            whether there are more of them.
        """
        with self._turn(), self._connection() as db:
            _cut_log(db)
            try:
                # As a script: execute() would go one step of it, and give one page back.
                db.executescript(f"PRAGMA incremental_vacuum({_LOG_PAGES})")
            except sqlite3.OperationalError:
                return False  # a full disk; the pages are used again in any case
            _cut_log(db)
            (free,) = db.execute("PRAGMA freelist_count").fetchone()
        return bool(free)

    @staticmethod
    def _missing(db: sqlite3.Connection, key: bytes) -> FacetraitsError:
        row = db.execute("SELECT 1 FROM tombstones WHERE key = ?", (key,)).fetchone()
        return gone(was_there=row is not None)

    def _keep_sweeping(self) -> None:
        while True:
            try:
                self.sweep()
            except FacetraitsError as error:
                log.warning("kept results could not be swept: %s", error)
            if self._closing.wait(_SWEEP_EVERY_S):
                return

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the block's end, undone where the block or it fails."""
        with self._turn(), self._connection() as db:
            # At once: a lock that is taken later can be refused without a wait.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                _undo(db)
                raise

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer of this process at a time: SQLite's own waiting knows no order."""
        if not self._writing.acquire(timeout=_TURN_S):
            raise StorageUnavailable("too many results are being kept; try again in a moment")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread alone, for as long as the block runs."""
        with _translated():
            with self._lock:
                db = self._idle.pop() if self._idle else None
            db = db or self._connect()
            try:
                yield db
            finally:
                self._give_back(db)

    def _give_back(self, db: sqlite3.Connection) -> None:
        with self._lock:
            room = len(self._idle) < _IDLE_CONNECTIONS
            if room and not (db.in_transaction or self._closing.is_set()):
                self._idle.append(db)
                return
        db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, timeout=_TURN_S, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "secure_delete = ON",
            # A result that was promised outlives a power cut, too.
            "synchronous = FULL",
            f"wal_autocheckpoint = {_LOG_PAGES}",
            f"max_page_count = {self._max_pages}",
        ):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _prepare(self, folder: Path) -> None:
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # SQLite gives its log and its index the file's own mode.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        with contextlib.closing(self._connect()) as db, _alone(folder):
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, _VERSION):
                raise sqlite3.DatabaseError(f"{FILE} is of version {version}, not {_VERSION}")
            if version == 0:
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                db.execute("PRAGMA journal_mode = WAL").fetchall()
                db.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        self._reserve.hold()


def _undo(db: sqlite3.Connection) -> None:
    """Rolls back; a full disk may have done so already. What the log took is given back."""
    if db.in_transaction:
        db.execute("ROLLBACK")
    with contextlib.suppress(sqlite3.Error):
        _cut_log(db)


def _cut_log(db: sqlite3.Connection) -> None:
    """Copies the log into the file and makes it empty; where others hinder it, the sweeper does."""
    end_s = time.monotonic() + _CUT_S
    # Somebody may read for minutes, a backup say: that must not hold writers up.
    db.execute(f"PRAGMA busy_timeout = {_CUT_S * 1000:.0f}")
    try:
        while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > end_s:
                return
            # Another process cuts it, too: the one thing that SQLite does not wait for.
            time.sleep(0.02)
    finally:
        db.execute(f"PRAGMA busy_timeout = {_TURN_S * 1000:.0f}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time: two that make the file at once would trip over each other."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the kind; the rest tells the place.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise StorageFull("the room for kept results is used up") from error
        log.exception("the store of kept results failed")
        raise StorageUnavailable("try again in a moment") from error
