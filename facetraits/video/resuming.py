"""The folder of one video's results, which can be continued after an interruption.

A hidden file in it says which video it is of, what was requested, and where to continue. The
results of another video, or of other options, are replaced; files that are not ours are left alone.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec

from facetraits.video.painting import GROWING, PAINTERS
from facetraits.video.results import RESULT_FILES
from facetraits.video.wanted import Wanted

_NOTES = ".facetraits.json"
_OURS = frozenset((*RESULT_FILES, *PAINTERS, *(f"{name}{GROWING}" for name in PAINTERS)))


class _Notes(msgspec.Struct):
    """What the hidden file says.

    Attributes:
        source: the video's name, size in bytes, and time of its last change.
        wanted: what was requested, and of which networks.
        place: where to go on; None at the beginning.
        sizes: the bytes of each file at that place.
        done: whether everything was read.
    """

    source: list[str | int]
    wanted: dict[str, Any]
    place: dict[str, Any] | None = None
    sizes: dict[str, int] = {}
    done: bool = False


class ResultFolder:
    """Opens the folder for one run, and creates it if needed.

    Args:
        path: the folder.
        source: the video file.
        wanted: what to read.
        nets: the networks to use.
    """

    def __init__(self, path: Path, source: Path, wanted: Wanted, nets: str) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        known = source.stat()
        fresh = _Notes(
            [source.name, known.st_size, known.st_mtime_ns], {**asdict(wanted), "nets": nets}
        )
        self._notes = self._read() or fresh
        if (self._notes.source, self._notes.wanted) != (fresh.source, fresh.wanted):
            self._notes = fresh
        if not self.done:
            self._restore()

    @property
    def done(self) -> bool:
        """Whether the results are complete already."""
        return self._notes.done

    @property
    def place(self) -> dict[str, Any] | None:
        """Where to go on; None for the beginning."""
        return self._notes.place

    def save_place(self, place: dict[str, Any]) -> None:
        """Notes where to go on; what is in the files now is kept."""
        self._notes.place = place
        self._notes.sizes = {p.name: p.stat().st_size for p in self.path.iterdir() if _is_ours(p)}
        self._write()

    def finish(self) -> None:
        """Notes that the results are complete."""
        self._notes.place, self._notes.sizes, self._notes.done = None, {}, True
        self._write()

    def _restore(self) -> None:
        """Makes the files what they were at the saved place."""
        for path in filter(_is_ours, list(self.path.iterdir())):
            if path.name in self._notes.sizes:
                os.truncate(path, self._notes.sizes[path.name])
            else:
                path.unlink()
        self._write()

    def _read(self) -> _Notes | None:
        try:
            return msgspec.json.decode((self.path / _NOTES).read_bytes(), type=_Notes)
        except (OSError, msgspec.DecodeError):
            return None

    def _write(self) -> None:
        # In one step: an interruption must not leave half a file.
        new = self.path / f"{_NOTES}.new"
        new.write_bytes(msgspec.json.encode(self._notes))
        new.replace(self.path / _NOTES)


def _is_ours(path: Path) -> bool:
    return path.name in _OURS
