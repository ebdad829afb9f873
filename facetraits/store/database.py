"""The SQLite file: creation, migration, sharing, and detection of its removal.

SQLite's write-ahead log makes each write atomic, even if the process is killed in the
middle, and lets several processes share the file. Deleted data is overwritten
(`secure_delete`) and the log is truncated, so that it is gone from the disk, too.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from facetraits.errors import BadSetting, StorageFull, StorageUnavailable

if sys.platform != "win32":
    import fcntl

log = logging.getLogger(__name__)

FILE = "results.sqlite3"
# The longest that a writer waits for its turn: hundreds may be ahead of it.
_TURN_S = 15.0
# Log pages before it is copied into the file: until then, they take disk space twice.
_LOG_PAGES = 256
_CUT_S = 1.0
_IDLE_CONNECTIONS = 4
_PAGE_BYTES = 4096
_SCHEMA = """
    CREATE TABLE results (
        key BLOB PRIMARY KEY, token_digest BLOB NOT NULL, created_ms INTEGER NOT NULL,
        expires_ms INTEGER NOT NULL, reading TEXT NOT NULL, picture BLOB
    );
    CREATE INDEX results_by_expiry ON results (expires_ms);
    CREATE TABLE tombstones (key BLOB PRIMARY KEY, gone_ms INTEGER NOT NULL) WITHOUT ROWID;
