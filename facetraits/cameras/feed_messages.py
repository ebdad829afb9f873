"""What a camera's decoder process and its owner say to each other, as MessagePack."""

from __future__ import annotations

import msgspec

MAX_BYTES = 16_000_000


class Open(msgspec.Struct, frozen=True, tag=True):
    """To the decoder: what to open. The address goes over the pipe, where `ps` does not show it.

    Attributes:
        kind, source, fps, width, loop: see `config.CameraConfig`.
        timeout_s: how long the library may wait for the network.
        memory_bytes: the most memory that it can take, beyond what the process starts with.
    """

    kind: str
    source: str
    fps: float
    width: int
    loop: bool
    timeout_s: float
    memory_bytes: int


class Picture(msgspec.Struct, frozen=True, tag=True):
    """From the decoder: one frame, as JPEG."""

    jpeg: bytes
    width: int
    height: int


class Ended(msgspec.Struct, frozen=True, tag=True):
    """From the decoder: the stream is over, or could not be read; without passwords.

    Attributes:
        reason: "" if it ended like a file does.
    """

    reason: str = ""


Said = Picture | Ended

_encoder = msgspec.msgpack.Encoder()
_open = msgspec.msgpack.Decoder(Open)
_said = msgspec.msgpack.Decoder(Said)


def encode(message: Open | Said) -> bytes:
    return _encoder.encode(message)


def decode_open(data: bytes) -> Open:
    """Raises msgspec.DecodeError."""
    return _open.decode(data)


def decode_said(data: bytes) -> Said:
    """Raises msgspec.DecodeError."""
    said: Said = _said.decode(data)
    return said
