"""The readers behind the server: a fixed number of them, and a bounded wait for one."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2
import numpy as np

from facetraits.classification import CLASSIFIERS
from facetraits.decoding import decode_image
from facetraits.detection import FaceDetector
from facetraits.errors import Overloaded
from facetraits.pipeline import FrameReader, Stopwatch
from facetraits.results import Reading
from facetraits.settings import Settings


def make_reader(nets: str, max_faces: int) -> FrameReader:
    """A reader of its own for one thread. Raises BadWeights where a network is not usable."""
    return FrameReader(FaceDetector(), CLASSIFIERS[nets](), nets, max_faces)


MakeReader = Callable[[str, int], FrameReader]


class InferenceService:
    """Reads photos for many threads at once.

    There are ``settings.workers`` readers. A request that finds none free waits, at most
    ``settings.timeout_s``; where ``settings.queue_size`` wait already it is refused at once.

    Args:
        settings: those of the server.
        make_reader: makes one reader of those nets, for that many faces.
    """

    def __init__(self, settings: Settings, make_reader: MakeReader = make_reader) -> None:
        self._settings = settings
        self._make_reader = make_reader
        self._readers: queue.Queue[FrameReader] = queue.Queue()
        self._places = threading.BoundedSemaphore(settings.workers + settings.queue_size)
        self._ready = False

    @property
    def nets(self) -> str:
        return self._settings.nets

    @property
    def ready(self) -> bool:
        """Whether every reader is loaded and has read a picture."""
        return self._ready

    def start(self) -> None:
        """Loads the networks and runs each once, so that the first answer is as fast as the rest.

        Raises:
            BadWeights: where they cannot be used.
        """
        # Each reader has a thread of its own; OpenCV's pool on top would fight over the cores.
        cv2.setNumThreads(1)
        blank = np.full((480, 640, 3), 127, np.uint8)
        for _ in range(self._settings.workers):
            reader = self._make_reader(self._settings.nets, self._settings.max_faces)
            reader.read(blank, "warm-up")
            self._readers.put(reader)
        self._ready = True

    def close(self) -> None:
        """No new readings; those that run end."""
        self._ready = False

    def read_photo(self, data: bytes, request_id: str) -> Reading:
        """Encoded picture → its reading. Safe from any native thread; blocks.

        Raises:
            BadImage, UnsupportedType, TooLarge: see :func:`decoding.decode_image`.
            Overloaded: where no reader gets free in time.
        """
        with self._reader() as reader:
            watch = Stopwatch()
            image = decode_image(data, self._settings.max_bytes, self._settings.max_pixels)
            watch.lap("decode")
            return reader.read(image, request_id, watch)

    @contextmanager
    def _reader(self) -> Iterator[FrameReader]:
        if not (self._ready and self._places.acquire(blocking=False)):
            raise Overloaded("too many pictures are waiting; try again in a moment")
        try:
            reader = self._readers.get(timeout=self._settings.timeout_s)
        except queue.Empty as error:
            raise Overloaded(f"no answer within {self._settings.timeout_s:g} s") from error
        else:
            try:
                yield reader
            finally:
                self._readers.put(reader)
        finally:
            self._places.release()
