"""Serving compared with training: the same face as a data-set picture, and found in a photo.

    python -m studies.drift --data DIR [--nets traitnet] [--split test] [--out FILE]

Each picture is classified twice: as it is, and pasted into a larger photo, where the
detector must find it and `fit_face` must cut it. What differs is what serving costs.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from tqdm import tqdm

from facetraits.networks.classifiers import CLASSIFIERS
from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels, to_gray, to_rgb
from facetraits.reading.model import FoundFace, Traits
from facetraits.reading.traits import AGE_RANGES, GENDERS, age_range_index
from facetraits.training.data.datasets import Sample, Skipped, load_utkface
from facetraits.vision.detection import FaceDetector
from studies import print_json

PHOTO_SIZE = (640, 480)
_SIDES_PX = (90, 240)
_SEED = 2026


@dataclass(frozen=True, slots=True)
class Pair:
    """One picture's labels, and the predictions for it.

    Attributes:
        direct, gray: of the picture itself, with and without its colors.
        found: of the face in the photo; None where it was not found.
    """

    sample: Sample
    direct: Traits
    gray: Traits
    found: Traits | None


def paste(picture: Pixels, rng: np.random.Generator) -> tuple[Pixels, tuple[int, int, int]]:
    """A 640x480 photo with the picture in it at a random size and place: x, y, side."""
    side = int(rng.integers(*_SIDES_PX))
    width, height = PHOTO_SIZE
    x, y = int(rng.integers(0, width - side)), int(rng.integers(0, height - side))
    coarse = rng.integers(60, 190, (6, 8, 3), np.uint8)
    photo = as_pixels(cv2.resize(coarse, PHOTO_SIZE, interpolation=cv2.INTER_CUBIC))
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    photo[y : y + side, x : x + side] = small
    return photo, (x, y, side)


def measure(data_dir: Path, split: str, skipped: Skipped, nets: str = "baseline") -> dict[str, Any]:
    """The drift on one side of UTKFace's split.

    Args:
        nets: "baseline" or "traitnet".

    Raises:
        BadData: where UTKFace is missing.
        BadWeights: where the networks are not trained.
    """
    detector, classifier = FaceDetector(), CLASSIFIERS[nets](Paths.found().models)
    rng = np.random.default_rng(_SEED)
    samples = [s for s in load_utkface(data_dir, skipped) if s.split == split]
    pairs = []
    for sample in tqdm(samples, desc="pasting", unit="face"):
        picture = sample.load()
        both = (picture, to_rgb(to_gray(picture)))
        direct, gray = classifier([classifier.cut(face, None) for face in both])
        photo, place = paste(picture, rng)
        face = _at(detector.find(photo), place)
        found = classifier([classifier.cut(photo, face.landmarks)])[0] if face else None
        pairs.append(Pair(sample, direct=direct, gray=gray, found=found))
    return _figures(split, pairs)


def _at(faces: list[FoundFace], place: tuple[int, int, int]) -> FoundFace | None:
    x, y, side = place
    for face in faces:
        middle = (face.box.x + face.box.width / 2 - x, face.box.y + face.box.height / 2 - y)
        if all(0.25 * side < value < 0.75 * side for value in middle):
            return face
    return None


def _figures(split: str, pairs: list[Pair]) -> dict[str, Any]:
    both = [(p.sample, p.direct, p.found) for p in pairs if p.found is not None]
    gender = [(s, d, f) for s, d, f in both if s.gender is not None]
    age = [(s, d, f) for s, d, f in both if s.age is not None]

    def share(flags: list[bool]) -> float:
        return round(float(np.mean(flags)), 4)

    return {
        "split": split,
        "faces": len(pairs),
        "found": share([p.found is not None for p in pairs]),
        "gender_agreement": share([d.gender.value == f.gender.value for _, d, f in gender]),
        "gender_accuracy_direct": share([gender_right(s, d) for s, d, _ in gender]),
        "gender_accuracy_found": share([gender_right(s, f) for s, _, f in gender]),
        "age_range_agreement": share([d.age.range == f.age.range for _, d, f in age]),
        "age_range_accuracy_direct": share([_age_right(s, d) for s, d, _ in age]),
        "age_range_accuracy_found": share([_age_right(s, f) for s, _, f in age]),
        "age_middle_drift_years": _mean([abs(d.age.value - f.age.value) for _, d, f in age]),
        "age_mae_years_direct": _mean([years_off(s, d) for s, d, _ in age]),
        "age_mae_years_found": _mean([years_off(s, f) for s, _, f in age]),
        "age_error_correlation": round(_error_correlation(age), 3),
        "emotion_agreement": share([_same_emotion(d, f) for _, d, f in both]),
        "emotion_agreement_gray": share([_same_emotion(p.direct, p.gray) for p in pairs]),
    }


def _same_emotion(a: Traits, b: Traits) -> bool:
    return a.emotion.dominant == b.emotion.dominant


def _mean(years: list[float]) -> float:
    return round(float(np.mean(years)), 2)


def years_off(sample: Sample, predicted: Traits) -> float:
    assert sample.age is not None  # only such samples are asked about
    return abs(predicted.age.value - sample.age)


def _error_correlation(pairs: list[tuple[Sample, Traits, Traits]]) -> float:
    """Of the two answers' errors on one face: what averaging over frames cannot take away."""
    errors = np.array(
        [(d.age.value - s.age, f.age.value - s.age) for s, d, f in pairs if s.age is not None]
    )
    return float(np.corrcoef(errors.T)[0, 1])


def gender_right(sample: Sample, predicted: Traits) -> bool:
    return sample.gender is not None and predicted.gender.value == GENDERS[sample.gender]


def _age_right(sample: Sample, predicted: Traits) -> bool:
    return (
        sample.age is not None
        and predicted.age.range == AGE_RANGES[age_range_index(sample.age)].name
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nets", choices=tuple(CLASSIFIERS), default="baseline")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write it here")
    options = parser.parse_args()
    print_json(
        measure(options.data, split=options.split, skipped=Skipped(), nets=options.nets),
        options.out,
    )


if __name__ == "__main__":
    main()
