"""Pictures of results with boxes around the faces: slow to draw, so the latest are cached."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from facetraits import __version__
from facetraits.errors import NotFound, Overloaded
from facetraits.reading.model import Reading
from facetraits.reading.reports import annotated, png
from facetraits.store import KeptResult
from facetraits.store.records import now_ms
from facetraits.vision.encoding import decode_copy
from facetraits.web.concurrency.offload import Offload

# The largest size that link previews show.
ANNOTATED_PX = 1200
# Each takes about 60 ms on one core, and a thread that readings also need.
PLACES = 4
# About 2 MB each.
_CACHE_BYTES = 16_000_000


class Drawings:
    """Draws off the event loop, a few at a time. Thread-safe.

    Args:
        offload: runs blocking calls.
        max_bytes: the size of the cache of the latest drawings, in this process's memory.
    """

    def __init__(self, offload: Offload, max_bytes: int = _CACHE_BYTES) -> None:
        self._offload = offload
        self._max_bytes = max_bytes
        self._bytes = 0
        # Least recently used first, each with the expiry time of its result.
        self._kept: OrderedDict[str, tuple[int, bytes]] = OrderedDict()
        self._running = 0
        self._lock = threading.Lock()

    @staticmethod
    def etag(result: KeptResult) -> str:
        """The drawing's ETag, known before it is drawn because results never change."""
        return hashlib.sha256(f"{__version__} {result.id}".encode()).hexdigest()[:32]

    def find(self, result: KeptResult) -> bytes | None:
        """A cached drawing."""
        with self._lock:
            if result.id not in self._kept:
                return None
            self._kept.move_to_end(result.id)
            return self._kept[result.id][1]

    def draw(self, result: KeptResult) -> bytes:
        """The picture with boxes around the faces, as a PNG.

        Raises:
            NotFound: if only the figures are kept.
            Overloaded: if too many are being drawn.
        """
        picture = picture_of(result)
        with self._place():
            drawing: bytes = self._offload(_draw, picture, result.reading)
        self._keep(result, drawing)
        return drawing

    def forget(self, result_id: str) -> None:
        """For a result that was deleted."""
        with self._lock:
            self._drop(result_id)

    @contextmanager
    def _place(self) -> Iterator[None]:
        with self._lock:
            if self._running >= PLACES:
                raise Overloaded("too many pictures are being drawn; try again in a moment")
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def _keep(self, result: KeptResult, drawing: bytes) -> None:
        with self._lock:
            self._drop(result.id)
            for old in [name for name, (until_ms, _) in self._kept.items() if until_ms <= now_ms()]:
                self._drop(old)
            while self._kept and self._bytes + len(drawing) > self._max_bytes:
                self._drop(next(iter(self._kept)))
            if len(drawing) <= self._max_bytes:
                self._kept[result.id] = result.expires_ms, drawing
                self._bytes += len(drawing)

    def _drop(self, result_id: str) -> None:
        _, drawing = self._kept.pop(result_id, (0, b""))
        self._bytes -= len(drawing)


def picture_of(result: KeptResult) -> bytes:
    """The stored picture, a JPEG. Raises NotFound if only the figures are kept."""
    if result.picture is None:
        raise NotFound("only the figures of this result were kept, not its picture")
    return result.picture


def _draw(picture: bytes, reading: str) -> bytes:
    return png(annotated(decode_copy(picture, ANNOTATED_PX), Reading.from_json(reading)))
