"""Age intervals on faces of val that did not calibrate them: what their spread was chosen by.

    python -m studies.folds --data DIR [--spread AT_0 PER_YEAR …]

Val is split into five parts, several times; each is evaluated with intervals from the other four.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import Probabilities
from facetraits.paths import Paths
from facetraits.training.data.datasets import Sample, Skipped
from facetraits.training.evaluation.answers import group_indices
from facetraits.training.evaluation.conformal import SPREAD, Spread, fit_intervals
from facetraits.training.evaluation.evaluate import TRAITNET, evaluate_traitnet
from facetraits.training.evaluation.trait_answers import AgeEvaluation

_FOLDS = 5
_TIMES = 4
_SEED = 2026
# A group of fewer faces has no coverage to speak of.
_LEAST_FACES = 50


@dataclass(frozen=True, slots=True)
class Row:
    """How intervals of one spread did on faces that they were not calibrated on.

    Attributes:
        coverage, width_years: of all faces: share inside, and mean width.
        decades: decade of the label → share inside.
        least: the race and gender whose share is least, and that share.
    """

    coverage: float
    width_years: float
    decades: dict[str, float]
    least: tuple[str, float]


def measure(years: Probabilities, samples: Sequence[Sample], spread: Spread) -> Row:
    """Asks each face with intervals of the folds that it is not in.

    Args:
        years: (n, 101) probabilities, temperature scaled, of faces not trained on.
        samples: n faces with their ages.
    """
    ages = np.array([sample.age for sample in samples])
    rng = np.random.default_rng(_SEED)
    tried = [
        _ask(years, ages=ages, fold=rng.permutation(len(ages)) % _FOLDS, spread=spread)
        for _ in range(_TIMES)
    ]
    inside, width = (np.mean(part, axis=0) for part in zip(*tried, strict=True))
    groups = {
        name: float(inside[members].mean())
        for name, members in group_indices("age", list(samples), crossed=True).items()
        if len(members) >= _LEAST_FACES
    }
    both = {name: share for name, share in groups.items() if name.startswith("race and gender")}
    return Row(
        float(inside.mean()),
        width_years=float(width.mean()),
        decades={name: share for name, share in groups.items() if name.startswith("age:")},
        least=min(both.items(), key=lambda group: group[1]),
    )


def _ask(
    years: Probabilities, ages: NDArray[np.int64], fold: NDArray[np.int64], spread: Spread
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """(n,) whether each age is inside its interval, and how wide that is."""
    inside, width = np.zeros(len(ages), bool), np.zeros(len(ages))
    for out in range(_FOLDS):
        intervals = fit_intervals(years[fold != out], ages[fold != out], spread=spread)
        for i in np.flatnonzero(fold == out):
            _, low, high = intervals.of(years[i])
            inside[i], width[i] = low <= ages[i] <= high, high - low
    return inside, width


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--spread", type=float, nargs=2, action="append", metavar=("AT_0", "PER_YEAR")
    )
    options = parser.parse_args()
    paths = Paths.found()
    result = evaluate_traitnet(
        paths.models / TRAITNET, data_dir=options.data, split="val", skipped=Skipped(), paths=paths
    )
    age = result.parts["age"]
    assert isinstance(age, AgeEvaluation)  # val has people with ages
    print("| spread | all | years wide | by decade of the label | least race and gender |")
    print("| --- | --- | --- | --- | --- |")
    for spread in options.spread or [SPREAD]:
        row = measure(age.years, age.samples, tuple(spread))
        decades = " ".join(f"{share:.3f}" for share in row.decades.values())
        who, share = row.least
        print(
            f"| {spread[0]:g} + {spread[1]:g} a year | {row.coverage:.3f} | {row.width_years:.1f} "
            f"| {decades} | {share:.3f} ({who.split(': ')[1]}) |"
        )


if __name__ == "__main__":
    main()
