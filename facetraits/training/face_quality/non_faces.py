"""What is no face, seen as a detector would pass it on.

From pictures without people: places that YuNet at a very low threshold takes for faces, and random
places. From the data sets' own pictures: places beside the face, and parts of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from PIL import Image

from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Landmarks
from facetraits.training.data.datasets import Sample
from facetraits.training.data.framing import FRAMING, LandmarkCache
from facetraits.training.face_quality.views import VIEW_PX, Views, view_of
from facetraits.vision.crop import FRAMINGS
from facetraits.vision.detection import FaceDetector

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
# Far below serving's 0.6: what only just is no face for the detector teaches more.
LEAST_SCORE = 0.12
_LARGEST_PX = 420


def pictures_of(folder: Path, split: str) -> list[Path]:
    """The pictures below a folder that belong to a split, by the hash of their content."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
    return [path for path in paths if _split(path) == split]


def _split(path: Path) -> str:
    first = hashlib.sha256(path.read_bytes()).digest()[0]
    return "test" if first < 38 else "val" if first < 76 else "train"


def load(path: Path, rng: Generator) -> Pixels:
    """A picture at a random size, on a random gray where it is transparent, (h, w, 3) RGB uint8."""
    with Image.open(path) as opened:
        picture = opened.convert("RGBA")
    side = int(rng.uniform(90, _LARGEST_PX))
    picture.thumbnail((side, side))
    gray = int(rng.integers(256))
    edge = side // 4
    ground = Image.new("RGBA", (picture.width + 2 * edge, picture.height + 2 * edge), (gray,) * 3)
    ground.alpha_composite(picture, (edge, edge))
    return as_pixels(np.asarray(ground.convert("RGB")))


def mined(
    paths: Sequence[Path], rng: Generator, tries: int, least_score: float
) -> Iterator[tuple[Pixels, Landmarks]]:
    """What the detector finds in pictures without people, at random sizes and angles."""
    detector = FaceDetector(least_score)
    for _ in range(tries):
        for path in paths:
            picture = _spun(load(path, rng), rng)
            for face in detector.find_within(picture, max(picture.shape[:2]), most=12):
                yield picture, face.landmarks


def _spun(picture: Pixels, rng: Generator) -> Pixels:
    height, width = picture.shape[:2]
    if rng.random() < 0.5:
        picture = as_pixels(np.ascontiguousarray(picture[:, ::-1]))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-25, 25), 1.0)
    return as_pixels(
        cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    )


def anywhere(picture: Pixels, rng: Generator) -> Landmarks:
    """Landmarks of a face that is not there: any place, size, and angle."""
    side = np.exp(rng.uniform(np.log(24), np.log(max(32, min(picture.shape[:2])))))
    middle = rng.uniform(0, 1, 2) * picture.shape[1::-1]
    return _placed(middle, side, rng)


def _placed(middle: np.ndarray, side: float, rng: Generator) -> Landmarks:
    angle = rng.normal(0, 0.3)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    frame = (FRAMINGS[FRAMING] - 0.5) * side + rng.normal(0, 0.02, (5, 2)) * side
    return np.asarray(frame @ turn.T + middle, np.float32)


def beside(picture: Pixels, face: Landmarks, rng: Generator) -> Landmarks | None:
    """A place in a portrait without the face, or with a part of it; None if there is none."""
    middle = face.mean(0)
    eye_px = float(np.hypot(*(face[1] - face[0])))
    if rng.random() < 0.4:  # an eye, a cheek, an ear, hair, much enlarged
        place = middle + rng.uniform(-1.2, 1.2, 2) * eye_px
        return _placed(place, eye_px * rng.uniform(0.35, 0.9), rng)
    for _ in range(8):
        place = rng.uniform(0, 1, 2) * picture.shape[1::-1]
        side = eye_px * rng.uniform(0.6, 2.5)
        apart = np.abs(place - middle).max()
        if apart > eye_px * 1.2 + side / 2:
            return _placed(place, side, rng)
    return None


def views_of(found: Iterable[tuple[Pixels, Landmarks]], most: int) -> Views:
    """The first of them as wide views in gray."""
    pixels: list[Pixels] = []
    points: list[Landmarks] = []
    for picture, landmarks in found:
        if len(pixels) == most:
            break
        shown, where = view_of(picture, landmarks)
        if shown.std() > 2:  # nothing at all is never detected
            pixels.append(shown)
            points.append(where)
    if not pixels:
        return Views(np.zeros((0, VIEW_PX, VIEW_PX), np.uint8), np.zeros((0, 5, 2), np.float32))
    return Views(np.stack(pixels), np.stack(points))


def random_places(paths: Sequence[Path], rng: Generator) -> Iterator[tuple[Pixels, Landmarks]]:
    """Random places in pictures without people, without end."""
    while paths:
        for path in paths:
            picture = load(path, rng)
            for _ in range(6):
                yield picture, anywhere(picture, rng)


def off_faces(
    samples: Sequence[Sample], cache: LandmarkCache, rng: Generator
) -> Iterator[tuple[Pixels, Landmarks]]:
    """Places in data-set pictures that are not their face."""
    for sample in samples:
        picture = sample.load()
        face = cache.of(sample, picture)
        place = None if face is None else beside(picture, face, rng)
        if place is not None:
            yield picture, place
