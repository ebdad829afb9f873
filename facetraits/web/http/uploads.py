"""The pictures of a request, kept in memory within limits.

Nothing is written to disk, because photos of faces must not be left there.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Request, current_app, request

from facetraits.errors import BadRequest, Overloaded, TooLarge
from facetraits.serving.limits import give_memory_back
from facetraits.vision.formats import sniff

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_IMAGES = 20
FIELD = "image"
# A request can have a few pictures at the size limit, or many small ones.
_FULL_IMAGES = 5
_FORM_SLACK_BYTES = 100_000
_CHUNK_BYTES = 64 * 1024
_MUCH_BYTES = 30_000_000
_PLAIN_FORM = "application/x-www-form-urlencoded"
_EXTENSION = "facetraits_uploads"


class Memory:
    """The memory that all uploads together can use. Thread-safe."""

    def __init__(self, bytes_: int) -> None:
        self._all = self._left = self._least_left = bytes_
        self._lock = threading.Lock()

    def take(self, bytes_: int) -> None:
        """Raises Overloaded if not enough is left."""
        with self._lock:
            if bytes_ > self._left:
                raise Overloaded("too many pictures are arriving; try again in a moment")
            self._left -= bytes_
            self._least_left = min(self._least_left, self._left)

    def give_back(self, bytes_: int) -> None:
        """After the last of many large uploads, also returns the memory to the system."""
        with self._lock:
            self._left += bytes_
            had_much = self._all - self._least_left >= _MUCH_BYTES
            over = had_much and self._left == self._all
            if over:
                self._least_left = self._all
        if over:
            give_memory_back()


class Part(io.BytesIO):
    """One picture as it arrives. If it gets too large, it is discarded and only counted.

    The rest is still read: otherwise, a client that is still sending would see a
    broken connection instead of the response with the reason.
    """

    def __init__(self, max_bytes: int, memory: Memory, pause: Callable[[], None]) -> None:
        super().__init__()
        self._max_bytes = max_bytes
        self._memory = memory
        self._pause = pause
        self._received = self._held = 0

    def write(self, data: Any) -> int:
        # The bytes of a fast client are always ready, so reading them would not yield by itself.
        self._pause()
        size = len(data)
        self._received += size
        if self._received > self._max_bytes:
            self._drop()
            return size
        self._memory.take(size)
        self._held += size
        return super().write(data)

    def content(self) -> bytes:
        """Raises TooLarge if it was larger than the limit."""
        if self._received > self._max_bytes:
            raise TooLarge(
                f"the file has {self._received:,} bytes; the limit is {self._max_bytes:,}"
            )
        return self.getvalue()

    @property
    def is_empty(self) -> bool:
        return self._received == 0

    def close(self) -> None:
        if not self.closed:
            self._drop()
        super().close()

    def _drop(self) -> None:
        self.seek(0)
        self.truncate()
        self._memory.give_back(self._held)
        self._held = 0


class Uploads:
    """The limits of one app's uploads.

    Args:
        max_bytes: the limit for one picture.
        places: how many pictures can be analyzed or wait; the memory is sized for that many.
        pause: called between the chunks of an upload.
    """

    def __init__(self, max_bytes: int, places: int, pause: Callable[[], None]) -> None:
        self.max_bytes = max_bytes
        self.max_body_bytes = _FULL_IMAGES * max_bytes + _FORM_SLACK_BYTES
        self._memory = Memory((places + _FULL_IMAGES) * max_bytes)
        self._pause = pause

    def new_part(self) -> Part:
        return Part(self.max_bytes, self._memory, self._pause)


class InMemoryRequest(Request):
    """A request whose files stay in memory; Werkzeug spools them to disk above 500 kB."""

    def __init__(self, environ: WSGIEnvironment, *args: Any, **kwargs: Any) -> None:
        # A server that ends chunked bodies itself says so for every request. If there is a
        # Content-Length, Werkzeug has to count, or a truncated upload would seem complete.
        is_chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        if environ.get("CONTENT_LENGTH") and not is_chunked:
            environ.pop("wsgi.input_terminated", None)
        super().__init__(environ, *args, **kwargs)

    def new_part(self) -> Part:
        part = cast(Uploads, current_app.extensions[_EXTENSION]).new_part()
        self._parts().append(part)
        return part

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return self.new_part()

    def close(self) -> None:
        """Releases the memory, including that of a broken form."""
        super().close()
        for part in self._parts():
            part.close()

    def _parts(self) -> list[Part]:
        parts: list[Part] = self.environ.setdefault("facetraits.parts", [])
        return parts


def uploaded_images() -> list[Part]:
    """The encoded pictures of the request: its parts named `image`, or its body.

    Raises:
        BadRequest: if there are none, or more than MAX_IMAGES.
        TooLarge: if the declared size is larger than the limits.
        Overloaded: if the memory for uploads is used up.
    """
    is_form = request.mimetype == "multipart/form-data"
    _check_length(request.content_length or 0, is_form)
    images = _form_images() if is_form else _body_images()
    if not images:
        raise BadRequest(
            f"send one picture as the body, or pictures as multipart fields named '{FIELD}'"
        )
    if len(images) > MAX_IMAGES:
        raise BadRequest(f"the request has {len(images)} pictures; the limit is {MAX_IMAGES}")
    return images


def uploaded_image() -> Part:
    """The one picture of the request. Raises what `uploaded_images` raises."""
    parts = uploaded_images()
    if len(parts) != 1:
        raise BadRequest(f"the request has {len(parts)} pictures; send exactly one")
    return parts[0]


def _check_length(announced: int, is_form: bool) -> None:
    """Rejects a request that declares too large a size, before reading it."""
    uploads = cast(Uploads, current_app.extensions[_EXTENSION])
    limit = uploads.max_body_bytes if is_form else uploads.max_bytes
    if announced > limit:
        raise TooLarge(f"the request has {announced:,} bytes; the limit is {limit:,}")


def _form_images() -> list[Part]:
    files = request.files.getlist(FIELD)
    parts = [(file.filename, cast(Part, file.stream)) for file in files]
    # A form without a chosen file sends a part without a name or content.
    return [part for name, part in parts if name or not part.is_empty]


def _body_images() -> list[Part]:
    """Ignores the declared type: by default, curl declares a form, and eventlet text."""
    part = cast(InMemoryRequest, request).new_part()
    while chunk := request.stream.read(_CHUNK_BYTES):
        part.write(chunk)
    is_form = request.mimetype == _PLAIN_FORM and sniff(part.content()) is None
    return [] if part.is_empty or is_form else [part]
