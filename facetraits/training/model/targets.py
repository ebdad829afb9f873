"""The targets for a sample: soft targets for training, and labels for evaluation."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import (
    AGE_RANGES,
    AGE_YEARS,
    EMOTIONS,
    FER2013_CLASSES,
    GENDERS,
    HEADS,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)
from facetraits.training.data.datasets import Sample

Targets = NDArray[np.float32]
Labels = NDArray[np.int64]

# The spread of apparent age around the labeled one, in years: people can estimate a
# baby's age to within months, but a sixty-year-old's only to within several years.
# Spreading a label over its neighbors this way teaches the softmax that ranges are
# ordered (label distribution learning, Geng 2016).
_AGE_SPREAD_AT_0 = 0.4
_AGE_SPREAD_PER_YEAR = 0.06


def age_target(age: int) -> list[float]:
    """Age in years → the share of a Gaussian around it that falls in each range."""
    return _shares_between([r.low - 0.5 for r in AGE_RANGES[1:]], age)


def year_target(age: int) -> list[float]:
    """Age in years → the share of the same Gaussian that falls in each year, 0 to 100 and above."""
    return _shares_between([year - 0.5 for year in range(1, AGE_YEARS)], age)


def bin_target(years: tuple[int, int]) -> list[float]:
    """First and last year of a bin → 1 for each of its years: see :class:`losses.AgeLoss`."""
    first, last = years
    return [float(first <= year <= last) for year in range(AGE_YEARS)]


def _shares_between(edges: Sequence[float], age: int) -> list[float]:
    spread = _AGE_SPREAD_AT_0 + _AGE_SPREAD_PER_YEAR * age
    every = [-math.inf, *edges, math.inf]
    below = [0.5 * (1 + math.erf((edge - age) / (spread * math.sqrt(2)))) for edge in every]
    return [high - low for low, high in itertools.pairwise(below)]


def gender_target(gender: int, smoothing: float = 0.05) -> list[float]:
    """One-hot with label smoothing, because some of UTKFace's labels are wrong."""
    keep = 1 - smoothing
    return [keep * (i == gender) + smoothing / len(GENDERS) for i in range(len(GENDERS))]


def valence_target(shares: Sequence[float]) -> list[float]:
    """Vote shares of ``EMOTIONS`` → shares of ``VALENCES``."""
    sums = dict.fromkeys(VALENCES, 0.0)
    for emotion, share in zip(EMOTIONS, shares, strict=True):
        sums[VALENCE_OF[emotion]] += share
    return list(sums.values())


def soft_targets(trait: str, samples: Sequence[Sample]) -> Targets:
    """(n, classes) float32 targets, rows summing to 1, for training that trait's baseline net."""
    return np.array([_soft_target(trait, s) for s in samples], np.float32)


def _soft_target(trait: str, sample: Sample) -> list[float]:
    if trait == "age" and sample.age is not None:
        return age_target(sample.age)
    if trait == "gender" and sample.gender is not None:
        return gender_target(sample.gender)
    if trait == "emotion" and sample.emotion is not None:
        return valence_target(sample.emotion)
    raise ValueError(f"{sample.name} has no label for {trait}")


def labels(trait: str, samples: Sequence[Sample]) -> Labels:
    """(n,) the class of each sample for evaluating the baseline net of a trait."""
    return np.array([_label(trait, s) for s in samples], np.int64)


def _label(trait: str, sample: Sample) -> int:
    if trait == "age" and sample.age is not None:
        return age_range_index(sample.age)
    if trait == "gender" and sample.gender is not None:
        return sample.gender
    return int(np.argmax(_soft_target(trait, sample)))


def head_targets(samples: Sequence[Sample]) -> dict[str, Targets]:
    """traitnet head → (n, classes) float32, rows summing to 1, or 0 if the label is unknown."""
    return {
        head: np.array([_head_target(head, s) or [0.0] * len(classes) for s in samples], np.float32)
        for head, classes in HEADS.items()
    }


def _head_target(head: str, sample: Sample) -> list[float] | None:
    if head == "age":
        if sample.age is not None:
            return year_target(sample.age)
        return None if sample.age_bin is None else bin_target(sample.age_bin)
    if head == "gender":
        return None if sample.gender is None else gender_target(sample.gender)
    if head == "emotion":
        return None if sample.emotion is None else list(sample.emotion)
    if sample.emotion_fer is None:
        return None
    return [float(i == sample.emotion_fer) for i in range(len(FER2013_CLASSES))]


def head_labels(head: str, samples: Sequence[Sample]) -> Labels:
    """(n,) the class of each sample for evaluating a head; -1 if unknown.

    If several emotions have the most votes, the first in ``EMOTIONS`` counts.
    """
    return np.array([_head_label(head, s) for s in samples], np.int64)


def _head_label(head: str, sample: Sample) -> int:
    if head == "emotion":
        return -1 if sample.emotion is None else int(np.argmax(sample.emotion))
    if head == "age":
        return -1 if sample.age is None else min(sample.age, AGE_YEARS - 1)
    known = sample.gender if head == "gender" else sample.emotion_fer
    return -1 if known is None else known
