"""The ledger of one machine: a SQLite file beside that of the kept results."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facetraits.errors import FacetraitsError, JobCancelled, JobsBusy, JobSuperseded
from facetraits.jobs.model import (
    Claim,
    JobError,
    JobRecord,
    JobState,
    Origin,
    Report,
    SavedPlace,
    key_of,
    new_attempt,
)
from facetraits.store.clock import SteadyClock
from facetraits.store.database import Database, Layout
from facetraits.store.records import TOMBSTONE_S, gone

_SCHEMA = """
    CREATE TABLE jobs (
        key TEXT PRIMARY KEY, kind TEXT NOT NULL, options TEXT NOT NULL,
        token_digest BLOB NOT NULL, created_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL,
        state TEXT NOT NULL, progress REAL NOT NULL DEFAULT 0, detail TEXT NOT NULL DEFAULT '{}',
        eta_s REAL, error TEXT, results TEXT NOT NULL DEFAULT '[]',
        place TEXT, sizes TEXT, attempt TEXT, attempts INTEGER NOT NULL DEFAULT 0
    );
    CREATE TABLE tombstones (key TEXT PRIMARY KEY, gone_ms INTEGER NOT NULL) WITHOUT ROWID;
"""
_STEPS = (
    _SCHEMA,
    """ALTER TABLE jobs ADD COLUMN origin TEXT NOT NULL DEFAULT '["", ""]';""",
)
LAYOUT = Layout("jobs.sqlite3", _STEPS, "job")
_MAX_BYTES = 100_000_000
_COLUMNS = (
    "kind, created_ms, expires_ms, token_digest, origin, state, progress, detail, eta_s, error,"
    " results"
)
# An interrupted job continues before others begin.
_NEXT = """
    SELECT key, kind, options, place, sizes, attempts, origin FROM jobs
    WHERE state IN ('running', 'queued') ORDER BY state = 'queued', created_ms LIMIT 1
