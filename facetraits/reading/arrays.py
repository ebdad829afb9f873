"""How msgspec writes and reads the NumPy arrays in a reading.

Anything that contains a `Reading` needs these hooks to travel as MessagePack:

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
    """(5, 2) or (16, 16) float32 → its bytes, row by row; a NumPy number → a Python number."""
    if isinstance(value, np.ndarray):
        if value.shape not in _SHAPE_OF_SIZE.values():
            raise ValueError(f"an array in a reading is (5, 2) or (16, 16), not {value.shape}")
        return value.astype(_FLOAT, copy=False).tobytes()
    if isinstance(value, np.generic):
        return value.item()
    raise NotImplementedError(f"a reading cannot contain a {type(value).__name__}")


def dec_hook(kind: Any, value: Any) -> NDArray[np.float32]:
    """The bytes that `enc_hook` wrote, or the JSON's list of five points → float32 array.

    Raises:
        ValueError: if the number of bytes or points is not that of landmarks or a look.
    """
    if get_origin(kind) is not np.ndarray:
        raise NotImplementedError(f"a reading cannot contain a {kind}")
    if isinstance(value, bytes):
        if len(value) not in _SHAPE_OF_SIZE:
            raise ValueError(f"an array in a reading has 40 or 1,024 bytes, not {len(value)}")
        return np.frombuffer(value, _FLOAT).reshape(_SHAPE_OF_SIZE[len(value)])
    points = np.array(value, np.float32)
    if points.shape != LANDMARKS_SHAPE:
        raise ValueError(f"landmarks are five points, not an array of shape {points.shape}")
    return points
