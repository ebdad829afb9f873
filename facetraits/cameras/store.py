"""Where the cameras' figures, owners, and states are stored: the store's SQLite file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from facetraits.cameras.appearances import Appearance
from facetraits.cameras.figures import SLOT_MS, Sums, sums_of
from facetraits.errors import FacetraitsError
from facetraits.store.database import Database


class LostCamera(FacetraitsError):
    """Figures from a process that no longer owns the camera; they are not stored."""

    code = "lost_camera"
    title = "Another server reads this camera now"


class FigureStore(Protocol):
    """Stores the figures. Calls block. Safe from several threads and processes.

    All methods except `close` raise StorageUnavailable if the storage does not respond.
    """

    def claim(self, camera: str, token: int) -> None:
        """From now on, refuses figures with a lower token. Raises LostCamera for a lower one."""
        ...

    def add(self, camera: str, token: int, slot_ms: int, appearances: Sequence[Appearance]) -> None:
        """Adds to a slot. Raises LostCamera if somebody has claimed it with a higher token."""
        ...

    def slots(self, camera: str, start_ms: int, end_ms: int) -> dict[int, Sums]:
        """The slots of a camera that begin in a span of time."""
        ...

    def put_states(self, states: Mapping[str, Mapping[str, Any]], now_ms: int) -> None:
        """Replaces what is known about these cameras."""
        ...

    def states(self) -> dict[str, dict[str, Any]]:
        """Camera → the state that was put last, with `seen_ms`."""
        ...

    def sweep(self, before_ms: int) -> None:
        """Deletes the figures of slots that begin before a time."""
        ...

    def close(self) -> None: ...


class SqliteFigures:
    """In the store's file; several processes of one machine can share it.

    Args:
        database: not closed by this.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, camera: str, token: int) -> None:
        with self._database.write() as db:
            _check_token(db, camera, token)

    def add(self, camera: str, token: int, slot_ms: int, appearances: Sequence[Appearance]) -> None:
        with self._database.write() as db:
            # In the same transaction: a process that was asleep meanwhile must not write.
            _check_token(db, camera, token)
            sums = sums_of(appearances)
            row = db.execute(
                "SELECT sums FROM camera_figures WHERE camera = ? AND slot_ms = ?",
                (camera, slot_ms),
            ).fetchone()
            if row is not None:
                sums.merge(Sums.from_json(row[0]))
            db.execute(
                "INSERT OR REPLACE INTO camera_figures (camera, slot_ms, sums) VALUES (?, ?, ?)",
                (camera, slot_ms, sums.to_json()),
            )

    def slots(self, camera: str, start_ms: int, end_ms: int) -> dict[int, Sums]:
        with self._database.connection() as db:
            rows = db.execute(
                "SELECT slot_ms, sums FROM camera_figures "
                "WHERE camera = ? AND slot_ms >= ? AND slot_ms < ?",
                (camera, start_ms // SLOT_MS * SLOT_MS, end_ms),
            ).fetchall()
        return {slot_ms: Sums.from_json(text) for slot_ms, text in rows}

    def put_states(self, states: Mapping[str, Mapping[str, Any]], now_ms: int) -> None:
        rows = [(name, json.dumps(state), now_ms) for name, state in states.items()]
        with self._database.write() as db:
            db.executemany(
                "INSERT OR REPLACE INTO camera_states (camera, state, seen_ms) VALUES (?, ?, ?)",
                rows,
            )

    def states(self) -> dict[str, dict[str, Any]]:
        with self._database.connection() as db:
            rows = db.execute("SELECT camera, state, seen_ms FROM camera_states").fetchall()
        return {name: json.loads(text) | {"seen_ms": seen_ms} for name, text, seen_ms in rows}

    def sweep(self, before_ms: int) -> None:
        with self._database.write() as db:
            db.execute("DELETE FROM camera_figures WHERE slot_ms < ?", (before_ms,))
            db.execute("DELETE FROM camera_states WHERE seen_ms < ?", (before_ms,))

    def close(self) -> None:
        self._database.close()


def _check_token(db: sqlite3.Connection, camera: str, token: int) -> None:
    row = db.execute("SELECT token FROM camera_owners WHERE camera = ?", (camera,)).fetchone()
    newest = row[0] if row is not None else -1
    check_newest(camera, token, newest)
    if token > newest:
        db.execute("INSERT OR REPLACE INTO camera_owners VALUES (?, ?)", (camera, token))


def check_newest(camera: str, token: int, newest: int) -> None:
    """Raises LostCamera if a camera was claimed with a higher token than this one."""
    if token < newest:
        raise LostCamera(f"camera {camera} was claimed with token {newest}; this is {token}")
