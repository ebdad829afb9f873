"""The default store: one SQLite file, no server. docs/adr/0005 says why SQLite."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

from facetraits.errors import FacetraitsError, StorageFull, StorageUnavailable
from facetraits.store.clock import SteadyClock
from facetraits.store.database import FILE, Database
from facetraits.store.records import TOMBSTONE_S, KeptResult, check_token, digest, gone
from facetraits.store.reserve import Reserve

__all__ = ["FILE", "SqliteStore"]

log = logging.getLogger(__name__)

_SWEEP_EVERY_S = 10.0
# Expired results deleted per transaction; more would make the log too large.
_BATCH = 20
_TOMBSTONE_BATCH = 1_000
# A deletion writes as much as it deletes, and the log can be just as long.
_RESERVE_BYTES = 8_000_000
_COLUMNS = "created_ms, expires_ms, reading, picture, token_digest, faces_hidden"
_EXPIRED = "SELECT key FROM results WHERE expires_ms <= ? LIMIT ?"
_OLD_TOMBSTONES = "SELECT key FROM tombstones WHERE gone_ms <= ? LIMIT ?"


class SqliteStore:
    """Results in `FILE` in a folder; both are created if missing, private to this user.

    Args:
        folder: on a local disk, because SQLite's log is not safe on network drives.
        max_bytes: the maximum size of the file.
        tombstone_s: for how long 410 can be distinguished from 404.
        clock: decides which results have expired.

    Raises:
        BadSetting: if the folder or the file cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        max_bytes: int = 10**9,
        tombstone_s: float = TOMBSTONE_S,
        clock: SteadyClock | None = None,
    ) -> None:
        self._tombstone_ms = round(tombstone_s * 1000)
        self._clock = clock or SteadyClock()
        self._database = Database(folder, max_bytes)
        self._reserve = Reserve(folder, _RESERVE_BYTES)
        self._reserve.hold()
        self._closing = threading.Event()
        self._sweeper = threading.Thread(target=self._keep_sweeping, name="sweeper", daemon=True)
        self._sweeper.start()

    def put(self, result: KeptResult) -> None:
        row = (result.created_ms, result.expires_ms, result.reading, result.picture)
        with self._database.write() as db:
            db.execute(
                f"INSERT INTO results (key, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (digest(result.id), *row, result.token_digest, result.faces_hidden),
            )

    def get(self, result_id: str) -> KeptResult:
        key = digest(result_id)
        with self._database.connection() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM results WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise _missing(db, key)
        *values, faces_hidden = row
        result = replace(KeptResult(result_id, *values), faces_hidden=bool(faces_hidden))
        if result.expires_ms <= self._clock.wall_ms():
            if result.expires_ms <= self._clock.now_ms():
                with contextlib.suppress(StorageFull, StorageUnavailable):
                    self._forget(
                        [key]
                    )  # otherwise the sweeper deletes it; it is not returned in any case
            raise gone(was_there=True)
        return result

    def delete(self, result_id: str, token: str) -> None:
        result = self.get(result_id)
        check_token(token, result.token_digest)
        self._forget([digest(result_id)])

    def close(self) -> None:
        self._closing.set()
        self._sweeper.join()
        self._database.close()

    def sweep(self) -> None:
        """Removes expired results and old tombstones."""
        now_ms = self._clock.now_ms()
        while keys := self._keys(_EXPIRED, now_ms, _BATCH):
            self._forget(keys)
        while keys := self._keys(_OLD_TOMBSTONES, now_ms - self._tombstone_ms, _TOMBSTONE_BATCH):
            with self._database.write() as db:
                db.executemany("DELETE FROM tombstones WHERE key = ?", [(key,) for key in keys])
        while self._database.wipe() and not self._closing.is_set():
            pass

    def _keys(self, query: str, until_ms: int, most: int) -> list[bytes]:
        with self._database.connection() as db:
            return [key for (key,) in db.execute(query, (until_ms, most)).fetchall()]

    def _forget(self, keys: list[bytes]) -> None:
        """Leaves only tombstones; if the disk is full, uses the reserved space."""
        try:
            self._bury(keys)
        except StorageFull:
            self._reserve.release()
            for key in keys:
                self._bury([key])
                self._database.wipe()
        self._database.wipe()
        self._reserve.hold()

    def _bury(self, keys: list[bytes]) -> None:
        gone_ms = self._clock.now_ms()
        with self._database.write() as db:
            for key in keys:
                db.execute("DELETE FROM results WHERE key = ?", (key,))
                db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (key, gone_ms))

    def _keep_sweeping(self) -> None:
        while True:
            try:
                self.sweep()
            except FacetraitsError as error:
                log.warning("expired results could not be deleted: %s", error)
            if self._closing.wait(_SWEEP_EVERY_S):
                return


def _missing(db: sqlite3.Connection, key: bytes) -> FacetraitsError:
    row = db.execute("SELECT 1 FROM tombstones WHERE key = ?", (key,)).fetchone()
    return gone(was_there=row is not None)
