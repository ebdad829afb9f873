"""The pictures that a command line names: files, and what is in folders."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facetraits.vision.formats import sniff

_HEAD_BYTES = 512


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read.

    Attributes:
        path: its location.
        name: the same, relative to the folder that was named; the file's name alone for a file.
        error: why it cannot be opened; None if it can.
    """

    path: Path
    name: str
    error: str | None = None


def find_pictures(
    paths: Sequence[Path], *, recursive: bool = False, skip: Path | None = None
) -> Iterator[Found]:
    """The files that are named, and the pictures in the folders that are named, sorted by name.

    In folders, what is no picture by its first bytes is left out, as are links to folders, so
    that no loop of links is followed. The memory grows only with the largest folder.

    Args:
        recursive: whether to look in subfolders, too.
        skip: a folder that is left out: the one that results are written to.
    """
    for path in paths:
        if path.is_dir():
            yield from _in_folder(path, path, recursive, skip.resolve() if skip else None)
        else:
            yield Found(path, path.name)


def _in_folder(folder: Path, root: Path, recursive: bool, skip: Path | None) -> Iterator[Found]:
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        yield Found(folder, str(folder.relative_to(root)), error.strerror)
        return
    for name in names:
        path = folder / name
        if path.is_dir():
            if recursive and not path.is_symlink() and path.resolve() != skip:
                yield from _in_folder(path, root, recursive, skip)
        elif (found := _looked_into(path, root)) is not None:
            yield found


def _looked_into(path: Path, root: Path) -> Found | None:
    """A picture, or a file that cannot be opened; None for anything else."""
    name = str(path.relative_to(root))
    # A pipe would block forever; a broken link is not a file, either.
    if not path.is_file():
        return Found(path, name, "the link is broken") if path.is_symlink() else None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        return Found(path, name, error.strerror)
    return None if sniff(head) is None else Found(path, name)
