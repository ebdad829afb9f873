"""Messages between an engine and the process of a job: MessagePack of a bounded size.

Not pickle, for the same reason as in `serving.messages`.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from facetraits.jobs.model import Report, SavedPlace
from facetraits.serving.messages import Failed

MAX_MESSAGE_BYTES: Final = 1_000_000


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """The first message to the process.

    Attributes:
        kind: a key of `KINDS`.
        input, out, options, place: see `Task`.
        settings: those without secrets; see `Settings.without_secrets`.
        log_fields: what the log's lines say: the IDs of the request and of its trace.
    """

    kind: str
    input: str
    out: str
    options: dict[str, Any]
    place: dict[str, Any] | None
    settings: dict[str, Any]
    log_fields: dict[str, str]


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """The second, if any: the job is to stop."""


class Reported(msgspec.Struct, frozen=True, tag="reported"):
    report: Report


class Saved(msgspec.Struct, frozen=True, tag="saved"):
    saved: SavedPlace


class Done(msgspec.Struct, frozen=True, tag="done"):
    """The results are complete."""


Answer = Reported | Saved | Done | Failed

_encoder = msgspec.msgpack.Encoder()
_start = msgspec.msgpack.Decoder(Start)
_cancel = msgspec.msgpack.Decoder(Cancel)
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


def encode(message: Start | Cancel | Answer) -> bytes:
    """A message → MessagePack."""
    return _encoder.encode(message)


def decode_start(data: bytes) -> Start:
    """Raises msgspec.DecodeError."""
    return _start.decode(data)


def decode_cancel(data: bytes) -> Cancel:
    """Raises msgspec.DecodeError."""
    return _cancel.decode(data)


def decode_answer(data: bytes) -> Answer:
    """Raises msgspec.DecodeError."""
    return _answer.decode(data)
