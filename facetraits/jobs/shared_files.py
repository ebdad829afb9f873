"""The files of jobs where all machines can reach them: a shared folder, or S3 and the like.

fsspec knows how. Objects are written once and never changed: the name of an attempt is part of
the path, so an attempt that was superseded cannot overwrite anything. Some of its file systems, as
that of S3, keep listings, which know nothing of other machines: `invalidate_cache` drops them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fsspec

from facetraits.errors import BadSetting, NotFound, StorageFull, StorageUnavailable
from facetraits.jobs.files import ResultFile
from facetraits.jobs.model import Claim, Part

log = logging.getLogger(__name__)

_CHUNK_BYTES = 4_000_000


class SharedFiles:
    """A folder for each job, at an address.

    Args:
        url: a folder, or an address like s3://bucket/folder.
        max_bytes: how much all files together may take.

    Raises:
        BadSetting: if fsspec does not know the address, or a package for it is missing.
    """

    def __init__(self, url: str, max_bytes: int) -> None:
        try:
            self._fs, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise BadSetting(f"FACETRAITS_JOBS_FILES={url!r} cannot be used: {error}") from None
        self._max_bytes = max_bytes

    def put_input(self, key: str, upload: Path) -> None:
        """Raises StorageFull or StorageUnavailable."""
        with _translated():
            self._fs.makedirs(self._root, exist_ok=True)
            if self._used_bytes() + upload.stat().st_size > self._max_bytes:
                raise StorageFull("the files of other jobs take up the space; try again later")
            self._fs.makedirs(self._path(key), exist_ok=True)
            self._fs.put_file(str(upload), self._path(key, "input"))

    def get_input(self, key: str, to: Path, beat: Callable[[], None]) -> None:
        """Copies the input here."""
        with to.open("wb") as file:
            self._append(self._path(key, "input"), file, beat)

    def restore(self, claim: Claim, out: Path, beat: Callable[[], None]) -> None:
        """Makes a folder what it was when the place was saved."""
        out.mkdir(mode=0o700)
        for part in claim.parts:
            with (out / part.name).open("ab") as file:
                self._append(part.path, file, beat)

    def put_part(self, claim: Claim, source: Path, begin: int, end: int, number: int) -> Part:
        """Saves the bytes from begin to end of a result file."""
        folder = self._path(claim.key, "parts", claim.attempt)
        path = f"{folder}/{number}-{source.name}"
        with _translated(), source.open("rb") as file:
            self._fs.makedirs(folder, exist_ok=True)
            file.seek(begin)
            with self._fs.open(path, "wb") as target:
                left = end - begin
                while left and (chunk := file.read(min(left, _CHUNK_BYTES))):
                    target.write(chunk)
                    left -= len(chunk)
        return Part(source.name, path)

    def put_result(self, claim: Claim, source: Path) -> None:
        folder = self._path(claim.key, "results", claim.attempt)
        with _translated():
            self._fs.makedirs(folder, exist_ok=True)
            self._fs.put_file(str(source), f"{folder}/{source.name}")

    def open_result(self, key: str, attempt: str, name: str) -> ResultFile:
        """Raises NotFound or StorageUnavailable."""
        path = self._path(key, "results", attempt, name)
        with _translated():
            self._fs.invalidate_cache()
            try:
                stream: Any = self._fs.open(path, "rb")
                return ResultFile(stream, int(self._fs.size(path)))
            except FileNotFoundError:
                raise NotFound(f"the job has no result {name!r}") from None

    def drop_work(self, key: str) -> None:
        """Leaves only the results."""
        self._remove(self._path(key, "input"))
        self._remove(self._path(key, "parts"))

    def remove(self, key: str) -> None:
        self._remove(self._path(key))

    def _append(self, path: str, file: Any, beat: Callable[[], None]) -> None:
        with _translated(), self._fs.open(path, "rb") as source:
            while chunk := source.read(_CHUNK_BYTES):
                file.write(chunk)
                beat()

    def _used_bytes(self) -> int:
        # Not `du`, which asks again for each file that it has found: some are deleted by then.
        self._fs.invalidate_cache()
        found = self._fs.find(self._root, detail=True)
        return sum(file["size"] or 0 for file in found.values())

    def _remove(self, path: str) -> None:
        try:
            self._fs.invalidate_cache()
            self._fs.rm(path, recursive=True)
        except FileNotFoundError:
            return
        except Exception as error:  # each kind of storage has its own errors
            log.warning("files of a job could not be deleted: %s", error)

    def _path(self, *names: str) -> str:
        return "/".join((self._root, *names))


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (StorageFull, NotFound):
        raise
    except Exception as error:  # each kind of storage has its own errors
        log.error("the files of jobs are unavailable: %r", error)
        raise StorageUnavailable("the files of jobs do not respond; try again later") from error
