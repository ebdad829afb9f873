"""From which blur and darkness on the answers go wrong: what `quality`'s thresholds come from.

    python -m studies.quality_thresholds --data DIR --nets traitnet

UTKFace's val pictures are made worse step by step, found again, and classified as in the app.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from facetraits.networks.classifiers import CLASSIFIERS
from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.model import FoundFace
from facetraits.training.data.datasets import Sample, Skipped, load_utkface
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.pipeline import Classify
from facetraits.vision.quality import brightness, sharpness, turn, view_of
from studies.drift import gender_right, years_off

_FACES = 250
# As large as the larger faces in the pipeline.
_CROP_PX = 200
_SEED = 2026
_BLURS = (0.0, 0.01, 0.02, 0.03, 0.04, 0.06)
_LIGHTS = (1.0, 0.5, 0.25, 0.15, 0.1, 0.06)
_TURNS = (0.0, 0.1, 0.2, 0.3, 0.4, 10.0)

Find = Callable[[Pixels], Sequence[FoundFace]]


@dataclass(frozen=True, slots=True)
class Row:
    """Faces of one kind.

    Attributes:
        kind: what was done to them, or which they are.
        faces: how many were found.
        measured: the median of what `quality` measures.
        gender, age_mae_years: share that is right, and mean distance from the label.
    """

    kind: str
    faces: int
    measured: float
    gender: float
    age_mae_years: float


@dataclass(frozen=True, slots=True)
class _Answer:
    measured: float
    gender_right: bool
    years_off: float


def blurred(picture: Pixels, share: float) -> Pixels:
    """Out of focus by so much of the side."""
    if not share:
        return picture
    return as_pixels(cv2.GaussianBlur(picture, (0, 0), share * picture.shape[0]))


def darkened(picture: Pixels, gain: float) -> Pixels:
    return as_pixels(cv2.convertScaleAbs(picture, alpha=gain))


def measure(samples: Sequence[Sample], find: Find, classify: Classify) -> list[Row]:
    """A row for each step of blur, of darkness, and for faces by their turn."""
    worse = [
        *((f"blur {s:.0%} of the side", partial(blurred, share=s), _sharpness) for s in _BLURS),
        *((f"light {g:g}", partial(darkened, gain=g), _brightness) for g in _LIGHTS),
    ]
    rows = []
    for kind, change, quality in worse:
        found = (
            _answer(sample, change=change, quality=quality, find=find, classify=classify)
            for sample in samples
        )
        rows.append(_row(kind, [answer for answer in found if answer]))
    return rows + _by_turn(samples, find, classify)


def _by_turn(samples: Sequence[Sample], find: Find, classify: Classify) -> list[Row]:
    every = [
        answer
        for s in samples
        if (answer := _answer(s, change=lambda p: p, quality=_turn, find=find, classify=classify))
    ]
    return [
        _row(f"turned {low:g} to {high:g}", [a for a in every if low <= a.measured < high])
        for low, high in pairwise(_TURNS)
    ]


def _sharpness(picture: Pixels, face: FoundFace) -> float:
    return sharpness(view_of(fit_face(picture, _CROP_PX, face.landmarks)))


def _brightness(picture: Pixels, face: FoundFace) -> float:
    return brightness(view_of(fit_face(picture, _CROP_PX, face.landmarks)))


def _turn(picture: Pixels, face: FoundFace) -> float:
    return turn(face.landmarks)


def _answer(
    sample: Sample,
    change: Callable[[Pixels], Pixels],
    quality: Callable[[Pixels, FoundFace], float],
    find: Find,
    classify: Classify,
) -> _Answer | None:
    """None where the face is not found any more."""
    picture = change(sample.load())
    edge = picture.shape[0] // 4  # a detector wants more than a face around a face
    picture = as_pixels(cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE))
    faces = find(picture)
    if not faces or sample.gender is None or sample.age is None:
        return None
    (predicted,) = classify([classify.cut(picture, faces[0].landmarks)])
    return _Answer(
        quality(picture, faces[0]),
        gender_right(sample, predicted),
        years_off(sample, predicted),
    )


def _row(kind: str, answers: Sequence[_Answer]) -> Row:
    if not answers:
        return Row(
            kind, faces=0, measured=float("nan"), gender=float("nan"), age_mae_years=float("nan")
        )
    return Row(
        kind,
        faces=len(answers),
        measured=float(np.median([answer.measured for answer in answers])),
        gender=float(np.mean([answer.gender_right for answer in answers])),
        age_mae_years=float(np.mean([answer.years_off for answer in answers])),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--nets", choices=tuple(CLASSIFIERS), default="traitnet")
    parser.add_argument("--faces", type=int, default=_FACES, metavar="N")
    options = parser.parse_args()
    samples = [s for s in load_utkface(options.data, Skipped()) if s.split == "val"]
    order = np.random.default_rng(_SEED).permutation(len(samples))
    chosen = [samples[i] for i in order[: options.faces]]
    print("| picture | found | measured, median | gender | age, years off |")
    print("| --- | --- | --- | --- | --- |")
    for row in measure(
        chosen, FaceDetector().find, CLASSIFIERS[options.nets](Paths.found().models)
    ):
        print(
            f"| {row.kind} | {row.faces} | {row.measured:.3f} | {row.gender:.3f} | "
            f"{row.age_mae_years:.2f} |"
        )


if __name__ == "__main__":
    main()
