"""Converts every data set to one framing, so that one network can learn from all of them.

UTKFace pictures already have the framing that serving uses. FER2013 and CK+48 show the
face lower and tighter, without landmarks. YuNet finds them once per picture; if it
cannot, the data set's median landmarks (``crop.FRAMINGS``) are used instead.
docs/experiments.md says how often that happens.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Landmarks, similarity
from facetraits.training.data.datasets import Sample
from facetraits.vision.crop import FRAMINGS, fit_face
from facetraits.vision.detection import FaceDetector

FRAMING = "utkface"
# Pictures of the whole head, in color if the data set has color.
_PEOPLE = {"UTKFace", "facial-age", "FairFace", "APPA-REAL", "LFW"}
# If no face is found, these are already approximately in traitnet's framing.
_FRAMED = {"UTKFace", "facial-age"}
_OTHERS = "fer2013"
# The detector needs padding around a face: this share of the side on each side.
_AIR = 0.3
_GRAY = (127, 127, 127)
_KEY_BYTES = 16

# Landmarks that would move a picture by more than this, relative to the data set's median,
# are wrong: change in scale, rotation in degrees, share of the side.
_LARGEST_SCALE, _LARGEST_TURN_DEG, _LARGEST_SHIFT = 1.8, 50.0, 0.3


def is_of_people(sample: Sample) -> bool:
    """Whether a picture shows a whole head in color, rather than 48 gray pixels."""
    return sample.dataset in _PEOPLE


def median_landmarks(side_px: int) -> Landmarks:
    """The typical landmarks in pictures without framing, in pixels."""
    return FRAMINGS[_OTHERS] * side_px


def plausible(found: Landmarks, side_px: int) -> bool:
    """Whether landmarks are close to the typical ones of the data set."""
    try:
        matrix = similarity(found, median_landmarks(side_px))
    except ValueError:
        return False
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    turn = abs(np.rad2deg(np.arctan2(matrix[1, 0], matrix[0, 0])))
    shift = (found.mean(0) - median_landmarks(side_px).mean(0)) / side_px
    return bool(
        1 / _LARGEST_SCALE < scale < _LARGEST_SCALE
        and turn < _LARGEST_TURN_DEG
        and np.abs(shift).max() < _LARGEST_SHIFT
    )


def find_landmarks(detector: FaceDetector, picture: Pixels) -> Landmarks | None:
    """(h, w[, 3]) uint8 of one face → its landmarks in pixels, or None."""
    rgb = picture if picture.ndim == 3 else as_pixels(cv2.cvtColor(picture, cv2.COLOR_GRAY2RGB))
    found = detector.find(rgb, most=1)
    if not found or not plausible(found[0].landmarks, picture.shape[0]):
        return None
    return found[0].landmarks


def find_central(detector: FaceDetector, picture: Pixels) -> Landmarks | None:
    """(h, w, 3) RGB uint8 of one person → the landmarks of the face in the center, or None."""
    height, width = picture.shape[:2]
    edge = int(max(height, width) * _AIR)
    airy = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=_GRAY)
    middle = np.array([width, height]) / 2 + edge
    for face in detector.find(as_pixels(airy), most=5):  # the largest first
        box = face.box
        near = np.abs(np.array([box.x + box.width / 2, box.y + box.height / 2]) - middle)
        if (near < (box.width / 2, box.height / 2)).all():
            return np.asarray(face.landmarks - edge, np.float32)
    return None


class LandmarkCache:
    """A cache of landmarks by picture content: detecting them takes milliseconds each.

    Thread-safe.

    Args:
        path: an .npz file, written by :meth:`save`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[bytes, NDArray[np.float32]] = {}
        self._local = threading.local()
        self._changed = False
        if path.is_file():
            with np.load(path) as stored:
                keys = [key.tobytes() for key in stored["keys"]]
                self._known = dict(zip(keys, stored["points"], strict=True))

    def save(self) -> None:
        """Saves new landmarks; writes nothing if there are none."""
        if not self._changed:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._path.with_suffix(".tmp.npz")
        keys = np.frombuffer(b"".join(self._known), np.uint8).reshape(-1, _KEY_BYTES)
        np.savez(temporary, keys=keys, points=np.array(list(self._known.values()), np.float32))
        temporary.replace(self._path)
        self._changed = False

    def of(self, sample: Sample, picture: Pixels) -> Landmarks | None:
        """A picture's landmarks in its own pixels, or None if none were found."""
        key = _content_key(picture)
        found = self._known.get(key)
        if found is None:
            found = self._find(sample, picture)
            self._known[key] = found
            self._changed = True
        return None if np.isnan(found).any() else found

    def _find(self, sample: Sample, picture: Pixels) -> NDArray[np.float32]:
        if not hasattr(self._local, "detector"):
            self._local.detector = FaceDetector()
        find = find_central if is_of_people(sample) else find_landmarks
        found = find(self._local.detector, picture)
        return np.full((5, 2), np.nan, np.float32) if found is None else found

    def cut(
        self,
        sample: Sample,
        picture: Pixels,
        size_px: int,
        color: bool,
        framing: str = FRAMING,
    ) -> Pixels:
        """A data-set picture in a network's framing, with the same `fit_face` as in serving.

        Raises:
            ValueError: if a picture that is not tightly cropped shows no face.
        """
        landmarks = self.of(sample, picture)
        if landmarks is not None:
            return fit_face(
                picture, size_px=size_px, landmarks=landmarks, framing=framing, color=color
            )
        if sample.dataset in _FRAMED:
            return fit_face(picture, size_px, color=color)
        if is_of_people(sample):
            raise ValueError("no face found in the center")
        return fit_face(
            picture,
            size_px=size_px,
            landmarks=median_landmarks(picture.shape[0]),
            framing=framing,
            color=color,
        )


def _content_key(picture: Pixels) -> bytes:
    shape = repr(picture.shape).encode()
    content = np.ascontiguousarray(picture).tobytes()
    return hashlib.blake2b(content, digest_size=_KEY_BYTES, key=shape[:64]).digest()
