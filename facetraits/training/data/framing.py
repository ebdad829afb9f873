"""Every data set brought to one framing, so that one network can learn from all of them.

A UTKFace picture is the framing that traitnet is served with, and stays as it is. FER2013
and CK+48 show the same face lower and tighter, with no landmarks given: YuNet finds them
once per picture, and where it does not, the data set's median (``images.FRAMINGS``) stands
in. docs/experiments.md has how often that is.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Landmarks, similarity
from facetraits.training.data.datasets import Sample
from facetraits.vision.crop import FRAMINGS, fit_face
from facetraits.vision.detection import FaceDetector

FRAMING = "utkface"
_FRAMED_AS = {"UTKFace": "utkface", "facial-age": "utkface"}
_OTHERS = "fer2013"

# Landmarks that move a picture more than this beside its data set's median are of
# something else, or wrong: a change of scale, a turn in degrees, a share of the side.
_LARGEST_SCALE, _LARGEST_TURN_DEG, _LARGEST_SHIFT = 1.8, 50.0, 0.3


def is_framed(sample: Sample) -> bool:
    """Whether a picture has traitnet's framing as it is."""
    return sample.dataset in _FRAMED_AS


def median_landmarks(side_px: int) -> Landmarks:
    """Where the landmarks lie in most pictures that are not framed, in pixels."""
    return FRAMINGS[_OTHERS] * side_px


def plausible(found: Landmarks, side_px: int) -> bool:
    """Whether landmarks are near where most pictures of the data set have them."""
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


class LandmarkCache:
    """Landmarks of pictures by name, kept in a file: finding them takes milliseconds each.

    Args:
        path: an .npz; made by :meth:`fill` where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, NDArray[np.float32]] = {}
        if path.is_file():
            with np.load(path) as stored:
                self._known = dict(zip(stored["names"].tolist(), stored["points"], strict=True))

    def fill(self, samples: Sequence[Sample], progress: bool = True) -> None:
        """Finds the landmarks of those that are not known yet, and keeps them."""
        missing = [s for s in samples if not is_framed(s) and s.name not in self._known]
        if not missing:
            return
        local = threading.local()

        def find(sample: Sample) -> NDArray[np.float32]:
            if not hasattr(local, "detector"):
                local.detector = FaceDetector()
            try:
                found = find_landmarks(local.detector, sample.load())
            except (ValueError, OSError):
                found = None
            return np.full((5, 2), np.nan, np.float32) if found is None else found

        with ThreadPoolExecutor() as pool:
            work = pool.map(find, missing)
            points = list(
                tqdm(work, "finding landmarks", len(missing), unit="face", disable=not progress)
            )
        self._known |= dict(zip([s.name for s in missing], points, strict=True))
        self._save()

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".tmp.npz")
        np.savez(
            beside,
            names=np.array(list(self._known)),
            points=np.array(list(self._known.values()), np.float32),
        )
        beside.replace(self._path)

    def of(self, sample: Sample) -> Landmarks | None:
        """A picture's landmarks in its own pixels, or None where none were found."""
        found = self._known.get(sample.name)
        return None if found is None or np.isnan(found).any() else found

    def cut(self, sample: Sample, picture: Pixels, size_px: int, color: bool) -> Pixels:
        """A data set's picture in traitnet's framing, through serving's `fit_face`."""
        if is_framed(sample):
            return fit_face(picture, size_px, color=color)
        landmarks = self.of(sample)
        if landmarks is None:
            landmarks = median_landmarks(picture.shape[0])
        return fit_face(picture, size_px, landmarks, FRAMING, color)
