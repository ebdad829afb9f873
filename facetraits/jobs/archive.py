"""A ZIP archive of photos from a stranger: its photos one after the other, in bounded memory.

Nothing is extracted to the disk, so names can be anything: they only label the readings. Sizes
that the archive declares are believed only where they are too large.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from facetraits.errors import (
    BadArchive,
    BadImage,
    BadRequest,
    FacetraitsError,
    TooLarge,
    UnsupportedType,
)
from facetraits.vision.formats import sniff

MAX_PHOTOS = 10_000
# Of the list of entries, which is read into memory: about a kilobyte for each.
_MAX_LIST_BYTES = 16_000_000
# Where `zipfile` has them in the record at the end of an archive.
_ENTRIES, _LIST_BYTES = 4, 5
_ENCRYPTED = 0x1
# Of bzip2 and LZMA, `zipfile` unpacks all that it has read at once, which can be gigabytes.
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_LONGEST_NAME = 255
# What macOS and Windows add to archives; a picture with such a name is a photo all the same.
_SYSTEM_FILES = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})
_SYSTEM_FOLDER = "__MACOSX"
# More than `sniff` looks at.
_HEAD_BYTES = 512
_ZIP_MAGIC = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class ArchivedPhoto:
    """One file of an archive.

    Attributes:
        name: as in the archive; it may be any text.
        content: returns its bytes. Raises BadImage, UnsupportedType or TooLarge.
    """

    name: str
    content: Callable[[], bytes]


class PhotoArchive:
    """An open archive. Safe to use from several threads.

    Attributes:
        skipped: how many files were left out: what macOS and Windows add to archives.

    Args:
        path: of the file.
        max_bytes: the limit for one photo.

    Raises:
        BadArchive: if it is not a ZIP archive, is damaged, or has no files.
        BadRequest: if it has more than MAX_PHOTOS files.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        _check_list(path)
        self._max_bytes = max_bytes
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise BadArchive(f"the ZIP archive is damaged: {error}") from error
        try:
            files = [entry for entry in self._zip.infolist() if not entry.is_dir()]
            self._entries = [entry for entry in files if not self._is_system_file(entry)]
            self.skipped = len(files) - len(self._entries)
            if not self._entries:
                raise BadArchive("the ZIP archive has no files")
            if len(self._entries) > MAX_PHOTOS:
                raise too_many(len(self._entries))
        except FacetraitsError:
            self.close()
            raise

    def __len__(self) -> int:
        return len(self._entries)

    def photos(self, first: int = 0) -> Iterator[ArchivedPhoto]:
        """The files in their order, from number ``first`` on, counted from 0."""
        for entry in self._entries[first:]:
            yield ArchivedPhoto(entry.filename, partial(self._content, entry))

    def close(self) -> None:
        self._zip.close()

    def _is_system_file(self, entry: zipfile.ZipInfo) -> bool:
        path = PurePosixPath(entry.filename)
        if path.name not in _SYSTEM_FILES and _SYSTEM_FOLDER not in path.parts:
            return False
        try:
            return sniff(self._read(entry, _HEAD_BYTES)) is None
        except FacetraitsError:
            return False  # it is shown with its problem

    def _content(self, entry: zipfile.ZipInfo) -> bytes:
        if entry.file_size > self._max_bytes:
            raise self._too_large(entry.file_size)
        # One byte more than allowed reveals a file that is larger than it says.
        data = self._read(entry, self._max_bytes + 1)
        if len(data) > self._max_bytes:
            raise self._too_large(len(data))
        if data.startswith(_ZIP_MAGIC):
            raise UnsupportedType("archives inside an archive are not opened")
        return data

    def _read(self, entry: zipfile.ZipInfo, most_bytes: int) -> bytes:
        """Its first bytes. Raises BadImage or UnsupportedType."""
        if entry.flag_bits & _ENCRYPTED:
            raise UnsupportedType("the file is encrypted")
        if entry.compress_type not in _COMPRESSIONS:
            raise UnsupportedType("the file is compressed in an unsupported way")
        try:
            with self._zip.open(entry) as file:
                return file.read(most_bytes)
        except NotImplementedError:  # a newer version of the format, or a patch
            raise UnsupportedType("the file is packed in an unsupported way") from None
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as e:
            raise BadImage(f"the file is damaged in the archive: {e}") from e

    def _too_large(self, bytes_: int) -> TooLarge:
        return TooLarge(f"the file has {bytes_:,} bytes; the limit is {self._max_bytes:,}")


def too_many(photos: int) -> BadRequest:
    """The error for a batch with too many photos."""
    return BadRequest(f"the batch has {photos:,} photos; the limit is {MAX_PHOTOS:,}")


def numbered(name: str, number: int) -> str:
    """A unique name in an archive for a photo of a list; see `without_number`."""
    # A null character would end the name, and a slash at the end would make it a folder's.
    safe = name[:_LONGEST_NAME].replace("\0", "_").rstrip("/")
    return f"{number}/{safe or 'photo'}"


def without_number(name: str) -> str:
    """The name that the photo has."""
    return name.partition("/")[2]


def _check_list(path: Path) -> None:
    """Checks the size of the list of entries before `zipfile` reads it into memory.

    Raises:
        BadArchive: if there is no such list.
        BadRequest, TooLarge: if it is too long.
    """
    entries, bytes_ = _list_size(path)
    # Folders and system files are in the list, too; their exact number is checked later.
    if entries > 2 * MAX_PHOTOS:
        raise too_many(entries)
    if bytes_ > _MAX_LIST_BYTES:
        raise TooLarge(f"the archive's list of files has {bytes_:,} bytes; that is too long")


def _list_size(path: Path) -> tuple[int, int]:
    """The number of entries that the end of a ZIP archive declares, and their bytes."""
    with path.open("rb") as file:
        # Private, but only what `ZipFile` itself believes is worth checking: an archive can have
        # several ends, and another way to find one would be a way around the check.
        end: Any = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end is None:
        raise BadArchive("the file is not a ZIP archive, or its end is missing")
    return end[_ENTRIES], end[_LIST_BYTES]
