"""Do age intervals keep their promise on a data set that did not calibrate them?

    python -m studies.left_out --data DIR

The network's answers on val of each data set that tells ages, with the temperature and the depths
of the other sets' val. The network itself learned from the train splits of all of them: what is
left out is the calibration. FairFace tells bins: a face of it counts by the share of the bin's
probability that is inside its interval.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import AgeIntervals, Probabilities, with_temperature
from facetraits.networks.cards import RUNTIME, read_checked, read_trait_card
from facetraits.networks.runtime import TraitAnswers
from facetraits.paths import Paths
from facetraits.reading.traits import AGE_YEARS
from facetraits.training.data.datasets import Sample, Skipped
from facetraits.training.data.trait_data import LANDMARKS, by_set, read_traits
from facetraits.training.evaluation.conformal import fit_intervals
from facetraits.training.evaluation.evaluate import TRAITNET
from facetraits.training.evaluation.metrics import fit_temperature
from facetraits.training.model.targets import head_labels

_TOLD_IN_YEARS = ("utkface", "appa-real")
_TOLD_IN_BINS = "fairface"


@dataclass(frozen=True, slots=True)
class Part:
    """One data set: (n, 101) answers before scaling, and what is known of the n faces."""

    raw: Probabilities
    samples: Sequence[Sample]

    @property
    def ages(self) -> NDArray[np.int64]:
        return head_labels("age", list(self.samples))


def calibrated(parts: Sequence[Part]) -> tuple[float, AgeIntervals]:
    """Temperature and intervals of some data sets, each counting alike."""
    raw, ages = (np.concatenate([getattr(p, name) for p in parts]) for name in ("raw", "ages"))
    temperature = fit_temperature(ages, raw)
    sets = [sample.dataset for part in parts for sample in part.samples]
    scaled = with_temperature(raw, temperature)
    return temperature, fit_intervals(scaled, ages, sets=sets)


def covered(part: Part, temperature: float, intervals: AgeIntervals) -> tuple[float, float]:
    """Share of a set's ages that are inside, and the mean width in years."""
    years = with_temperature(part.raw, temperature)
    inside, width = [], []
    for row, sample in zip(years, part.samples, strict=True):
        _, low, high = intervals.of(row)
        inside.append(_inside(sample, years=row, low=low, high=high))
        width.append(high - low)
    return float(np.mean(inside)), float(np.mean(width))


def _inside(sample: Sample, years: NDArray[np.float64], low: float, high: float) -> float:
    if sample.age is not None:
        return float(low <= sample.age <= high)
    assert sample.age_bin is not None  # only sets that tell one of them are read
    first, last = sample.age_bin
    every = np.arange(AGE_YEARS)
    of_bin = np.where((every >= first) & (every <= last), years + 1e-9, 0.0)
    return float(of_bin[(every >= low - 0.5) & (every <= high + 0.5)].sum() / of_bin.sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--split", choices=("val", "test"), default="val")
    options = parser.parse_args()
    paths = Paths.found()
    folder = paths.models / TRAITNET
    card = read_trait_card(folder)
    answers = TraitAnswers(card, read_checked(folder, RUNTIME, card))
    wanted = (*_TOLD_IN_YEARS, _TOLD_IN_BINS)
    splits = tuple({"val", options.split})
    landmarks = paths.runs / LANDMARKS
    data = read_traits(
        options.data,
        size_px=card.size_px,
        channels=card.channels,
        skipped=Skipped(),
        landmarks=landmarks,
        splits=splits,
        sets=wanted,
    )
    parts = {
        split: {
            name: Part(answers.raw(part.shown(card.channels))["age"], part.samples)
            for name, part in by_set(data.of_split(split)).items()
        }
        for split in splits
    }
    print(f"| calibrated on val of | evaluated on {options.split} of | inside | years wide |")
    print("| --- | --- | --- | --- |")
    for sets in (_TOLD_IN_YEARS[:1], _TOLD_IN_YEARS[1:], _TOLD_IN_YEARS):
        fitted = calibrated([parts["val"][name] for name in sets])
        for name, part in parts[options.split].items():
            inside, width = covered(part, *fitted)
            left_out = " (left out)" if name not in sets else ""
            print(f"| {', '.join(sets)} | {name}{left_out} | {inside:.3f} | {width:.1f} |")


if __name__ == "__main__":
    main()
