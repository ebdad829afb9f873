"""Arrays inside of readings: how msgspec writes and reads what it does not know itself.

A MessagePack encoder or decoder of anything with a `Reading` in it needs both hooks:

    encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
    decoder = msgspec.msgpack.Decoder(Answer, dec_hook=dec_hook)
"""

from __future__ import annotations

from typing import Any, get_origin

import numpy as np
from numpy.typing import NDArray

LANDMARKS_SHAPE = (5, 2)
LOOK_SHAPE = (16, 16)
_FLOAT = np.dtype("<f4")
_SHAPE_OF_SIZE = {
    rows * columns * _FLOAT.itemsize: (rows, columns)
    for rows, columns in (LANDMARKS_SHAPE, LOOK_SHAPE)
}


def enc_hook(value: Any) -> Any:
    """(5, 2) or (16, 16) float32 → its bytes, row by row; a NumPy number → Python's."""
    if isinstance(value, np.ndarray):
        if value.shape not in _SHAPE_OF_SIZE.values():
            raise ValueError(f"no array of a reading has the shape {value.shape}")
        return value.astype(_FLOAT, copy=False).tobytes()
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"a reading holds no {type(value).__name__}")


def dec_hook(wanted: Any, value: Any) -> NDArray[np.float32]:
    """What `enc_hook` wrote, or the JSON's list of five points → float32 array.

    Raises:
        ValueError: for another number of bytes or points.
    """
    if get_origin(wanted) is not np.ndarray:
        raise NotImplementedError(f"a reading holds no {wanted}")
    if isinstance(value, bytes):
        if len(value) not in _SHAPE_OF_SIZE:
            raise ValueError(f"no array of a reading has {len(value)} bytes")
        return np.frombuffer(value, _FLOAT).reshape(_SHAPE_OF_SIZE[len(value)])
    points = np.array(value, np.float32)
    if points.shape != LANDMARKS_SHAPE:
        raise ValueError(f"landmarks are five points, not an array of shape {points.shape}")
    return points
