"""What the network learns from: usable, covered, and blurred faces, and what is no face."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from facetraits.networks.face_quality import BLUR_RANGE, QUALITIES
from facetraits.pixels import Pixels, as_pixels
from facetraits.training.face_quality.blurs import BLURS
from facetraits.training.face_quality.covers import BESIDE, OVER_EYES, OVER_MOUTH, Sheet, hidden
from facetraits.training.face_quality.views import FRAME_SHARE, VIEW_PX, Views, framed
from facetraits.vision.quality import SIDE_PX, sharpness

_NOT_A_FACE, _EYES, _MOUTH, _BLUR = range(len(QUALITIES))
# Only faces that are this sharp are known to have no blur of their own.
SHARP_FROM = 0.06
_COVERED_SHARE, _BESIDE_SHARE, _BLURRED_SHARE = 0.42, 0.18, 0.35


@dataclass(frozen=True, slots=True)
class Examples:
    """Pictures with targets.

    Attributes:
        pixels: (n, SIDE_PX, SIDE_PX, 1) gray uint8.
        targets: (n, qualities) float32, 0..1.
        weights: the same shape: 0 where a target is unknown.
    """

    pixels: NDArray[np.uint8]
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: list[Examples]) -> Examples:
        return cls(
            *(
                np.concatenate([getattr(p, n) for p in parts])
                for n in ("pixels", "targets", "weights")
            )
        )


def of_faces(views: Views, patterns: Sequence[Pixels], rng: Generator) -> Examples:
    """Each face once: as it is, covered, or with something beside it; some of them blurred."""
    made = [_of_face(*view, patterns, rng) for view in zip(views.pixels, views.points, strict=True)]
    return _stacked(made)


def of_non_faces(views: Views, rng: Generator) -> Examples:
    """Each place once; some of them blurred."""
    target = np.eye(len(QUALITIES), dtype=np.float32)[_NOT_A_FACE]
    made = []
    for view in views.pixels:
        if rng.random() < _BLURRED_SHARE:
            view, _ = _blurred(view, rng)
        # Whether it is covered or blurred has no meaning here.
        made.append((_varied(view, rng), target, target))
    return _stacked(made)


Made = tuple[Pixels, NDArray[np.float32], NDArray[np.float32]]


def _of_face(
    view: Pixels, points: NDArray[np.float32], patterns: Sequence[Pixels], rng: Generator
) -> Made:
    target = np.zeros(len(QUALITIES), np.float32)
    weight = np.ones(len(QUALITIES), np.float32)
    weight[_BLUR] = sharpness(framed(view, SIDE_PX)) > SHARP_FROM
    chance = rng.random()
    if chance < _COVERED_SHARE + _BESIDE_SHARE:
        kinds = (
            BESIDE if chance > _COVERED_SHARE else OVER_EYES if rng.random() < 0.4 else OVER_MOUTH
        )
        sheet = Sheet(view, points, patterns, rng)
        list(kinds.values())[int(rng.integers(len(kinds)))](sheet)
        cover = sheet.done()
        view = cover.over(view)
        target[_EYES], target[_MOUTH] = hidden(sheet, cover)
    if rng.random() < _BLURRED_SHARE:
        view, target[_BLUR] = _blurred(view, rng)
    return _varied(view, rng), target, weight


def _blurred(view: Pixels, rng: Generator) -> tuple[Pixels, float]:
    """Blurred at random, and how much, as a share of ``BLUR_RANGE``."""
    share = rng.uniform(0.003, BLUR_RANGE * 1.5)
    blur = list(BLURS.values())[int(rng.integers(len(BLURS)))]
    return blur(view, share * VIEW_PX * FRAME_SHARE, rng), min(1.0, share / BLUR_RANGE)


def _varied(view: Pixels, rng: Generator) -> Pixels:
    """Another position, light, noise, and compression; (SIDE_PX, SIDE_PX) gray."""
    middle = (VIEW_PX - 1) / 2
    scale = float(np.exp(rng.normal(0, 0.08)))
    turn = np.array(cv2.getRotationMatrix2D((middle, middle), rng.normal(0, 8), scale), np.float64)
    turn[:, 2] += rng.normal(0, 0.02, 2) * VIEW_PX
    if rng.random() < 0.5:
        turn = turn @ np.array([[-1, 0, VIEW_PX - 1], [0, 1, 0], [0, 0, 1]])
    moved = cv2.warpAffine(view, turn, (VIEW_PX, VIEW_PX), borderMode=cv2.BORDER_REPLICATE)
    if rng.random() < 0.4:
        _, encoded = cv2.imencode(
            ".jpg", moved, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        )
        moved = as_pixels(cv2.imdecode(encoded, cv2.IMREAD_GRAYSCALE))
    face = framed(as_pixels(moved), SIDE_PX).astype(np.float64)
    if rng.random() < 0.6:
        mean = face.mean()
        face = (face - mean) * rng.uniform(0.5, 1.3) + mean * rng.uniform(0.5, 1.25)
    if rng.random() < 0.4:
        face = face + rng.normal(0, rng.uniform(1, 8), face.shape)
    return as_pixels(np.clip(face, 0, 255).astype(np.uint8))


def _stacked(made: list[Made]) -> Examples:
    pixels, targets, weights = zip(*made, strict=True)
    return Examples(np.stack(pixels)[..., None], np.stack(targets), np.stack(weights))
