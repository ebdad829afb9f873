"""Large uploads, part by part as they arrive: neither in memory nor in a temporary file.

`uploads.py` is for photos, which stay in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import (
    Data,
    Epilogue,
    Event,
    Field,
    File,
    MultipartDecoder,
    NeedData,
)

from facetraits.errors import BadRequest

_CHUNK_BYTES = 64 * 1024
_MAX_FIELD_BYTES = 10_000
_MAX_WAITING_BYTES = 500_000
_FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class ArrivingPart:
    """One part of a form, or the whole body of a request that is no form.

    Attributes:
        field: the name of the field, as the client sent it; "" for a body.
        file: the name that the client gave the file, or None if it is not a file.
        chunks: its content, to be read before the next part.
        is_body: whether it is the whole body.
    """

    field: str
    file: str | None
    chunks: Iterator[bytes]
    is_body: bool = False

    def text(self) -> str:
        """The content of a plain field. Raises BadRequest if it is too long or is not UTF-8."""
        data = b""
        for chunk in self.chunks:
            data += chunk
            if len(data) > _MAX_FIELD_BYTES:
                raise BadRequest(f"{self.field[:50]} is longer than {_MAX_FIELD_BYTES:,} bytes")
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise BadRequest(f"{self.field[:50]} is not UTF-8 text") from None


def arriving_parts(most_parts: int, pause: Callable[[], None]) -> Iterator[ArrivingPart]:
    """The parts of the current request, in their order.

    The views limit the bytes: they know what is left. What a view does not read of a part is
    skipped.

    Args:
        most_parts: how many parts a form may have.
        pause: called between chunks, so that one fast client does not block all others.

    Raises:
        BadRequest: if the form is malformed, or has too many parts.
    """
    # The limit of the app is for photos.
    request.max_content_length = None
    if request.mimetype != _FORM:
        yield ArrivingPart("", None, _body(pause), is_body=True)
        return
    events = _events(pause)
    for number, event in enumerate(_beginnings(events), 1):
        if number > most_parts:
            raise BadRequest(f"the form has more than {most_parts:,} parts")
        chunks = _chunks(events)
        yield ArrivingPart(
            event.name or "", event.filename if isinstance(event, File) else None, chunks
        )
        for _ in chunks:
            pass


def _body(pause: Callable[[], None]) -> Iterator[bytes]:
    while chunk := request.stream.read(_CHUNK_BYTES):
        pause()
        yield chunk


def _events(pause: Callable[[], None]) -> Iterator[Event]:
    _, options = parse_options_header(request.content_type)
    boundary = options.get("boundary", "").encode("ascii", "replace")
    if not boundary:
        raise BadRequest("the form has no boundary")
    # More than that is waiting only if a header or the preamble does not end.
    decoder = MultipartDecoder(boundary, max_form_memory_size=_MAX_WAITING_BYTES)
    body = _body(pause)
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(next(body, None))
                continue
            yield event
            if isinstance(event, Epilogue):
                return
    except (ValueError, RequestEntityTooLarge) as error:
        raise BadRequest(f"the form is malformed: {error}") from None


def _beginnings(events: Iterator[Event]) -> Iterator[Field | File]:
    for event in events:
        if isinstance(event, Field | File):
            yield event


def _chunks(events: Iterator[Event]) -> Iterator[bytes]:
    for event in events:
        if not isinstance(event, Data):
            raise BadRequest("the form is malformed")
        yield event.data
        if not event.more_data:
            return
