"""One picture from pixels to a reading: find the faces, cut them, ask what they look like.

The reader never learns what stands behind ``classify``: a classifier in this
thread, or a queue to one elsewhere.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from facetraits.classification import Classify
from facetraits.detection import FaceDetector
from facetraits.images import Pixels
from facetraits.results import Doubt, Face, FoundFace, Reading, Traits

# Below this side a face has fewer pixels than the networks saw in training even
# where that made pictures coarse (30% of 100 pixels), so no trait can be relied on.
SMALL_FACE_PX = 30


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


class FrameReader:
    """Reads pictures. Not for two threads at once: the detector is not.

    Args:
        detector: finds the faces.
        classify: cuts and classifies them.
        nets: what `classify` answers with, for the reading.
        max_faces: the largest so many faces are read.
    """

    def __init__(
        self, detector: FaceDetector, classify: Classify, nets: str, max_faces: int = 5
    ) -> None:
        self._detector = detector
        self._classify = classify
        self._nets = nets
        self._max_faces = max_faces

    def read(self, image: Pixels, request_id: str, watch: Stopwatch | None = None) -> Reading:
        """(h, w, 3) RGB uint8 → its reading. A stopwatch that runs already keeps its laps."""
        watch = watch or Stopwatch()
        found = self._detector.find(image, self._max_faces)
        watch.lap("detect")
        crops = [self._classify.cut(image, face.landmarks) for face in found]
        traits = self._classify(crops)
        watch.lap("classify")
        faces = tuple(_join(face, said) for face, said in zip(found, traits, strict=True))
        height, width = image.shape[:2]
        return Reading(request_id, self._nets, width, height, watch.milliseconds(), faces)


def _join(found: FoundFace, said: Traits) -> Face:
    if found.box.shorter_side < SMALL_FACE_PX:
        small = tuple(Doubt(trait, "small") for trait in ("age", "gender", "emotion"))
        said = replace(said, unsure=small)
    return Face(found, said)
