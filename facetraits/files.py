"""Writing files as a whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_new(path: Path, data: bytes) -> None:
    """Writes all of a new file, or nothing. Raises FileExistsError, also for a broken link."""
    with path.open("xb") as file:
        try:
            file.write(data)
            file.flush()
        except OSError:
            path.unlink()
            raise
