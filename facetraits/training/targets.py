"""What a network should answer for a sample: soft targets to train on, labels to score."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetraits.training.datasets import Sample
from facetraits.traits import (
    AGE_RANGES,
    EMOTIONS,
    GENDERS,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)

Targets = NDArray[np.float32]
Labels = NDArray[np.int64]

# The spread of apparent age around the labelled one, in years: people tell a
# baby's age to within months and a sixty-year-old's to within several years.
# Spilling a label over its neighbours this way tells the softmax that ranges are
# ordered (label distribution learning, Geng 2016).
_AGE_SPREAD_AT_0 = 0.4
_AGE_SPREAD_PER_YEAR = 0.06


def age_target(age: int) -> list[float]:
    """Age in years → the share of a Gaussian around it that falls in each range."""
    spread = _AGE_SPREAD_AT_0 + _AGE_SPREAD_PER_YEAR * age
    edges = [-math.inf, *(r.low - 0.5 for r in AGE_RANGES[1:]), math.inf]
    below = [0.5 * (1 + math.erf((edge - age) / (spread * math.sqrt(2)))) for edge in edges]
    return [high - low for low, high in itertools.pairwise(below)]


def gender_target(gender: int, smoothing: float = 0.05) -> list[float]:
    """One-hot, smoothed: UTKFace's labels are not all right."""
    keep = 1 - smoothing
    return [keep * (i == gender) + smoothing / len(GENDERS) for i in range(len(GENDERS))]


def valence_target(shares: Sequence[float]) -> list[float]:
    """Vote shares of ``EMOTIONS`` → shares of ``VALENCES``."""
    sums = dict.fromkeys(VALENCES, 0.0)
    for emotion, share in zip(EMOTIONS, shares, strict=True):
        sums[VALENCE_OF[emotion]] += share
    return list(sums.values())


def soft_targets(trait: str, samples: Sequence[Sample]) -> Targets:
    """(n, classes) float32, rows summing to 1, to train a seed net of that trait on."""
    return np.array([_soft_target(trait, s) for s in samples], np.float32)


def _soft_target(trait: str, sample: Sample) -> list[float]:
    if trait == "age" and sample.age is not None:
        return age_target(sample.age)
    if trait == "gender" and sample.gender is not None:
        return gender_target(sample.gender)
    if trait == "emotion" and sample.emotion is not None:
        return valence_target(sample.emotion)
    raise ValueError(f"{sample.name} says nothing about {trait}")


def labels(trait: str, samples: Sequence[Sample]) -> Labels:
    """(n,) the class each sample counts as when a seed net of that trait is scored."""
    return np.array([_label(trait, s) for s in samples], np.int64)


def _label(trait: str, sample: Sample) -> int:
    if trait == "age" and sample.age is not None:
        return age_range_index(sample.age)
    if trait == "gender" and sample.gender is not None:
        return sample.gender
    return int(np.argmax(_soft_target(trait, sample)))
