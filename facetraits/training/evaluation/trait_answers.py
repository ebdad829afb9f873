"""traitnet's predictions on one split: one evaluation per trait, and age in years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import (
    AgeIntervals,
    Probabilities,
    range_probabilities,
    valence_probabilities,
)
from facetraits.reading.traits import (
    AGE_RANGES,
    AGE_YEARS,
    EMOTIONS,
    FER2013_CLASSES,
    GENDERS,
    VALENCES,
)
from facetraits.training.data.datasets import Sample
from facetraits.training.data.fairface import AGE_BINS
from facetraits.training.evaluation import metrics
from facetraits.training.evaluation.answers import LEAST_GROUP, Evaluation
from facetraits.training.evaluation.conditions import Flags
from facetraits.training.evaluation.metrics import Labels
from facetraits.training.model.targets import head_labels, labels, valence_target

TRAITS = ("age", "age_bin", "gender", "emotion", "emotion_fer", "valence")
_CHILD_BELOW = 10
_AGREED = 0.5

Answers = Mapping[str, Probabilities]


@dataclass(frozen=True, slots=True)
class AgeEvaluation(Evaluation):
    """Ages, both as the seven ranges of :class:`Evaluation` and in years.

    Attributes:
        readings: (n, 3) median age, and the two ends of its interval.
        years: (n, 101) probabilities of the years, temperature scaled.
    """

    years: Probabilities = field(default_factory=lambda: np.zeros((0, AGE_YEARS)))
    readings: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))

    def figures(self) -> dict[str, dict[str, float]]:
        # Zero-argument super() does not work with a class that slots=True has recreated.
        figures = Evaluation.figures(self)
        del figures["range_middle_mae_years"]  # the prediction is in years here
        children = np.flatnonzero(self._years() < _CHILD_BELOW)
        return {
            **self.in_years(self.main()),
            **({"mae_under_10_years": self.mae(children)} if len(children) else {}),
            **figures,
        }

    def groups(self) -> dict[str, dict[str, float]]:
        groups = Evaluation.groups(self)
        for name, indices in self.members().items():
            if len(indices) >= LEAST_GROUP:
                years = self.in_years(np.array(indices))
                groups[name] |= {figure: value["value"] for figure, value in years.items()}
        return groups

    def in_years(self, chosen: Labels) -> dict[str, dict[str, float]]:
        """Mean error, bias, and interval coverage and width for some of the faces."""
        off = self.readings[:, 0] - self._years()
        low, high = self.readings[:, 1], self.readings[:, 2]
        inside = (low <= self._years()) & (self._years() <= high)
        return {
            "mae_years": self.mae(chosen),
            "bias_years": metrics.interval(lambda i: float(off[i].mean()), chosen),
            "interval_coverage": metrics.interval(lambda i: float(inside[i].mean()), chosen),
            "interval_width_years": metrics.interval(
                lambda i: float((high - low)[i].mean()), chosen
            ),
        }

    def mae(self, chosen: Labels) -> dict[str, float]:
        """Mean distance of the median age from the label, in years."""
        off = self.years_off()
        return metrics.interval(lambda i: float(off[i].mean()), chosen)

    def years_off(self) -> NDArray[np.float64]:
        return np.abs(self.readings[:, 0] - self._years())

    def answers(self) -> list[dict[str, Any]]:
        rows = Evaluation.answers(self)
        off = self.years_off()
        return [row | {"years_off": round(float(d), 4)} for row, d in zip(rows, off, strict=True)]

    def _years(self) -> NDArray[np.float64]:
        return np.array([s.age for s in self.samples], np.float64)


@dataclass(frozen=True, slots=True)
class TraitEvaluation:
    """All traits' evaluations.

    Attributes:
        net, split: what was scored, and on what.
        parts: trait → its evaluation, in the order of ``TRAITS``, without traits that no
            face has a label for.
        unsure_below: trait → the card's threshold, if it has one.
    """

    net: str
    split: str
    parts: dict[str, Evaluation]
    unsure_below: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """All figures, as stored in the card."""
        return {
            "split": self.split,
            "traits": {
                trait: {**part.to_dict(), "selective": self._selective(trait)}
                for trait, part in self.parts.items()
            },
        }

    def _selective(self, trait: str) -> dict[str, Any]:
        part = self.parts[trait]
        main = part.main()
        right, predicted = part.labels[main], part.probabilities[main]
        curve = [[round(v, 4) for v in point] for point in metrics.selective(right, predicted)]
        answer: dict[str, Any] = {"curve": curve}
        if trait in self.unsure_below:
            sure = predicted.max(1) >= self.unsure_below[trait]
            answer["unsure_below"] = self.unsure_below[trait]
            answer["answered"] = round(float(sure.mean()), 4)
            answer["accuracy"] = round(metrics.accuracy(right[sure], predicted[sure]), 4)
        return answer


@dataclass(frozen=True, slots=True)
class Scored:
    """Faces with all predictions for them.

    Attributes:
        net, split: what was scored, and on what.
        samples: n samples.
        scaled, raw: head → (n, classes), with and without temperature scaling.
        conditions: condition → (n,) flags.
    """

    net: str
    split: str
    samples: list[Sample]
    scaled: Answers
    raw: Answers
    conditions: Mapping[str, Flags]

    def where(self, chosen: NDArray[np.bool_]) -> Scored:
        """Some of the faces."""
        return Scored(
            self.net,
            split=self.split,
            samples=[self.samples[i] for i in np.flatnonzero(chosen)],
            scaled={head: rows[chosen] for head, rows in self.scaled.items()},
            raw={head: rows[chosen] for head, rows in self.raw.items()},
            conditions={name: flags[chosen] for name, flags in self.conditions.items()},
        )


def score(
    scored: Scored, intervals: AgeIntervals, unsure_below: Mapping[str, float]
) -> TraitEvaluation:
    """Evaluates each trait on the faces that have a label for it."""
    makers: dict[str, Callable[[], Evaluation]] = {
        "age": lambda: _age(scored, intervals),
        "age_bin": lambda: _age_bin(scored),
        "gender": lambda: _head(scored, "gender", GENDERS),
        "emotion": lambda: _head(scored, "emotion", EMOTIONS),
        "emotion_fer": lambda: _head(scored, "emotion_fer", FER2013_CLASSES),
        "valence": lambda: _valence(scored),
    }
    parts = {trait: makers[trait]() for trait in TRAITS}
    known = {trait: part for trait, part in parts.items() if part.samples}
    return TraitEvaluation(scored.net, split=scored.split, parts=known, unsure_below=unsure_below)


def _head(scored: Scored, head: str, classes: tuple[str, ...]) -> Evaluation:
    here = scored.where(head_labels(head, scored.samples) >= 0)
    return Evaluation(
        here.net,
        trait=head.removesuffix("_fer"),
        split=here.split,
        classes=classes,
        samples=here.samples,
        labels=head_labels(head, here.samples),
        probabilities=here.scaled[head],
        raw=here.raw[head],
        conditions=here.conditions,
        crossed=head == "gender",
    )


def _age(scored: Scored, intervals: AgeIntervals) -> AgeEvaluation:
    here = scored.where(np.array([s.age is not None for s in scored.samples], bool))
    readings = np.array([intervals.of(row) for row in here.scaled["age"]]).reshape(-1, 3)
    return AgeEvaluation(
        here.net,
        trait="age",
        split=here.split,
        classes=tuple(r.name for r in AGE_RANGES),
        samples=here.samples,
        labels=labels("age", here.samples),
        probabilities=range_probabilities(here.scaled["age"]),
        raw=range_probabilities(here.raw["age"]),
        conditions=here.conditions,
        crossed=True,
        readings=readings,
        years=here.scaled["age"],
    )


def _age_bin(scored: Scored) -> Evaluation:
    """FairFace's nine bins, from the probabilities of the years that fall into each."""
    here = scored.where(np.array([s.age_bin is not None for s in scored.samples], bool))
    bins = list(AGE_BINS.values())
    return Evaluation(
        here.net,
        trait="age_bin",
        split=here.split,
        classes=tuple(AGE_BINS),
        samples=here.samples,
        labels=np.array([bins.index(s.age_bin or bins[0]) for s in here.samples], np.int64),
        probabilities=_in_bins(here.scaled["age"]),
        raw=_in_bins(here.raw["age"]),
        conditions=here.conditions,
        crossed=True,
    )


def _in_bins(years: Probabilities) -> Probabilities:
    """(n, 101) → (n, 9)."""
    sums = [years[:, first : last + 1].sum(1) for first, last in AGE_BINS.values()]
    return np.asarray(
        np.minimum(np.stack(sums, axis=1), 1.0)
    )  # rounding may exceed 1 by the last bit


def _valence(scored: Scored) -> Evaluation:
    """Valence for the expressions on which more than half of the annotators agree."""
    agreed = [s.emotion is not None and max(s.emotion) > _AGREED for s in scored.samples]
    here = scored.where(np.array(agreed, bool))
    right = [int(np.argmax(valence_target(s.emotion or ()))) for s in here.samples]
    return Evaluation(
        here.net,
        trait="emotion",
        split=here.split,
        classes=VALENCES,
        samples=here.samples,
        labels=np.array(right, np.int64),
        probabilities=valence_probabilities(here.scaled["emotion"]),
        raw=valence_probabilities(here.raw["emotion"]),
        conditions=here.conditions,
    )
