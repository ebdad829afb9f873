"""From a picture's pixels to its reading: find the faces, crop them, classify them.

The reader does not know what is behind ``classify``: a classifier in this thread, or a
queue to one elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadRequest
from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box, Landmarks
from facetraits.reading.model import Doubt, Face, FoundFace, Reading, Traits, scaled
from facetraits.reading.traits import TRAITS
from facetraits.vision.crop import fit_face
from facetraits.vision.decoding import Decoded
from facetraits.vision.detection import MOST_DOUBTFUL, FaceDetector
from facetraits.vision.hints import Hints, are_found_in_half
from facetraits.vision.quality import reasons_to_doubt
from facetraits.vision.stopwatch import Stopwatch

# A face with a shorter side below this has fewer pixels than the coarsest training pictures (30%
# of 100 pixels), so none of its traits can be relied on.
SMALL_FACE_PX = 30

# For live frames: YuNet takes 1.4 ms at this size and 5 ms at 640 (docs/performance.md).
QUICK_SEARCH_PX = 320
_LOOK_PX = 16
# A look is made from a crop of this size where there is none for a network.
_CROP_FOR_LOOK_PX = 64


Crop = tuple[Pixels, ...]
"""One face as input for each of a classifier's networks: (s, s) gray or (s, s, 3) RGB uint8.

The first has the framing "utkface".
"""


class Classify(Protocol):
    """What the pipeline needs from a classifier, or from a queue in front of one."""

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop: ...

    def __call__(self, crops: Sequence[Crop], mirrored: bool = True) -> list[Traits]:
        """The traits of each face; `mirrored`: also look at its mirror image, if that helps."""
        ...


@dataclass(frozen=True, slots=True)
class CutFaces:
    """The faces that were found in a picture, cut out of it.

    Attributes:
        faces: in a camera frame, each with its look.
        crops: one for each face.
        width, height: of the picture, in pixels.
    """

    faces: Sequence[FoundFace]
    crops: Sequence[Crop]
    width: int
    height: int


def look_of(crop: Pixels) -> NDArray[np.float32]:
    """A face's crop → (16, 16) float32, mean 0 and deviation about 1, to recognize it by later."""
    small = fit_face(crop, _LOOK_PX).astype(np.float32)
    # Normalized, because lighting changes: only the shape is compared.
    return np.asarray((small - small.mean()) / (small.std() + 1.0))