"""
_STEPS = (
    _SCHEMA,
    # Without it, the sweeper would read all tombstones of the last 30 days every 10 seconds.
    "CREATE INDEX tombstones_by_age ON tombstones (gone_ms);",
    # The cameras' figures (docs/adr/0012): sums for each slot of five minutes, no row for a person.
    """
    CREATE TABLE camera_figures (
        camera TEXT NOT NULL, slot_ms INTEGER NOT NULL, sums TEXT NOT NULL,
        PRIMARY KEY (camera, slot_ms)
    ) WITHOUT ROWID;
    CREATE INDEX camera_figures_by_age ON camera_figures (slot_ms);
    CREATE TABLE camera_owners (camera TEXT PRIMARY KEY, token INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE camera_states (
        camera TEXT PRIMARY KEY, state TEXT NOT NULL, seen_ms INTEGER NOT NULL
    ) WITHOUT ROWID;
    """,
    "ALTER TABLE results ADD COLUMN faces_hidden INTEGER NOT NULL DEFAULT 0;",
)
_Identity = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """A database file.

    Attributes:
        file: its name.
        steps: the migrations from each version to the next; a new file goes through all of them.
        holds: what it holds, for messages.
    """

    file: str
    steps: tuple[str, ...]
    holds: str


RESULTS = Layout(FILE, _STEPS, "result")


class Database:
    """Connections to a file in a folder; both are created if missing, private to this user.

    Safe to use from several threads and processes.

    Args:
        folder: on a local disk, because SQLite's log is not safe on network drives.
        max_bytes: the maximum size of the file.
        layout: which file it is.

    Raises:
        BadSetting: if the folder or the file cannot be used.
    """

    def __init__(self, folder: Path, max_bytes: int, layout: Layout = RESULTS) -> None:
        self._folder = folder
        self._layout = layout
        self._path = folder / layout.file
        self._max_pages = max(1, max_bytes // _PAGE_BYTES)
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        try:
            self._identity = self._prepare()
        except (OSError, sqlite3.Error) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise BadSetting(f"FACETRAITS_DATA_DIR={str(folder)!r} cannot be used: {why}") from None

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for db in idle:
            db.close()

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """A connection for this thread, for as long as the block runs.

        Translates SQLite's errors in the block into StorageFull and StorageUnavailable.
        """
        with self._lent() as (db, _):
            yield db

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """A transaction: committed at the end of the block, or rolled back on failure."""
        with self._turn(), self._lent() as (db, identity):
            # Immediate, because a lock that is taken later can fail without waiting.
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                _undo(db)
                raise
            if _identity_of(self._path) != identity:
                raise StorageUnavailable(
                    f"the {self._layout.holds} database was just removed; try again"
                )

    @contextmanager
    def _lent(self) -> Iterator[tuple[sqlite3.Connection, _Identity]]:
        with _translated():
            identity = self._current()
            with self._lock:
                db = self._idle.pop() if self._idle and identity == self._identity else None
            db = db or self._connect()
            try:
                yield db, identity
            finally:
                self._give_back(db, identity)

    def wipe(self) -> bool:
        """Truncates the log, which still contains deleted data, and releases free pages.

        Returns:
            whether there are more free pages.
        """
        with self._turn(), self.connection() as db:
            _cut_log(db)
            try:
                # As a script, because execute() would run only one step and release one page.
                db.executescript(f"PRAGMA incremental_vacuum({_LOG_PAGES})")
            except sqlite3.OperationalError:
                return False  # the disk is full; the pages are reused in any case
            _cut_log(db)
            (free,) = db.execute("PRAGMA freelist_count").fetchone()
        return bool(free)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One writer in this process at a time: SQLite's own waiting is not fair."""
        if not self._writing.acquire(timeout=_TURN_S):
            raise StorageUnavailable(
                f"too many {self._layout.holds}s are being stored; try again in a moment"
            )
        try:
            yield
        finally:
            self._writing.release()

    def _current(self) -> _Identity:
        """Checks that the file is still there; if it was removed or replaced, uses the new one.

        A file that is deleted while it is open accepts writes silently and is lost when the
        process ends.
        """
        found = _identity_of(self._path)
        if found == self._identity:
            return found
        with self._lock:
            found = _identity_of(self._path)
            if found != self._identity:
                log.error(
                    "%s was %s while in use; the %ss in it are lost",
                    self._path,
                    "replaced" if found else "removed",
                    self._layout.holds,
                )
                idle, self._idle = self._idle, []
                for db in idle:
                    db.close()
                try:
                    self._identity = self._prepare()
                except OSError as error:
                    log.error("%s cannot be recreated: %s", self._path, error)
                    raise StorageUnavailable("try again in a moment") from error
            return self._identity

    def _give_back(self, db: sqlite3.Connection, identity: _Identity) -> None:
        with self._lock:
            room = len(self._idle) < _IDLE_CONNECTIONS and identity == self._identity
            if room and not (db.in_transaction or self._closed):
                self._idle.append(db)
                return
        db.close()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(
            self._path, timeout=_TURN_S, isolation_level=None, check_same_thread=False
        )
        for pragma in (
            "secure_delete = ON",
            # An acknowledged result must survive a power failure, too.
            "synchronous = FULL",
            f"wal_autocheckpoint = {_LOG_PAGES}",
            f"max_page_count = {self._max_pages}",
        ):
            db.execute(f"PRAGMA {pragma}")
        return db

    def _prepare(self) -> _Identity:
        folder = self._folder
        if folder.exists() and not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone(folder):
            if not self._path.exists():
                # They belong to a removed file, and other threads may still use them.
                for rest in ("-wal", "-shm"):
                    self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
                # SQLite gives its log and index the mode of the file. Only for a new file,
                # because closing a file drops all locks that this process has on it.
                os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with contextlib.closing(self._connect()) as db:
                _bring_up_to_date(db, self._layout)
            identity = _identity_of(self._path)
        if identity is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        return identity


def _bring_up_to_date(db: sqlite3.Connection, layout: Layout) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    latest = len(layout.steps)
    if not 0 <= version <= latest:
        raise sqlite3.DatabaseError(f"{layout.file} is of version {version}, not {latest}")
    if version == 0:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL").fetchall()
    for number, step in enumerate(layout.steps[version:], version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")


def _identity_of(path: Path) -> _Identity | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _undo(db: sqlite3.Connection) -> None:
    """Rolls back, which a full disk may have done already, and releases the log's space."""
    if db.in_transaction:
        db.execute("ROLLBACK")
    with contextlib.suppress(sqlite3.Error):
        _cut_log(db)


def _cut_log(db: sqlite3.Connection) -> None:
    """Copies the log into the file and empties it; if it is in use, the sweeper does it later."""
    end_s = time.monotonic() + _CUT_S
    # Someone may read for minutes (a backup, for example), which must not block writers.
    db.execute(f"PRAGMA busy_timeout = {_CUT_S * 1000:.0f}")
    try:
        while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > end_s:
                return
            # Another process is truncating it; SQLite does not wait in this case.
            time.sleep(0.02)
    finally:
        db.execute(f"PRAGMA busy_timeout = {_TURN_S * 1000:.0f}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time, because two must not create the file at the same time.

    Windows cannot lock a folder, so there, start a second server only after the first.
    """
    if sys.platform == "win32":
        yield
    else:
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
        # The low byte is the kind of error; the rest gives details.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
            raise StorageFull("the storage for kept results is full") from error
        log.exception("the result store failed")
        raise StorageUnavailable("try again in a moment") from error
