"""The files of jobs on a local disk, and how much space they may take."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from facetraits.errors import NotFound, StorageFull, TooLarge
from facetraits.jobs.attempt import Workplace
from facetraits.jobs.model import new_attempt

_INPUT = "input"
_OUT = "out"
_INCOMING = "incoming"
# An upload that did not grow for so long was given up.
_LONGEST_PAUSE_S = 600.0
# Others arrive at the same time, so the space is looked at again after so many bytes.
_LOOK_EVERY_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class ResultFile:
    """An open result file; the caller closes the stream. The stream can seek."""

    stream: BinaryIO
    size: int


class Upload(AbstractContextManager["Upload"]):
    """A file that is arriving. At the end of its block, it is deleted unless a job took it.

    Args:
        path: where it is written.
        max_bytes: the limit for one upload.
        space_bytes: returns how much space is left beside all files, with this one.
    """

    def __init__(self, path: Path, max_bytes: int, space_bytes: Callable[[], int]) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._look = space_bytes
        self._space_bytes = space_bytes()
        self._written = self._looked_at = 0
        self._file = os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def expect(self, bytes_: int) -> None:
        """Raises TooLarge or StorageFull if that many bytes in all will not fit."""
        if bytes_ > self._max_bytes:
            raise TooLarge(f"the upload has {bytes_:,} bytes; the limit is {self._max_bytes:,}")
        if bytes_ > self._space_bytes:
            raise StorageFull("the files of other jobs take up the space; try again later")

    def write(self, data: bytes) -> int:
        """Raises TooLarge if the file gets larger than the limit, or StorageFull."""
        if self._written - self._looked_at >= _LOOK_EVERY_BYTES:
            self._looked_at = self._written
            self._space_bytes = self._written + self._look()
        self._written += len(data)
        self.expect(self._written)
        try:
            return self._file.write(data)
        except OSError as error:
            raise StorageFull(f"the file cannot be written: {error.strerror}") from error

    def tell(self) -> int:
        return self._written

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        """All of it has arrived."""
        try:
            self._file.close()
        except OSError as error:
            raise StorageFull(f"the file cannot be written: {error.strerror}") from error

    def discard(self) -> None:
        """Deletes the file unless a job took it."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def __exit__(self, *error: object) -> None:
        self.discard()


class JobFolder:
    """A folder for each job, and one for uploads. Private to this user.

    Args:
        root: the folder of these folders; created if missing.
        max_bytes: how much all files together may take.
        max_upload_bytes: the limit for one upload.
    """

    def __init__(self, root: Path, max_bytes: int, max_upload_bytes: int) -> None:
        self._root = root
        self._max_bytes = max_bytes
        self._max_upload_bytes = max_upload_bytes
        (root / _INCOMING).mkdir(mode=0o700, parents=True, exist_ok=True)

    def new_upload(self) -> Upload:
        path = self._root / _INCOMING / new_attempt()
        return Upload(path, self._max_upload_bytes, lambda: self._max_bytes - self._used_bytes())

    def check_space(self) -> None:
        """Raises StorageFull if the files take more space than allowed."""
        used = self._used_bytes()
        if used > self._max_bytes:
            raise StorageFull(f"the files of all jobs take {used:,} bytes; more is not allowed")

    def put(self, key: str, upload: Upload) -> None:
        """Moves an upload to the folder of a new job."""
        folder = self._root / key
        folder.mkdir(mode=0o700)
        upload.path.rename(folder / _INPUT)

    def workplace(self, key: str) -> Workplace:
        return Workplace(self._root / key / _INPUT, self._root / key / _OUT)

    def open_result(self, key: str, name: str) -> ResultFile:
        """Raises NotFound."""
        try:
            stream = (self._root / key / _OUT / name).open("rb")
        except OSError:
            raise NotFound(f"the job has no result {name!r}") from None
        return ResultFile(stream, os.fstat(stream.fileno()).st_size)

    def drop_input(self, key: str) -> None:
        """Leaves only the results."""
        (self._root / key / _INPUT).unlink(missing_ok=True)

    def remove(self, key: str) -> None:
        shutil.rmtree(self._root / key, ignore_errors=True)

    def keys(self) -> list[str]:
        return [path.name for path in self._root.iterdir() if path.name != _INCOMING]

    def age_s(self, key: str) -> float:
        """The seconds since the job's folder last changed."""
        try:
            return time.time() - (self._root / key).stat().st_mtime
        except OSError:
            return 0.0

    def drop_old_uploads(self) -> None:
        """Removes what a killed server left behind."""
        for path in (self._root / _INCOMING).iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _LONGEST_PAUSE_S:
                    path.unlink()

    def _used_bytes(self) -> int:
        total = 0
        for folder, _, names in os.walk(self._root):
            for name in names:
                try:
                    total += os.stat(os.path.join(folder, name)).st_size
                except OSError:
                    continue  # deleted in the meantime
        return total
