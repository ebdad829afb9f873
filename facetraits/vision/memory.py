"""Lack of memory, where native code does not call it so."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

DECODING_BYTES = 24
"""What a pixel takes at most while it is decoded: lossless WebP with an alpha channel."""


@contextmanager
def lack_of_memory() -> Iterator[None]:
    """LiteRT says RuntimeError where memory is missing: a network that was run once has no other.

    Raises:
        MemoryError: for a RuntimeError in the block.
    """
    try:
        yield
    except RuntimeError as error:
        raise MemoryError(str(error)) from error


def lacks_memory(error: Exception) -> bool:
    """Whether this is Python's or OpenCV's word for it."""
    if isinstance(error, cv2.error):
        return bool(error.code == cv2.Error.STS_NO_MEM)
    return isinstance(error, MemoryError)


def has_room(bytes_: int) -> bool:
    """Whether this process may take so much more memory; nothing is written to it."""
    try:
        mmap.mmap(-1, bytes_).close()
    except (OSError, MemoryError, ValueError, OverflowError):
        return False
    return True