class FrameReader:
    """Analyzes pictures. Like the detector, not safe for use by two threads at once.

    The exception is `read_frame`: see there.

    Args:
        detector: finds the faces.
        classify: crops and classifies them.
        nets: name of the networks behind `classify`, for the reading.
        max_faces: analyze at most this many faces, the largest ones.
    """

    def __init__(
        self, detector: FaceDetector, classify: Classify, nets: str, max_faces: int = 5
    ) -> None:
        self._detector = detector
        self._classify = classify
        self._nets = nets
        self._max_faces = max_faces

    @property
    def nets(self) -> str:
        return self._nets

    @property
    def max_faces(self) -> int:
        return self._max_faces

    def follow(
        self, image: Pixels, hints: Hints, request_id: str, watch: Stopwatch | None = None
    ) -> Reading:
        """Like `read`, but for a camera frame, most of whose faces were in the previous one."""
        watch = watch or Stopwatch()
        found = self._search(image, hints)
        watch.lap("detect")
        return self._reading(self._cut_frame(image, found), request_id, watch, is_frame=True)

    def place(self, decoded: Decoded, hints: Hints) -> tuple[FoundFace, ...] | None:
        """Finds the faces of a camera frame near their boxes again, with their looks.

        Args:
            decoded: the frame.
            hints: with boxes in pixels of a frame of `hints.width`.

        Returns:
            The faces, in the frame's own pixels; None if any of them is not there, or too small
            for the frame's resolution.
        """
        image = decoded.pixels
        boxes = hints.boxes_at(decoded.size[0])
        if decoded.scale > 1 and not are_found_in_half(boxes):
            return None  # the client sends smaller frames now
        found = self._near(image, [box.scaled(1 / decoded.scale) for box in boxes])
        if found is None:
            return None
        looks = (look_of(fit_face(image, _CROP_FOR_LOOK_PX, face.landmarks)) for face in found)
        return tuple(
            replace(scaled(face, decoded.scale), look=look)
            for face, look in zip(found, looks, strict=True)
        )

    def find_again(self, image: Pixels, hints: Hints) -> CutFaces:
        """The first half of `follow`: the faces in a camera frame, without their traits."""
        return self._cut_frame(image, self._search(image, hints))

    def read_frame(self, cut: CutFaces) -> Reading:
        """The second half of `follow`. One thread may call it while another finds faces."""
        return self._reading(cut, "", Stopwatch(), is_frame=True)

    def _search(self, image: Pixels, hints: Hints) -> list[FoundFace]:
        if hints.boxes and not hints.search_px:
            near = self._near(image, hints.boxes_at(image.shape[1]))
            if near is not None:
                return near
        # A face was lost, or none was known: search the whole frame.
        return self._detector.find_within(
            image, hints.search_px or QUICK_SEARCH_PX, self._max_faces
        )

    def _near(self, image: Pixels, boxes: Sequence[Box]) -> list[FoundFace] | None:
        """The faces near these boxes, if there are as many as boxes."""
        found = self._detector.find_near(image, boxes, self._max_faces)
        return found if len(found) == len(boxes) else None

    def read(self, image: Pixels, request_id: str, watch: Stopwatch | None = None) -> Reading:
        """(h, w, 3) RGB uint8 → its reading. A stopwatch that is already running keeps its laps."""
        watch = watch or Stopwatch()
        found = self._detector.find_turned(image, self._max_faces)
        watch.lap("detect")
        reading = self._reading(self._cut(image, found.faces), request_id, watch)
        return replace(reading, faces_found=found.count, rotated_deg=found.rotated_deg or None)

    def boxes_to_hide(self, image: Pixels, reading: Reading, numbers: Sequence[int]) -> list[Box]:
        """One box for each face that a picture is to be shown without.

        Args:
            image: the picture of the reading.
            numbers: of the reading's faces, from 1; none for all, which also looks for faces that
                are too doubtful for a reading.

        Raises:
            BadRequest: for a number that no face has.
        """
        known = [face.box for face in reading.faces]
        if numbers:
            for number in numbers:
                if not 1 <= number <= len(known):
                    raise BadRequest(f"there is no face {number}: the reading has {len(known)}")
            return [known[number - 1] for number in sorted(set(numbers))]
        doubtful = [face.box for face in self._detector.find_doubtful(image)]
        return _joined(known, doubtful)

    def boxes_within(self, image: Pixels, longest_px: int) -> list[Box]:
        """One box for each face that one search finds, however many: see `find_within`."""
        found = self._detector.find_within(image, longest_px, MOST_DOUBTFUL)
        return [face.box for face in found]

    def _cut(self, image: Pixels, found: Sequence[FoundFace]) -> CutFaces:
        # Crop once: what the networks see also shows how clearly the face is visible, and
        # whether it is the same one as in the previous frame.
        crops = [self._classify.cut(image, face.landmarks) for face in found]
        height, width = image.shape[:2]
        return CutFaces(found, crops, width, height)

    def _cut_frame(self, image: Pixels, found: Sequence[FoundFace]) -> CutFaces:
        cut = self._cut(image, found)
        pairs = zip(found, cut.crops, strict=True)
        return replace(cut, faces=[replace(face, look=look_of(crop[0])) for face, crop in pairs])

    def _reading(
        self, cut: CutFaces, request_id: str, watch: Stopwatch, is_frame: bool = False
    ) -> Reading:
        # Over a camera's frames, a face is averaged anyway.
        traits = self._classify(cut.crops, mirrored=not is_frame)
        watch.lap("classify")
        width, height = cut.width, cut.height
        faces = tuple(
            Face.of(
                face,
                replace(answer, unsure=_unsure(face, crop[0], answer, (width, height))),
                width,
                height,
            )
            for face, crop, answer in zip(cut.faces, cut.crops, traits, strict=True)
        )
        return Reading(request_id, self._nets, width, height, watch.milliseconds(), faces)


def _joined(known: Sequence[Box], doubtful: Sequence[Box]) -> list[Box]:
    """One box for each face: a doubtful box in whose place one is known enlarges that one."""
    joined = list(known)
    for box in doubtful:
        x, y = box.middle
        for at, other in enumerate(joined):
            if other.contains(x, y):
                joined[at] = other.joined(box)
                break
        else:
            joined.append(box)
    return joined


def _unsure(
    found: FoundFace, crop: Pixels, traits: Traits, size: tuple[int, int]
) -> tuple[Doubt, ...]:
    """Every reason to doubt the traits of a face, in a picture of that width and height."""
    if found.box.shorter_side < SMALL_FACE_PX:
        return _of_all(("small",))
    none = tuple(doubt for doubt in traits.unsure if doubt.reason == "not_a_face")
    # How well it can be seen does not matter if there may be no face.
    return none or (*traits.unsure, *_of_all(reasons_to_doubt(crop, found.landmarks, *size)))


def _of_all(reasons: tuple[str, ...]) -> tuple[Doubt, ...]:
    """A doubt about every trait: a bad view of the face affects them all."""
    return tuple(Doubt(trait, reason) for reason in reasons for trait in TRAITS)
