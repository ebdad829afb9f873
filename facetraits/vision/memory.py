"""Detects that memory has run out where native code does not raise MemoryError."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

DECODING_BYTES = 24
"""The most memory per pixel that any decoder needs: lossless WebP with an alpha channel."""


@contextmanager
def lack_of_memory() -> Iterator[None]:
    """Turns a RuntimeError in the block into a MemoryError.

    That is how LiteRT reports a lack of memory, and its only RuntimeError for a network that
    has already run once.

    Raises:
        MemoryError: for a RuntimeError in the block.
    """
    try:
        yield
    except RuntimeError as error:
        raise MemoryError(str(error)) from error


def lacks_memory(error: Exception) -> bool:
    """Whether this is how Python or OpenCV reports a lack of memory."""
    if isinstance(error, cv2.error):
        return bool(error.code == cv2.Error.STS_NO_MEM)
    return isinstance(error, MemoryError)


def has_room(bytes_: int) -> bool:
    """Whether this process can allocate this much more memory; the memory is not touched."""
    try:
        mmap.mmap(-1, bytes_).close()
    except (OSError, MemoryError, ValueError, OverflowError):
        return False
    return True
