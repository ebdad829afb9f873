"""Messages between the server and a worker: MessagePack of a bounded size.

Not pickle, which can run arbitrary code: a worker decodes strangers' pictures, and a
compromised worker must not compromise the server.
"""

from __future__ import annotations

from typing import Final

import msgspec

from facetraits import errors
from facetraits.errors import FacetraitsError
from facetraits.reading.arrays import dec_hook, enc_hook
from facetraits.serving.job import Analysis, Job

# A hundred faces take 300 kB and a copy of a picture about 2 MB.
MAX_ANSWER_BYTES: Final = 32_000_000
# What a job contains besides its picture: an ID and the boxes of up to a hundred faces.
JOB_OVERHEAD_BYTES: Final = 64_000


class Setup(msgspec.Struct, frozen=True):
    """A worker's settings. Nothing secret: the worker runs decoders on strangers' bytes.

    Attributes:
        models: the folder of the networks.
        nets, max_faces, max_pixels: as in `Settings`.
        max_bytes: the limit for a photo or a camera frame, whichever is larger.
        memory_bytes: how much memory it may allocate beyond what it uses at startup.
        cpu_s: how much processor time one picture may take, in seconds.
    """

    models: str
    nets: str
    max_faces: int
    max_bytes: int
    max_pixels: int
    memory_bytes: int
    cpu_s: int


class Ready(msgspec.Struct, frozen=True, tag="ready"):
    """The networks are loaded and have analyzed a picture."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A picture was analyzed."""

    analysis: Analysis


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A picture could not be analyzed, the worker could not start, or a job failed.

    Attributes:
        error: the name of a class in `facetraits.errors`.
        detail: its message.
        traceback: for the server's log; empty for an expected error.
    """

    error: str
    detail: str
    traceback: str = ""

    def exception(self) -> FacetraitsError:
        """The error to raise on the server's side."""
        kind: object = getattr(errors, self.error, None)
        if isinstance(kind, type) and issubclass(kind, FacetraitsError):
            return kind(self.detail)
        return FacetraitsError(self.detail)


Answer = Ready | Done | Failed

_encoder = msgspec.msgpack.Encoder(enc_hook=enc_hook)
_setup = msgspec.msgpack.Decoder(Setup)
_job = msgspec.msgpack.Decoder(Job)
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer, dec_hook=dec_hook)


def encode(message: Setup | Job | Answer) -> bytes:
    """A message → MessagePack."""
    return _encoder.encode(message)


def decode_setup(data: bytes) -> Setup:
    """MessagePack → the first message to a worker. Raises msgspec.DecodeError."""
    return _setup.decode(data)


def decode_job(data: bytes) -> Job:
    """MessagePack → every later message to a worker. Raises msgspec.DecodeError."""
    return _job.decode(data)


def decode_answer(data: bytes) -> Answer:
    """MessagePack → a message from a worker. Raises msgspec.DecodeError."""
    return _answer.decode(data)
