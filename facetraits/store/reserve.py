"""Room on the disk that is held back, so that deleting works where the disk is full.

A database that forgets writes first: what it will no longer have, into its log.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "reserve"
_CHUNK_BYTES = 1_000_000


class Reserve:
    """A file of nothing.

    Args:
        folder: where it lies.
        bytes_: how much it holds back.
    """

    def __init__(self, folder: Path, bytes_: int) -> None:
        self._path = folder / FILE
        self._bytes = bytes_

    def hold(self) -> None:
        """Takes the room, unless it is taken; where there is none, some other time."""
        try:
            handle = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except OSError:
            return
        try:
            _allocate(handle, self._bytes)
        except OSError:
            self.release()
        finally:
            os.close(handle)

    def release(self) -> None:
        self._path.unlink(missing_ok=True)


def _allocate(handle: int, bytes_: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, bytes_)
        return
    # macOS and Windows: what is written is there; a file that is only made longer has holes.
    for _ in range(0, bytes_, _CHUNK_BYTES):
        os.write(handle, bytes(_CHUNK_BYTES))
    os.fsync(handle)
