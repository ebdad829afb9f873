"""The Python API: one object that reads photos and cropped faces."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from facetraits.errors import BadImage, BadSetting
from facetraits.networks.classifiers import CLASSIFIERS, load_classifier
from facetraits.paths import Paths
from facetraits.pixels import Pixels, to_rgb
from facetraits.reading.model import Reading, Traits
from facetraits.settings import DEFAULT_NETS, MAX_BYTES, MAX_PIXELS
from facetraits.vision.anonymize import Anonymized, anonymize
from facetraits.vision.decoding import Decoded, decode
from facetraits.vision.detection import FaceDetector
from facetraits.vision.hiding import Hiding
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.stopwatch import Stopwatch

Photo = Pixels | str | Path | bytes


class Analyzer:
    """Apparent age, gender, and emotion of every face. Not thread-safe.

    Args:
        nets: "traitnet", one network for all traits, or "baseline", three small networks.
        max_faces: only this many of the largest faces are analyzed, 1 to 100.
        paths: where the networks are; by default those that come with the package.

    Raises:
        BadSetting: if ``nets`` or ``max_faces`` is invalid.
        BadWeights: if the trained networks cannot be used.
    """

    def __init__(
        self, nets: str = DEFAULT_NETS, max_faces: int = 5, paths: Paths | None = None
    ) -> None:
        if nets not in CLASSIFIERS:
            raise BadSetting(f"nets={nets!r} is not one of {', '.join(CLASSIFIERS)}")
        if not 1 <= max_faces <= 100:
            raise BadSetting(f"max_faces={max_faces} is not from 1 to 100")
        models = (paths or Paths.found()).models
        self._classifier = load_classifier(nets, models)
        detector = FaceDetector(models_dir=models)
        self._reader = FrameReader(
            detector, classify=self._classifier, nets=nets, max_faces=max_faces
        )

    def analyze(self, image: Photo) -> Reading:
        """Detects and analyzes the faces in one picture.

        Args:
            image: (h, w, 3) uint8 RGB, or a path, or an encoded picture's bytes.

        Raises:
            BadImage, UnsupportedType, TooLarge: where it cannot be read.
        """
        return self.open_and_analyze(image)[1]

    def open_and_analyze(self, image: Photo) -> tuple[Pixels, Reading]:
        """The upright picture as (h, w, 3) RGB uint8, and its reading."""
        watch = Stopwatch()
        opened = _open(image)
        watch.lap("decode")
        reading = self._reader.read(opened.pixels, uuid.uuid4().hex, watch)
        return opened.pixels, opened.described(reading)

    def anonymize(
        self, image: str | Path | bytes, style: str = "blur", faces: Sequence[int] = ()
    ) -> Anonymized:
        """Hides the faces in one picture. Some may be missed: look at it before you share it.

        Args:
            image: a path, or an encoded picture's bytes.
            style: "blur", "pixelate" or "cover". None can be undone.
            faces: numbers of the reading's faces, from 1; by default all, and doubtful ones.

        Returns:
            The encoded picture, upright and without metadata, and the boxes of the hidden faces.

        Raises:
            BadImage, UnsupportedType, TooLarge: where it cannot be read.
            BadRequest: for an unknown style, or a face that is not in the reading.
        """
        hiding = Hiding(style, tuple(faces))
        data = image if isinstance(image, bytes) else _content(image)
        pixels, reading = self.open_and_analyze(data)
        return anonymize(data, pixels, reading=reading, reader=self._reader, hiding=hiding)

    @staticmethod
    def open(image: Photo) -> Pixels:
        """What :meth:`analyze` takes → (h, w, 3) RGB uint8, upright.

        Raises:
            BadImage, UnsupportedType, TooLarge: where it cannot be read.
        """
        return _open(image).pixels

    def classify(self, crops: Iterable[Pixels]) -> list[Traits]:
        """Classifies faces that are already cropped, without detection.

        Args:
            crops: (h, w, 3) RGB, (h, w, 1) or (h, w) gray uint8, any size, one face each.

        Raises:
            BadImage: if a crop has another shape or type.
        """
        return self._classifier([self._classifier.cut(_checked(crop), None) for crop in crops])


def _open(image: Photo) -> Decoded:
    if isinstance(image, np.ndarray):
        return Decoded(to_rgb(_checked(image)))
    if isinstance(image, str | Path):
        image = _content(image)
    return decode(image, MAX_BYTES, MAX_PIXELS)


def _content(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise BadImage(f"the file cannot be opened: {error.strerror}") from error


def _checked(pixels: Pixels) -> Pixels:
    shape_is_right = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 3))
    if not (shape_is_right and pixels.size and pixels.dtype == np.uint8):
        raise BadImage(
            f"a picture must be (h, w, 3) or (h, w) uint8, not {pixels.shape} {pixels.dtype}"
        )
    return pixels
