"""A service that answers from the hand, and pictures to send."""

from __future__ import annotations

import io
import threading
import time
from dataclasses import replace

import numpy as np
from PIL import Image

from facetraits.paths import Paths
from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.reading.model import (
    AgeReading,
    Doubt,
    EmotionReading,
    Face,
    FoundFace,
    GenderReading,
    Reading,
    Traits,
)
from facetraits.reading.traits import AGE_RANGES, EMOTIONS
from facetraits.serving.camera_queue import Listener, LiveLink, LiveReader
from facetraits.serving.job import Analysis, Job
from facetraits.serving.pool import WorkerPool
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from facetraits.vision.anonymize import Anonymized
from facetraits.vision.decoding import decode_image
from facetraits.vision.encoding import encode_copy
from facetraits.vision.hiding import hide_faces
from facetraits.vision.republishing import encode_like

MAX_PIXELS = 1_000_000
LIVE_WORKERS = 2
LIVE_CLIENTS = 8


def canned_face(scores: bool = True) -> Face:
    """A face that says one thing of each trait; without scores as the baseline networks say it."""
    box = Box(10.0, 12.0, 30.0, 40.0)
    landmarks = np.array([[18, 25], [32, 25], [25, 33], [20, 42], [30, 42]], np.float32)
    ranges = {r.name: 1 / len(AGE_RANGES) for r in AGE_RANGES}
    traits = Traits(
        AgeReading(36.5, 28, 45, 0.8, "28-45", ranges),
        GenderReading("female", 0.97),
        EmotionReading(
            dominant="happiness" if scores else "positive",
            probability=0.9,
            valence={"positive": 0.92, "neutral": 0.05, "negative": 0.03},
            scores=dict.fromkeys(EMOTIONS, 1 / len(EMOTIONS)) if scores else None,
        ),
        (Doubt("age", "small"),),
    )
    return Face.of(FoundFace(box, landmarks, 0.98), traits, 64, 80)


def canned_reading(request_id: str = "canned", nets: str = "baseline") -> Reading:
    steps = {"decode": 1.0, "detect": 2.0, "classify": 3.0, "total": 6.0}
    faces = (canned_face(scores=nets != "baseline"), canned_face(scores=nets != "baseline"))
    return Reading(request_id, nets, 64, 80, steps, faces)


class FakeService:
    """Decodes as the real one does, then answers the canned reading.

    Args:
        work_s: for how long a reading blocks its thread.
        fails_with: what `run` raises instead of answering.
    """

    nets = "baseline"
    max_faces = 5

    def __init__(self, work_s: float = 0.0, fails_with: Exception | None = None) -> None:
        self.ready = True
        self.fails_with = fails_with
        self.seen: list[tuple[int, str]] = []
        self.threads: set[int] = set()
        self.most_at_once = 0
        self._at_once = 0
        self._lock = threading.Lock()
        self._work_s = work_s
        self._live: LiveReader | None = None

    def run(self, job: Job) -> Analysis:
        with self._lock:
            self.seen.append((len(job.data), job.request_id))
            self.threads.add(threading.get_ident())
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            if self.fails_with is not None:
                raise self.fails_with
            pixels = decode_image(job.data, len(job.data), MAX_PIXELS)
            reading = self.read(pixels, job.request_id)
            if job.hiding is not None:
                return self._hidden(job, pixels, reading)
            return Analysis(reading, encode_copy(pixels) if job.keep_copy else None)
        finally:
            with self._lock:
                self._at_once -= 1

    def _hidden(self, job: Job, pixels: Pixels, reading: Reading) -> Analysis:
        boxes = [face.box for face in reading.faces]
        changed = hide_faces(pixels, boxes, job.hiding.style)
        if job.keep_copy:
            return Analysis(reading, encode_copy(pixels))
        picture = encode_like(job.data, pixels, changed)
        return Analysis(reading, None, Anonymized(picture.data, picture.media_type, tuple(boxes)))

    def read(self, pixels: Pixels, request_id: str) -> Reading:
        time.sleep(self._work_s)
        return replace(canned_reading(request_id), width=pixels.shape[1], height=pixels.shape[0])

    def open_live(self, listener: Listener) -> LiveLink:
        """The real link and its threads, around workers that answer as `run` does."""
        if self._live is None:
            pool = WorkerPool(lambda: FakeWorker(self), LIVE_WORKERS)
            pool.start()
            settings = Settings(workers=LIVE_WORKERS, live_clients=LIVE_CLIENTS)
            self._live = LiveReader(pool, settings, Paths.found().models, NoTracer())
            self._live.start()
        return self._live.open(listener)

    def close_live(self, link: LiveLink) -> None:
        assert self._live is not None
        self._live.release(link)

    def close(self) -> None:
        self.ready = False

    def kill(self) -> None:
        """There is nothing to end."""


class FakeWorker:
    """Reads with a fake service, in the caller's thread."""

    alive = True

    def __init__(self, service: FakeService) -> None:
        self._service = service

    def run(self, job: Job) -> Analysis:
        return self._service.run(job)

    def close(self) -> None:
        """There is nothing to end."""

    def kill(self) -> None:
        """There is nothing to end."""


def photo(width: int = 64, height: int = 80, kind: str = "JPEG") -> bytes:
    """An encoded picture of one color."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 120, 40)).save(file, kind)
    return file.getvalue()


def noise(bytes_: int) -> bytes:
    """A JPEG's first bytes and then so many that nothing can make sense of, always the same."""
    return b"\xff\xd8\xff" + np.random.default_rng(1).bytes(bytes_ - 3)


def form(*photos: bytes, name: str = "me.jpg", field: str = "image") -> dict[str, object]:
    """A multipart request by hand: Werkzeug's test client would write a large one to disk."""
    head = f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
    body = b"".join(head.encode() + data + b"\r\n" for data in photos) + b"--x--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=x"}


def noisy_photo(width: int, height: int) -> bytes:
    """A JPEG that cannot be made small."""
    file = io.BytesIO()
    pixels = np.random.default_rng(2).integers(0, 256, (height, width, 3), np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()