"""


class SqliteLedger:
    """See `Ledger`. Only one process at a time may claim jobs.

    Args:
        folder: of the file; created if missing.
        queue_size: how many jobs can wait.
        ttl_s: for how long the results of a job are kept, in seconds.
        clock: decides which jobs have expired.

    Raises:
        BadSetting: if the folder or the file cannot be used.
    """

    def __init__(
        self, folder: Path, queue_size: int, ttl_s: float, clock: SteadyClock | None = None
    ) -> None:
        self._queue_size = queue_size
        self._ttl_ms = round(ttl_s * 1000)
        self._clock = clock or SteadyClock()
        self._database = Database(folder, _MAX_BYTES, LAYOUT)

    def add(self, record: JobRecord, options: dict[str, Any]) -> None:
        key = key_of(record.id)
        row = (record.kind, json.dumps(options), record.token_digest, record.origin.to_json())
        with self._database.write() as db:
            (waiting,) = db.execute("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").fetchone()
            if waiting >= self._queue_size:
                raise JobsBusy(f"{waiting} jobs are waiting; try again later")
            db.execute(
                "INSERT INTO jobs (key, kind, options, token_digest, origin, created_ms,"
                " expires_ms, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (key, *row, record.created_ms, record.expires_ms, record.state),
            )

    def get(self, job_id: str) -> JobRecord:
        key = key_of(job_id)
        with self._database.connection() as db:
            row = db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE key = ?", (key,)).fetchone()
            if row is None:
                raise _missing(db, key)
        record = _as_record(job_id, row)
        if not record.is_active and record.expires_ms <= self._clock.wall_ms():
            raise gone(was_there=True)
        return record

    def claim(self) -> Claim | None:
        """The next job to run, if any. A claimed job has another attempt's name from then on."""
        attempt = new_attempt()
        with self._database.write() as db:
            row = db.execute(_NEXT).fetchone()
            if row is None:
                return None
            key, kind, options, place, sizes, attempts, origin = row
            db.execute(
                "UPDATE jobs SET state = 'running', attempt = ?, attempts = attempts + 1"
                " WHERE key = ?",
                (attempt, key),
            )
        saved = SavedPlace(json.loads(place), json.loads(sizes)) if place is not None else None
        return Claim(
            key,
            kind,
            json.loads(options),
            attempt,
            attempts + 1,
            saved,
            origin=Origin.from_json(origin),
        )

    def release(self, claim: Claim) -> None:
        """Gives the job back without counting the attempt: the server is stopping."""
        self._change(claim, "state = 'queued', attempts = attempts - 1, attempt = NULL", ())

    def report(self, claim: Claim, report: Report) -> None:
        values = (report.progress, json.dumps(report.detail), report.eta_s)
        self._change(claim, "progress = ?, detail = ?, eta_s = ?", values)

    def save_place(self, claim: Claim, saved: SavedPlace) -> None:
        """After a crash, the job continues from here."""
        values = (json.dumps(saved.place), json.dumps(saved.sizes))
        self._change(claim, "place = ?, sizes = ?, attempts = 0", values)

    def beat(self, claim: Claim) -> None:
        with self._database.connection() as db:
            row = db.execute(
                "SELECT 1 FROM jobs WHERE key = ? AND attempt = ? AND state = 'running'",
                (claim.key, claim.attempt),
            ).fetchone()
            if row is None:
                raise _lost(db, claim)

    def finish(
        self,
        claim: Claim,
        state: JobState,
        *,
        error: JobError | None = None,
        results: tuple[str, ...] = (),
    ) -> None:
        error_json = json.dumps([error.code, error.title, error.detail]) if error else None
        self._change(
            claim,
            "state = ?, expires_ms = ?, error = ?, results = ?, eta_s = NULL, place = NULL,"
            " sizes = NULL, progress = CASE WHEN ? = 'done' THEN 1 ELSE progress END",
            (state, self._clock.now_ms() + self._ttl_ms, error_json, json.dumps(results), state),
        )

    def cancel(self, job_id: str) -> None:
        self.get(job_id)
        with self._database.write() as db:
            db.execute(
                "UPDATE jobs SET state = 'cancelled', eta_s = NULL, place = NULL, sizes = NULL,"
                " expires_ms = ? WHERE key = ? AND state IN ('queued', 'running')",
                (self._clock.now_ms() + self._ttl_ms, key_of(job_id)),
            )

    def remove(self, key: str) -> None:
        with self._database.write() as db:
            if db.execute("DELETE FROM jobs WHERE key = ?", (key,)).rowcount:
                row = (key, self._clock.now_ms())
                db.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", row)
        self._database.wipe()

    def expired(self) -> list[str]:
        """The keys of jobs whose time is over."""
        query = "SELECT key FROM jobs WHERE expires_ms <= ? AND state NOT IN ('running', 'queued')"
        return self._keys(query, self._clock.now_ms())

    def keys(self) -> list[str]:
        return self._keys("SELECT key FROM jobs WHERE created_ms > ?", 0)

    def forget_tombstones(self) -> None:
        """Removes those that are so old that their jobs count as unknown."""
        until_ms = self._clock.now_ms() - TOMBSTONE_S * 1000
        if self._keys("SELECT key FROM tombstones WHERE gone_ms <= ? LIMIT 1", until_ms):
            with self._database.write() as db:
                db.execute("DELETE FROM tombstones WHERE gone_ms <= ?", (until_ms,))

    def close(self) -> None:
        self._database.close()

    def _keys(self, query: str, value: int) -> list[str]:
        with self._database.connection() as db:
            return [key for (key,) in db.execute(query, (value,)).fetchall()]

    def _change(self, claim: Claim, changes: str, values: Sequence[object]) -> None:
        with self._database.write() as db:
            changed = db.execute(
                f"UPDATE jobs SET {changes} WHERE key = ? AND attempt = ? AND state = 'running'",
                (*values, claim.key, claim.attempt),
            ).rowcount
            if not changed:
                raise _lost(db, claim)


def _as_record(job_id: str, row: tuple[Any, ...]) -> JobRecord:
    kind, created_ms, expires_ms, token_digest, origin, *rest = row
    state, progress, detail, eta_s, error, names = rest
    return JobRecord(
        job_id,
        kind,
        created_ms,
        expires_ms,
        token_digest,
        Origin.from_json(origin),
        state=state,
        progress=progress,
        detail=json.loads(detail),
        eta_s=eta_s,
        error=JobError(*json.loads(error)) if error else None,
        results=tuple(json.loads(names)),
    )


def _lost(db: sqlite3.Connection, claim: Claim) -> FacetraitsError:
    """Why a claim is no longer valid."""
    row = db.execute("SELECT state FROM jobs WHERE key = ?", (claim.key,)).fetchone()
    if row is None or row[0] == "cancelled":
        return JobCancelled("the job was canceled")
    return JobSuperseded("another attempt has taken over")


def _missing(db: sqlite3.Connection, key: str) -> FacetraitsError:
    row = db.execute("SELECT 1 FROM tombstones WHERE key = ?", (key,)).fetchone()
    return gone(was_there=row is not None)
