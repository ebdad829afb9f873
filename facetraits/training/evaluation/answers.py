"""A network's predictions on one split, and all metrics computed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import AGE_RANGES, GENDERS, RACES
from facetraits.training.data.datasets import Sample
from facetraits.training.evaluation import metrics
from facetraits.training.evaluation.metrics import Figure, Labels, Probabilities

LEAST_GROUP = 30
"""Smaller groups are left out: their figures would be noise."""

_PICTURE = "picture"

GENERAL_FIGURES: dict[str, Figure] = {
    "accuracy": metrics.accuracy,
    "balanced_accuracy": metrics.balanced_accuracy,
    "macro_f1": metrics.macro_f1,
    "ece": metrics.expected_calibration_error,
}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Predictions and labels.

    Attributes:
        net, trait, split: what was scored, and on what.
        classes: names of the classes.
        samples: n samples.
        labels: (n,) the correct classes.
        probabilities: (n, classes) predictions as served, temperature scaled.
        raw: (n, classes) predictions before temperature scaling.
        conditions: condition of the picture → (n,) whether each face has it.
        crossed: whether there are also groups by race and gender combined.
    """

    net: str
    trait: str
    split: str
    classes: tuple[str, ...]
    samples: list[Sample]
    labels: Labels
    probabilities: Probabilities
    raw: Probabilities
    conditions: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    crossed: bool = False

    def figures(self) -> dict[str, dict[str, float]]:
        """Figure → value, low, high (95% bootstrap interval)."""
        makers = {name: self._of(figure) for name, figure in GENERAL_FIGURES.items()}
        if self.trait == "age":
            makers["within_one"] = self._of(metrics.within_one)
            makers["range_middle_mae_years"] = self._range_middle_mae
        makers["ece_before_scaling"] = partial(
            _on, metrics.expected_calibration_error, self.labels, self.raw
        )
        main = self.main()
        return {
            name: metrics.interval(make, main, biased=name.startswith("ece"))
            for name, make in makers.items()
        }

    def main(self) -> Labels:
        """Indices of the faces used for the headline figures.

        Emotion is scored on FER2013 with the annotators' votes. Posed CK+48 is only one of
        the groups, because its few faces are easier and would inflate the figures.
        """
        posed = [s.dataset == "CK+48" for s in self.samples]
        return np.arange(len(posed)) if all(posed) else np.flatnonzero(~np.array(posed))

    def _of(self, figure: Figure) -> Callable[[Labels], float]:
        return partial(_on, figure, self.labels, self.probabilities)

    def _range_middle_mae(self, chosen: Labels) -> float:
        """Mean absolute error of the midpoint of the most likely range, in years."""
        middles = np.array([r.middle for r in AGE_RANGES])[self.probabilities.argmax(1)]
        years = np.array([s.age for s in self.samples], np.float64)
        return float(np.abs(middles - years)[chosen].mean())

    def groups(self) -> dict[str, dict[str, float]]:
        """Group ("race: Asian") → its size, and accuracy with a 95% interval."""
        return {
            name: {"faces": len(indices), **self._accuracy_of(np.array(indices))}
            for name, indices in self.members().items()
            if len(indices) >= LEAST_GROUP
        }

    def members(self) -> dict[str, list[int]]:
        """Group → indices of its faces, however few."""
        members = group_indices(self.trait, self.samples, self.crossed)
        for name, flags in self.conditions.items():
            members[f"{_PICTURE}: {name}"] = np.flatnonzero(flags).tolist()
        return members

    def _accuracy_of(self, indices: Labels) -> dict[str, float]:
        return metrics.interval(self._of(metrics.accuracy), indices)

    def to_dict(self) -> dict[str, Any]:
        """All figures, as stored in a card."""
        groups, main = self.groups(), self.main()
        return {
            "split": self.split,
            "faces": len(main),
            "figures": self.figures(),
            "confusion": self._confusion(main),
            "groups": groups,
            "largest_gap": largest_gap(groups),
        }

    def _confusion(self, chosen: Labels) -> list[list[int]]:
        counts = metrics.confusion(self.labels[chosen], self.probabilities[chosen])
        return [[int(count) for count in row] for row in counts]

    def answers(self) -> list[dict[str, Any]]:
        """One row per face, for `compare`: name, label, probabilities, whether it is headline."""
        rows = zip(self.samples, self.labels, self.probabilities, strict=True)
        headline = set(self.main().tolist())
        return [
            {
                "name": s.name,
                "label": int(y),
                "probabilities": [round(float(v), 6) for v in p],
                "headline": i in headline,
            }
            for i, (s, y, p) in enumerate(rows)
        ]


def _on(figure: Figure, labels: Labels, probabilities: Probabilities, chosen: Labels) -> float:
    return figure(labels[chosen], probabilities[chosen])


def group_indices(trait: str, samples: list[Sample], crossed: bool = False) -> dict[str, list[int]]:
    """Group → indices of its samples: by race, gender and age, or by data set.

    Args:
        crossed: also by race and gender together.
    """
    groups: dict[str, list[int]] = {}
    for index, sample in enumerate(samples):
        for name in _groups_of(trait, sample):
            groups.setdefault(name, []).append(index)
        race = _race(sample)
        if crossed and race is not None and sample.gender is not None:
            both = f"race and gender: {race} {GENDERS[sample.gender]}"
            groups.setdefault(both, []).append(index)
    return dict(sorted(groups.items()))


def _groups_of(trait: str, sample: Sample) -> Iterator[str]:
    if trait == "emotion":
        yield f"data: {sample.dataset}"
        return
    race = _race(sample)
    if race is not None:
        yield f"race: {race}"
    if sample.gender is not None:
        yield f"gender: {GENDERS[sample.gender]}"
    if sample.age is not None:
        yield f"age: {_decade(sample.age)}"
    if sample.age_bin is not None:
        first, last = sample.age_bin
        yield f"age: {first:02d}-{last}"


def _race(sample: Sample) -> str | None:
    """The data set's own label, because data sets divide people differently."""
    return sample.race_name if sample.race is None else RACES[sample.race]


def _decade(age: int) -> str:
    first = min(age // 10 * 10, 80)
    return "80-116" if first == 80 else f"{first:02d}-{first + 9}"


def largest_gap(groups: dict[str, dict[str, float]]) -> dict[str, Any] | None:
    """The two groups of people of one kind whose accuracies differ most, or None."""
    kinds: dict[str, list[str]] = {}
    for name in groups:
        if name.startswith(_PICTURE):
            continue
        kinds.setdefault(name.split(":")[0], []).append(name)
    gaps = [_gap(groups, names) for names in kinds.values()]
    return max(gaps, key=lambda gap: float(gap["accuracy_gap"]), default=None)


def _gap(groups: dict[str, dict[str, float]], names: list[str]) -> dict[str, Any]:
    best = max(names, key=lambda name: groups[name]["value"])
    worst = min(names, key=lambda name: groups[name]["value"])
    gap = round(groups[best]["value"] - groups[worst]["value"], 4)
    return {"best": best, "worst": worst, "accuracy_gap": gap}
