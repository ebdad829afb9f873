"""Disk space that is held in reserve, so that deleting works even if the disk is full.

To delete data, a database first has to write to its log.
"""

from __future__ import annotations

import os
from pathlib import Path

FILE = "reserve"
_CHUNK_BYTES = 1_000_000


class Reserve:
    """A placeholder file.

    Args:
        folder: the folder it is in.
        bytes_: how much space it reserves.
    """

    def __init__(self, folder: Path, bytes_: int) -> None:
        self._path = folder / FILE
        self._bytes = bytes_

    def hold(self) -> None:
        """Reserves the space if it is not reserved yet and there is enough."""
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
    # macOS and Windows: extending a file would only create a sparse one, so write zeros.
    for _ in range(0, bytes_, _CHUNK_BYTES):
        os.write(handle, bytes(_CHUNK_BYTES))
    os.fsync(handle)
