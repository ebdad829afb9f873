"""Combines the two expression heads into one prediction; chosen on val for accuracy and recall.

Data sets differ in their label frequencies: FER+'s annotators label 2 of 100 faces as fear,
FER2013's own labels 14, and LFW's rater 0.1. The score of a mix is the mean over these three of
its accuracy and its mean recall, so a mix that suits only one of them does not win. It may
reduce the accuracy on the annotators' votes only slightly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import EmotionMix, Probabilities
from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.datasets import Sample
from facetraits.training.evaluation.metrics import Labels, accuracy, confusion, fit_temperature
from facetraits.training.model.targets import head_labels

_FER_SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
_MOST_LOST = 0.015
# With fewer faces, the recall of a class is noise.
_LEAST_FACES = 10
_LEAST_SHARE = 0.001
_OF_FER2013 = [EMOTIONS.index(name) for name in FER2013_CLASSES]


def fit_mix(predictions: Mapping[str, Probabilities], samples: Sequence[Sample]) -> EmotionMix:
    """The best mix from a grid, with the temperature that minimizes the loss.

    Args:
        predictions: head → (n, classes), temperature scaled, of faces not trained on.
        samples: those n faces; posed ones (CK+) are not used.
    """
    views = list(_views(samples))
    if not views:
        return EmotionMix(0.0, (0.0,) * len(EMOTIONS), 1.0)
    known, labels = views[0]
    common = np.bincount(labels[known], minlength=len(EMOTIONS)) / known.sum()

    def made(fer_share: float, strength: float) -> EmotionMix:
        shift = -strength * np.log(common + _LEAST_SHARE)
        return EmotionMix(fer_share, tuple(np.round(shift, 4).tolist()), 1.0)

    def score(mix: EmotionMix) -> float:
        answers = mix.of(predictions["emotion"], predictions["emotion_fer"])
        return float(np.mean([_score(labels[who], answers[who]) for who, labels in views]))

    def right(mix: EmotionMix) -> float:
        answers = mix.of(predictions["emotion"], predictions["emotion_fer"])
        return accuracy(labels[known], answers[known])

    every = [made(*pair) for pair in product(_FER_SHARES, _STRENGTHS)]
    least = max(map(right, every)) - _MOST_LOST
    best = max((mix for mix in every if right(mix) >= least), key=score)
    answers = best.of(predictions["emotion"], predictions["emotion_fer"])
    return EmotionMix(best.fer_share, best.shift, fit_temperature(labels[known], answers[known]))


def _views(samples: Sequence[Sample]) -> Iterator[tuple[NDArray[np.bool_], Labels]]:
    """For each source of labels: a mask of its faces, and all classes in ``EMOTIONS``."""
    crowd, own = head_labels("emotion", samples), head_labels("emotion_fer", samples)
    own_in_emotions = np.array([*_OF_FER2013, -1])[own]
    posed = np.array([sample.dataset == "CK+48" for sample in samples], bool)
    rated = np.array([sample.dataset == "LFW" for sample in samples], bool)
    for who, labels in (
        ((crowd >= 0) & ~posed & ~rated, crowd),
        ((own >= 0) & ~posed & ~rated, own_in_emotions),
        ((crowd >= 0) & rated, crowd),
    ):
        if who.any():
            yield who, labels


def _score(labels: Labels, answers: Probabilities) -> float:
    """Half accuracy, half the mean recall of the classes with enough faces."""
    counts = confusion(labels, answers)
    faces = counts.sum(1)
    enough = faces >= min(_LEAST_FACES, faces.max())
    recall = float((np.diag(counts)[enough] / faces[enough]).mean())
    return (accuracy(labels, answers) + recall) / 2
