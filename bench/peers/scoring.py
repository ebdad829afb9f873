"""Every row's answers against the same labels, with the code that scores our own networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from bench.peers.running import Answer
from facetraits.reading.traits import (
    AGE_MAX,
    AGE_RANGES,
    EMOTIONS,
    FER2013_CLASSES,
    GENDERS,
    age_range_index,
)
from facetraits.training.data.datasets import Sample
from facetraits.training.evaluation import metrics
from facetraits.training.evaluation.metrics import Labels
from facetraits.training.model.targets import head_labels, labels

_WORDS = {
    "happy": "happiness",
    "sad": "sadness",
    "angry": "anger",
    "fearful": "fear",
    "disgusted": "disgust",
    "surprised": "surprise",
}
_RANGES = [r.name for r in AGE_RANGES]

Answers = Sequence[Answer]
Score = dict[str, float]
"""value, low and high: a figure with its 95% interval."""


def word(name: str) -> str:
    """A library's name for an emotion → ours."""
    return _WORDS.get(name, name)


def _gender(answer: Mapping[str, object]) -> int | None:
    return _index(GENDERS, answer["gender"])


def _range(answer: Mapping[str, object]) -> int | None:
    """The range it names, or the one that the nearest whole year of its age is in."""
    if "range" in answer:
        return _index(_RANGES, answer["range"])
    return age_range_index(min(max(round(_years(answer)), 0), AGE_MAX))


def _years(answer: Mapping[str, object]) -> float:
    return float(str(answer["age"]))


def _ferplus(answer: Mapping[str, object]) -> int | None:
    return _index(EMOTIONS, word(str(answer["emotion"])))


def _fer2013(answer: Mapping[str, object]) -> int | None:
    """Its answer for FER2013's own labels, where it has one besides the crowd's."""
    return _index(FER2013_CLASSES, word(str(answer.get("emotion_fer", answer["emotion"]))))


def _index(names: Sequence[str], name: object) -> int | None:
    return names.index(str(name)) if name in names else None


@dataclass(frozen=True, slots=True)
class Figure:
    """A column of the table.

    Attributes:
        kind: the faces it is of.
        trait: what must be answered for it.
        of: samples and answers → the figure with its interval.
        lower_is_better: for errors.
    """

    kind: str
    trait: str
    of: Callable[[Sequence[Sample], Answers], Score]
    lower_is_better: bool = False

    def best(self, scores: Mapping[str, Score]) -> str:
        """The framing with the best score; of equals the first."""
        sign = 1 if self.lower_is_better else -1
        return min(scores, key=lambda framing: sign * scores[framing]["value"])


def _share_right(
    right_of: Callable[[Sequence[Sample]], Labels],
    read: Callable[[Mapping[str, object]], int | None],
    classes: int,
    samples: Sequence[Sample],
    answers: Answers,
) -> Score:
    """Accuracy in per cent on the faces that have a label.

    A face that was missed, and a word that is no class, count as wrong: they go into a column
    of their own, which no label names.
    """
    right = right_of(samples)
    read_all = [None if answer is None else read(answer) for answer in answers]
    predicted = np.eye(classes + 1)[[classes if index is None else index for index in read_all]]
    known = np.flatnonzero(right >= 0)
    return _percent(metrics.interval(lambda i: metrics.accuracy(right[i], predicted[i]), known))


def _percent(score: Score) -> Score:
    return {name: 100 * value for name, value in score.items()}


def _mean_error(samples: Sequence[Sample], answers: Answers) -> Score:
    """Mean distance from the labeled age in years, of the faces that were not missed."""
    pairs = zip(samples, answers, strict=True)
    off = np.array([abs(_years(a) - (s.age or 0)) for s, a in pairs if a is not None])
    if not len(off):
        return dict.fromkeys(("value", "low", "high"), float("inf"))
    return metrics.interval(lambda i: float(off[i].mean()), np.arange(len(off)))


def _accuracy(
    trait: str, read: Callable[[Mapping[str, object]], int | None], classes: Sequence[str]
) -> Callable[[Sequence[Sample], Answers], Score]:
    right = partial(labels, "age") if trait == "range" else partial(head_labels, trait)
    return partial(_share_right, right, read, len(classes))


FIGURES = {
    "gender": Figure("people", "gender", _accuracy("gender", _gender, GENDERS)),
    "mae": Figure("people", "age", _mean_error, lower_is_better=True),
    "ranges": Figure("people", "age", _accuracy("range", _range, _RANGES)),
    "ferplus": Figure("expressions", "emotion", _accuracy("emotion", _ferplus, EMOTIONS)),
    "fer2013": Figure(
        "expressions", "emotion", _accuracy("emotion_fer", _fer2013, FER2013_CLASSES)
    ),
}


def score(figures: Sequence[str], samples: Sequence[Sample], answers: Answers) -> dict[str, Score]:
    """Figure → its score on these faces, which all must be of its kind."""
    return {name: FIGURES[name].of(samples, answers) for name in figures}
