"""What a folder's readings have come to: files that grow, and a database of what is done.

Every file that was read is recorded together with the lengths that the result files have
by then. A run that was interrupted, even in the middle of a line, continues at exactly
these lengths.
"""

from __future__ import annotations

import io
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from facetraits.errors import BadImage, BadSetting, FacetraitsError, NotWritten
from facetraits.reading.model import Reading
from facetraits.reading.reports import as_csv

STATE, JSON_LINES, CSV, ERRORS = "state.sqlite3", "readings.jsonl", "faces.csv", "errors.jsonl"
_BOM = "\ufeff"
_SCHEMA = """
    CREATE TABLE IF NOT EXISTS done (
        name BLOB PRIMARY KEY, size INTEGER NOT NULL, changed_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS failed (
        name BLOB PRIMARY KEY, code TEXT NOT NULL, detail TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class FolderState:
    """The results in a folder: `readings.jsonl`, `faces.csv`, and `state.sqlite3`.

    Args:
        folder: which is created if it is missing.
        options: what the readings depend on; they must be the same when it continues.

    Raises:
        BadSetting: if another run uses the folder, or it has readings with other options.
        NotWritten: if the system refuses, also by the methods.
    """

    def __init__(self, folder: Path, options: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        for name in (JSON_LINES, CSV):
            if (folder / name).exists() and not (folder / STATE).exists():
                raise BadSetting(
                    f"{folder / name} is not from an earlier run; choose another --out"
                )
        self._db = _open(folder / STATE)
        try:
            with self._writing():
                self._check(options)
                self._lines = self._continued(JSON_LINES)
                self._rows = self._continued(CSV)
                if self._rows.tell() == 0:
                    # Excel takes a CSV without this mark for a file in the local code page.
                    self._rows.write((_BOM + as_csv([])).encode())
        except BaseException:
            self._db.close()
            raise

    def is_done(self, path: Path, name: str) -> bool:
        """Whether a file was read, and has not changed since."""
        try:
            found = path.stat()
        except OSError:
            return False  # whoever reads it finds out why
        query = "SELECT 1 FROM done WHERE name = ? AND size = ? AND changed_ns = ?"
        key = (os.fsencode(name), found.st_size, found.st_mtime_ns)
        return self._db.execute(query, key).fetchone() is not None

    def add(self, path: Path, name: str, reading: Reading) -> None:
        """Writes a reading, and records that the file is done. Raises BadImage if it is gone."""
        try:
            found = path.stat()
        except OSError as error:
            raise BadImage(f"the file cannot be opened: {error.strerror}") from error
        key = os.fsencode(name)
        with self._writing():
            self._append(name, reading)
            with self._db:
                self._db.execute(
                    "INSERT OR REPLACE INTO done VALUES (?, ?, ?)",
                    (key, found.st_size, found.st_mtime_ns),
                )
                self._db.execute("DELETE FROM failed WHERE name = ?", (key,))
                for file, end in ((JSON_LINES, self._lines.tell()), (CSV, self._rows.tell())):
                    self._set(file, end)

    def add_error(self, name: str, error: FacetraitsError) -> None:
        """Records why a file has no reading; the next run tries it again."""
        with self._writing(), self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO failed VALUES (?, ?, ?)",
                (os.fsencode(name), error.code, str(error)),
            )

    def forget_errors(self) -> None:
        """Before a run, which finds them again."""
        with self._writing(), self._db:
            self._db.execute("DELETE FROM failed")

    def errors(self) -> Iterator[tuple[str, str]]:
        """(name, reason) of the files without a reading, by name."""
        for name, _, detail in self._db.execute("SELECT * FROM failed ORDER BY name"):
            yield os.fsdecode(name), detail

    def error_count(self) -> int:
        """How many files have no reading."""
        (count,) = self._db.execute("SELECT count(*) FROM failed").fetchone()
        return int(count)

    def close(self) -> None:
        """Writes `errors.jsonl`, and leaves the folder to other runs."""
        try:
            with self._writing(), (self._folder / ERRORS).open("w", encoding="utf-8") as file:
                for name, code, detail in self._db.execute("SELECT * FROM failed ORDER BY name"):
                    line = {"file": os.fsdecode(name), "code": code, "detail": detail}
                    file.write(json.dumps(line) + "\n")
        finally:
            for results in (self._lines, self._rows):
                with suppress(OSError):  # what is left of a line that did not fit
                    results.close()
            self._db.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise NotWritten(
                f"{self._folder}: {reason}; run it again to continue where it stopped"
            ) from error

    def _check(self, options: str) -> None:
        with self._db:
            self._db.executescript(_SCHEMA)
            (before,) = self._get("options") or (options,)
            if before != options:
                raise BadSetting(f"{self._folder} has readings with {before}, not {options}")
            self._set("options", options)

    def _append(self, name: str, reading: Reading) -> None:
        self._lines.write((json.dumps({"file": name, **reading.to_dict()}) + "\n").encode())
        rows = as_csv([(name, reading)]).partition("\r\n")[2]
        self._rows.write(rows.encode(errors="backslashreplace"))
        self._lines.flush()
        self._rows.flush()

    def _continued(self, name: str) -> IO[bytes]:
        end = int((self._get(name) or (0,))[0])
        path = self._folder / name
        length = path.stat().st_size if path.exists() else 0
        if length < end:
            raise BadSetting(f"{path} is shorter than when it was written; choose another --out")
        file = path.open("r+b" if path.exists() else "w+b")
        file.truncate(end)
        file.seek(0, io.SEEK_END)
        return file

    def _get(self, name: str) -> tuple[int | str] | None:
        found: tuple[int | str] | None = self._db.execute(
            "SELECT value FROM facts WHERE name = ?", (name,)
        ).fetchone()
        return found

    def _set(self, name: str, value: int | str) -> None:
        self._db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=0, check_same_thread=False)
    try:
        # Held until the end, so that two runs never write to one folder.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("BEGIN EXCLUSIVE")
        db.commit()
    except sqlite3.Error as error:
        db.close()
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise BadSetting(f"{path} is in use by another run") from error
        raise NotWritten(f"{path}: {error}") from error
    return db
