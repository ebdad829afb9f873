"""One picture from pixels to a reading: find the faces, cut them, ask what they look like.

The reader never learns what stands behind ``classify``: a classifier in this
thread, or a queue to one elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box, Landmarks
from facetraits.reading.model import Doubt, Face, FoundFace, Reading, Traits
from facetraits.reading.traits import TRAITS
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import reasons_to_doubt

# Below this side a face has fewer pixels than the networks saw in training even
# where that made pictures coarse (30% of 100 pixels), so no trait can be relied on.
SMALL_FACE_PX = 30

# Live frames: YuNet takes 1.4 ms at this side and 5 ms at 640 (docs/performance.md).
QUICK_SEARCH_PX = 320
_LOOK_PX = 16


Crop = tuple[Pixels, ...]
"""One face as each of a classifier's networks takes it: (s, s) gray or (s, s, 3) RGB uint8.

The first is in the framing "utkface".
"""


class Classify(Protocol):
    """What the pipeline needs of a classifier, or of a queue in front of one."""

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop: ...

    def __call__(self, crops: Sequence[Crop]) -> list[Traits]: ...


class Stopwatch:
    """Milliseconds by step; `lap` closes the step that runs."""

    def __init__(self) -> None:
        self._began = self._lap = time.perf_counter()
        self._ms: dict[str, float] = {}

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._ms[step] = (now - self._lap) * 1000
        self._lap = now

    def milliseconds(self) -> Mapping[str, float]:
        return {**self._ms, "total": (time.perf_counter() - self._began) * 1000}


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a frame before it is read.

    Attributes:
        boxes: where the faces were in the last one.
        search_px: search the whole frame at this longest side; 0: look near the boxes,
            and everywhere only where one is not found again.
        width: of the frame that the boxes are pixels of; 0: as wide as the new one.
    """

    boxes: tuple[Box, ...] = ()
    search_px: int = 0
    width: int = 0

    def boxes_at(self, width: int) -> tuple[Box, ...]:
        """The boxes in pixels of a frame of that width: clients change it as the line allows."""
        factor = width / (self.width or width)
        return tuple(box.scaled(factor) for box in self.boxes)


def look_of(crop: Pixels) -> NDArray[np.float32]:
    """A cut face → (16, 16) float32, mean 0 and deviation 1: tells it from another one later."""
    small = fit_face(crop, _LOOK_PX).astype(np.float32)
    # Light comes and goes; what is compared is the shape.
    return np.asarray((small - small.mean()) / (small.std() + 1.0))


class FrameReader:
    """Reads pictures. Not for two threads at once: the detector is not.

    Args:
        detector: finds the faces.
        classify: cuts and classifies them.
        nets: what `classify` answers with, for the reading.
        max_faces: only this many of the largest faces are analyzed.
    """

    def __init__(
        self, detector: FaceDetector, classify: Classify, nets: str, max_faces: int = 5
    ) -> None:
        self._detector = detector
        self._classify = classify
        self._nets = nets
        self._max_faces = max_faces

    def follow(
        self, image: Pixels, hints: Hints, request_id: str, watch: Stopwatch | None = None
    ) -> Reading:
        """The same for a frame of a camera, whose faces were mostly there in the last one."""
        watch = watch or Stopwatch()
        found = self._search(image, hints)
        watch.lap("detect")
        return self._join(image, found, request_id, watch, keep_look=True)

    def find_again(self, image: Pixels, hints: Hints) -> list[FoundFace]:
        """The faces of a camera's frame, each with its look, unread."""
        return [
            replace(face, look=look_of(self._classify.cut(image, face.landmarks)[0]))
            for face in self._search(image, hints)
        ]

    def _search(self, image: Pixels, hints: Hints) -> list[FoundFace]:
        if hints.boxes and not hints.search_px:
            boxes = hints.boxes_at(image.shape[1])
            found = self._detector.find_near(image, boxes, self._max_faces)
            if len(found) == len(hints.boxes):
                return found
        # One of them went, or nobody was there: look everywhere.
        return self._detector.find_within(
            image, hints.search_px or QUICK_SEARCH_PX, self._max_faces
        )

    def read(self, image: Pixels, request_id: str, watch: Stopwatch | None = None) -> Reading:
        """(h, w, 3) RGB uint8 → its reading. A stopwatch that runs already keeps its laps."""
        watch = watch or Stopwatch()
        found, rotated_deg = self._detector.find_turned(image, self._max_faces)
        watch.lap("detect")
        reading = self._join(image, found, request_id, watch)
        return replace(reading, rotated_deg=rotated_deg) if rotated_deg else reading

    def _join(
        self,
        image: Pixels,
        found: list[FoundFace],
        request_id: str,
        watch: Stopwatch,
        keep_look: bool = False,
    ) -> Reading:
        # Cut once: what the networks see also tells how well the face can be seen, and
        # whether it is the one of the frame before.
        crops = [self._classify.cut(image, face.landmarks) for face in found]
        if keep_look:
            found = [
                replace(face, look=look_of(crop[0]))
                for face, crop in zip(found, crops, strict=True)
            ]
        traits = self._classify(crops)
        watch.lap("classify")
        height, width = image.shape[:2]
        faces = tuple(
            Face.of(face, replace(said, unsure=_unsure(face, crop[0], said)), width, height)
            for face, crop, said in zip(found, crops, traits, strict=True)
        )
        return Reading(request_id, self._nets, width, height, watch.milliseconds(), faces)


def _unsure(found: FoundFace, crop: Pixels, said: Traits) -> tuple[Doubt, ...]:
    """Every reason to doubt the traits of a face."""
    if found.box.shorter_side < SMALL_FACE_PX:
        return _of_all(("small",))
    return (*said.unsure, *_of_all(reasons_to_doubt(crop, found.landmarks)))


def _of_all(reasons: tuple[str, ...]) -> tuple[Doubt, ...]:
    """What spoils a picture spoils every answer made of it."""
    return tuple(Doubt(trait, reason) for reason in reasons for trait in TRAITS)
