"""All files in a folder, including those inside archives."""

from __future__ import annotations

import lzma
import re
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from facetraits.errors import BadData

ReadBytes = Callable[[], bytes]
Files = dict[str, ReadBytes]
"""Path, the data folder's own name first → a function that reads it. Sorted by path."""

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
_ARCHIVE = re.compile(r"\.(tar(\.(gz|xz|bz2))?|tgz|txz|tbz2|zip)$", re.IGNORECASE)
# Files that macOS adds to archives; they belong to no data set.
_NOT_DATA = re.compile(r"(^|/)(\._|\.DS_Store$|__MACOSX/|\.git/)")
_SHOWN = 8


def all_files(data_dir: Path) -> Files:
    """All files in data_dir and in the archives there.

    Raises:
        BadData: if data_dir is not a folder, or an archive is damaged.
    """
    if not data_dir.is_dir():
        raise BadData(f"--data {data_dir} is not a folder")
    entries = sorted(data_dir.iterdir())
    state = tuple((entry.name, entry.stat().st_mtime_ns) for entry in entries)
    return _all_files(data_dir.resolve(), state)


@lru_cache(maxsize=4)
def _all_files(data_dir: Path, state: tuple[tuple[str, int], ...]) -> Files:
    found: Files = {}
    for path in sorted(data_dir.rglob("*")):
        name = path.relative_to(data_dir.parent).as_posix()
        if _NOT_DATA.search(name) or not path.is_file():
            continue
        if _ARCHIVE.search(path.name):
            folder = PurePosixPath(name).parent
            members = _zip(path) if path.suffix.lower() == ".zip" else _tar(path)
            found |= {str(folder / member): read for member, read in members}
        else:
            found[name] = path.read_bytes
    return dict(sorted(found.items()))


def below(files: Files, *folders: str, suffixes: Iterable[str] = PICTURES) -> Files:
    """The files in folders with these names, ignoring case: relative path → reader."""
    wanted = {folder.lower() for folder in folders}
    endings = tuple(suffixes)
    found: Files = {}
    for path, read in files.items():
        parts = PurePosixPath(path).parts
        at = next((i for i, part in enumerate(parts[:-1]) if part.lower() in wanted), None)
        if at is not None and path.lower().endswith(endings):
            found["/".join(parts[at + 1 :])] = read
    return found


def find_files(data_dir: Path, folder: str, suffixes: Iterable[str] = PICTURES) -> Files:
    """All files of a data set with its own folder: relative path → reader."""
    return below(all_files(data_dir), folder, suffixes=suffixes)


def named(files: Files, *names: str) -> tuple[str, ReadBytes] | None:
    """The first file with one of these names, ignoring case, in order of the names."""
    for name in names:
        for path, read in files.items():
            if PurePosixPath(path).name.lower() == name.lower():
                return path, read
    return None


def seen_in(data_dir: Path) -> str:
    """The end of an error message: what the folder contains instead."""
    names = sorted(entry.name for entry in data_dir.iterdir())
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"; {data_dir} holds {', '.join(names[:_SHOWN]) + more if names else 'nothing'}"


class _Tar:
    """An open tar file, closed when the last reader of a member is gone. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self._archive = tarfile.open(path)  # noqa: SIM115
        self._lock = threading.Lock()  # all readers share one file position

    def members(self) -> list[tarfile.TarInfo]:
        return [member for member in self._archive if member.isfile()]

    def read(self, member: tarfile.TarInfo) -> bytes:
        with self._lock:
            file = self._archive.extractfile(member)
            assert file is not None  # only regular files are listed
            return file.read()

    def __del__(self) -> None:
        if hasattr(self, "_archive"):
            self._archive.close()


def _tar(path: Path) -> Iterator[tuple[str, ReadBytes]]:
    try:
        archive = _Tar(path)
        members = archive.members()
    # Besides tar's own errors: those of truncated or damaged compressed files.
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise BadData(f"{path} is not a readable tar file: {error}") from error
    for member in members:
        name = member.name.removeprefix("./")
        if not _NOT_DATA.search(name):
            yield name, partial(archive.read, member)


def _zip(path: Path) -> Iterator[tuple[str, ReadBytes]]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise BadData(f"{path} is not a readable zip file: {error}") from error
    for member in archive.infolist():
        if not member.is_dir() and not _NOT_DATA.search(member.filename):
            yield member.filename, partial(archive.read, member)
