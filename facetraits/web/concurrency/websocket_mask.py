"""Eventlet's websocket unmasks what a client sends byte by byte in Python; this does it at once.

A browser masks every frame (RFC 6455, 5.3). For a 40 kB picture eventlet 0.41 takes some
10 ms for it on the event loop, as long as reading the faces takes; NumPy takes 0.02 ms.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

import numpy as np

# The last release that was measured. What a later one does, nobody has looked at yet: it may
# call the mask in another way, and keeps its own until somebody has.
_SLOW_UNTIL = (0, 41)


def apply_mask(
    data: bytes, mask: Sequence[int], length: int | None = None, offset: int = 0
) -> bytes:
    """XORs bytes with the four of the mask, over and over.

    Args:
        data: masked, or to be masked: it is its own inverse.
        mask: four bytes.
        length: of data, where it is known.
        offset: how many bytes of the message came before; the mask goes on from there.
    """
    size = len(data) if length is None else length
    key = np.array([mask[(offset + i) % 4] for i in range(4)], np.uint8)
    masked = np.frombuffer(data, np.uint8, size)
    whole = size - size % 4
    plain = np.empty(size, np.uint8)
    np.bitwise_xor(
        masked[:whole].view(np.uint32), key.view(np.uint32), plain[:whole].view(np.uint32)
    )
    np.bitwise_xor(masked[whole:], key[: size - whole], plain[whole:])
    return plain.tobytes()


def eventlet_is_slow(version: str | None = None) -> bool:
    """Whether an eventlet of that version, the installed one by default, is the slow one."""
    version = version or importlib.metadata.version("eventlet")
    return tuple(int(part) for part in version.split(".")[:2]) <= _SLOW_UNTIL
