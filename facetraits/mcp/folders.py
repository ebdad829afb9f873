"""The only folders that tools read from and write to."""

from __future__ import annotations

import errno
import os
import stat
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from facetraits.errors import (
    BadImage,
    BadRequest,
    BadSetting,
    NotWritten,
    OutsideFolders,
    TooLarge,
)
from facetraits.files import write_new
from facetraits.vision.anonymize import Anonymized
from facetraits.vision.republishing import suffix_for

# Windows has neither. A named pipe would block forever; and because links are resolved before, one
# that is there when the file is opened was put there since, and may lead anywhere.
_CAREFULLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)


class Folders:
    """Opens files by names that an assistant chose.

    Links are resolved first: one that leads out of the folders is outside them.

    Args:
        folders: they and their subfolders are allowed; none allows nothing.
        max_bytes: the largest file to read.

    Raises:
        BadSetting: if one of them is not a folder.
    """

    def __init__(self, folders: Sequence[Path], max_bytes: int) -> None:
        for folder in folders:
            if not folder.is_dir():
                raise BadSetting(f"--folder {folder} is not a folder")
            if printable(str(folder.resolve())) != str(folder.resolve()):
                raise BadSetting(f"--folder {printable(str(folder))}: its name is not UTF-8")
        self.allowed = tuple(folder.resolve() for folder in folders)
        self._max_bytes = max_bytes

    def locate(self, name: str) -> Path:
        """The file of that name without links, absolute; it may not exist.

        Args:
            name: an absolute path, or one relative to an allowed folder: the first that has it.

        Raises:
            OutsideFolders: if it is not in an allowed folder.
            BadRequest: if it cannot be a name.
        """
        if "\0" in name:
            raise BadRequest("a path must not contain a null character")
        inside = [path for path in self._resolved(name) if self._allows(path)]
        if not inside:
            raise OutsideFolders(self._reason(name))
        # Unlike Path.exists, this one is false for a name that is too long, too.
        return next(filter(os.path.exists, inside), inside[0])

    def read(self, path: Path) -> bytes:
        """The content of a file from `locate`.

        Raises:
            BadImage: if it cannot be opened, or is not a file.
            TooLarge: without reading it.
        """
        try:
            with open(path, "rb", opener=_open) as file:
                state = os.fstat(file.fileno())
                if not stat.S_ISREG(state.st_mode):
                    raise BadImage(f"{path} is not a file")
                if state.st_size > self._max_bytes:
                    raise TooLarge(
                        f"the file has {state.st_size:,} bytes; the limit is {self._max_bytes:,}"
                    )
                return file.read(self._max_bytes + 1)  # the worker refuses the one byte more
        except OSError as error:
            raise BadImage(f"{path} cannot be opened: {error.strerror}") from error

    def write(
        self, place: Path, picture: Anonymized, *, source: Path | None, overwrite: bool
    ) -> Path:
        """Writes a picture.

        Args:
            place: a path from `locate`; its suffix is replaced unless it fits the format.
            picture: what to write.
            source: the file that the picture was made from, which is never replaced.
            overwrite: whether another file may be.

        Returns:
            Where it is.

        Raises:
            NotWritten: if it may not be there, or the system refuses.
        """
        if os.path.isdir(place):
            raise NotWritten(f"{place} is a folder: name a file in it")
        path = place.with_suffix(suffix_for(picture.media_type, place))
        if source is not None and os.path.exists(path) and path.samefile(source):
            raise NotWritten(f"{path} is the picture itself, which is never replaced")
        try:
            self._make_parent(path)
            if overwrite:
                _replace(path, picture.data)
            else:
                write_new(path, picture.data)
        except OSError as error:
            taken = isinstance(error, FileExistsError) and os.path.lexists(path)
            reason = "exists: choose another name, or set overwrite" if taken else error.strerror
            raise NotWritten(f"{path}: {reason}") from error
        return path

    def _make_parent(self, path: Path) -> None:
        """Makes a file's folder, but not an allowed folder that is gone, and through no new link.

        Raises OSError.
        """
        if not any(folder.is_dir() for folder in self.allowed if path.is_relative_to(folder)):
            raise FileNotFoundError(errno.ENOENT, "the allowed folder no longer exists")
        path.parent.mkdir(parents=True, exist_ok=True)
        # A folder may have been replaced by a link while the picture was analyzed.
        if not self._allows(Path(os.path.realpath(path.parent))):
            raise PermissionError(errno.EPERM, "its folder now leads out of the allowed folders")

    def _resolved(self, name: str) -> Iterator[Path]:
        # Joining an absolute path to a folder is the path alone.
        for folder in self.allowed:
            # Unlike Path.resolve, it accepts links that lead in a circle; opening them fails.
            yield Path(os.path.realpath(folder / name))

    def _allows(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self.allowed)

    def _reason(self, name: str) -> str:
        if not self.allowed:
            return "no folder is allowed: send data, or start the server with --folder DIR"
        return f"{name} is not in an allowed folder ({', '.join(map(str, self.allowed))})"


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | _CAREFULLY)


def _replace(path: Path, data: bytes) -> None:
    """Replaces a file, or the link there instead of what it leads to, in one step."""
    partial = path.with_name(f".{uuid.uuid4().hex}.part")
    write_new(partial, data)
    try:
        partial.replace(path)
    except OSError:
        partial.unlink()
        raise


def printable(text: str) -> str:
    """The text with escapes for what is no Unicode: bytes of file names that are not UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()
