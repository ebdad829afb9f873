"""Eventlet's websocket unmasks what a client sends byte by byte in Python; this does it at once.

A browser masks every frame (RFC 6455, 5.3). For a 40 kB picture eventlet 0.41 takes some
10 ms for it on the event loop, as long as reading the faces takes; NumPy takes 0.02 ms.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence

import numpy as np

ApplyMask = Callable[..., bytes]

_SAMPLE = bytes(range(256)) * 16
_MASK = (0x12, 0x34, 0x56, 0x78)
_WORTH_IT = 3.0


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


def is_faster(theirs: ApplyMask) -> bool:
    """Whether ours gives the same and is worth its place: a later eventlet needs it no more."""
    if theirs(_SAMPLE, _MASK, offset=3) != apply_mask(_SAMPLE, _MASK, offset=3):
        return False  # it means something else by now
    return _seconds(theirs) > _WORTH_IT * _seconds(apply_mask)


def _seconds(unmask: ApplyMask) -> float:
    def once() -> float:
        began = time.perf_counter()
        unmask(_SAMPLE, _MASK, offset=3)
        return time.perf_counter() - began

    return min(once() for _ in range(5))


def install() -> bool:
    """Puts ours in place where eventlet's is the slow one; returns whether it did."""
    with warnings.catch_warnings():
        # It says at each import that it is deprecated; docs/adr/0001 has why it stays.
        warnings.simplefilter("ignore")
        from eventlet.websocket import RFC6455WebSocket
    theirs = getattr(RFC6455WebSocket, "_apply_mask", None)
    if theirs is None or theirs is apply_mask:
        return False
    try:
        faster = is_faster(theirs)
    except TypeError:  # it is called another way by now
        return False
    if faster:
        RFC6455WebSocket._apply_mask = staticmethod(apply_mask)
    return faster
