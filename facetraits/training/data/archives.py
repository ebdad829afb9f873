"""Files of a data set, whether unpacked in a folder or still inside its tar."""

from __future__ import annotations

import lzma
import tarfile
import threading
import zlib
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from facetraits.errors import BadData

ReadBytes = Callable[[], bytes]

PICTURES = (".jpg", ".jpeg", ".png")


def find_files(
    data_dir: Path, folder: str, suffixes: Iterable[str] = PICTURES
) -> dict[str, ReadBytes]:
    """Every file of a data set: path below its folder → a function that reads it.

    Looks for ``data_dir/folder``, or, where that is missing, for a tar in
    ``data_dir`` that holds ``folder/``. Sorted by path; empty where there is neither.

    Raises:
        BadData: for a data_dir that is no folder.
    """
    if not data_dir.is_dir():
        raise BadData(f"--data {data_dir} is not a folder")
    endings = tuple(suffixes)
    root = data_dir / folder
    if root.is_dir():
        paths = (p for p in root.rglob("*") if p.name.lower().endswith(endings))
        return {str(p.relative_to(root)): p.read_bytes for p in sorted(paths)}
    for tar in sorted(data_dir.glob("*.tar*")):
        members = _tar_members(tar, f"{folder}/", endings)
        if members:
            return members
    return {}


def _tar_members(path: Path, prefix: str, endings: tuple[str, ...]) -> dict[str, ReadBytes]:
    try:
        # The archive stays open as long as a reader of one of its members lives.
        archive = tarfile.open(path)  # noqa: SIM115
        try:
            found = _readers(archive, prefix, endings)
        except BaseException:
            archive.close()
            raise
    # Beside tar's own: what is compressed, and cut or damaged.
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError) as error:
        raise BadData(f"{path} is not a readable tar: {error}") from error
    if not found:
        archive.close()
    return dict(sorted(found.items()))


def _readers(
    archive: tarfile.TarFile, prefix: str, endings: tuple[str, ...]
) -> dict[str, ReadBytes]:
    first = archive.next()
    if first is None or not first.name.removeprefix("./").startswith(prefix.rstrip("/")):
        return {}
    lock = threading.Lock()
    found: dict[str, ReadBytes] = {}
    for member in archive:
        name = member.name.removeprefix("./")
        if member.isfile() and name.startswith(prefix) and name.lower().endswith(endings):
            found[name.removeprefix(prefix)] = partial(_read_member, archive, member, lock)
    return found


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo, lock: threading.Lock) -> bytes:
    with lock:  # one file position for all readers
        file = archive.extractfile(member)
        assert file is not None  # only regular files are listed
        return file.read()
