"""Calibrated probabilities, and what is derived from them: intervals, ranges, valence.

Written here because a softmax is a line of NumPy, while SciPy would add 113 MB to serving,
and MAPIE, which calibrates intervals, needs scikit-learn and SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import (
    AGE_RANGES,
    AGE_YEARS,
    EMOTIONS,
    FER2013_CLASSES,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)

# Year y of traitnet's distribution reaches from y - 0.5 to y + 0.5.
_YEAR_EDGES = np.arange(AGE_YEARS + 1) - 0.5
# The cumulative distribution is straight between these: interval ends are interpolated.
_HALF_YEARS = np.arange(2 * AGE_YEARS) / 2
_RANGE_OF_YEAR = [age_range_index(year) for year in range(AGE_YEARS)]
_VALENCE_OF_EMOTION = [VALENCES.index(VALENCE_OF[name]) for name in EMOTIONS]

Probabilities = NDArray[np.float64]


def with_temperature(probabilities: NDArray[np.floating], temperature: float) -> Probabilities:
    """(n, classes) softmax outputs → the same at another temperature (Guo et al. 2017).

    A temperature above 1 softens them, one below 1 sharpens them; their order stays.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12)) / temperature
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def shortest_run(probabilities: NDArray[np.floating], coverage: float) -> tuple[int, int]:
    """The shortest run of neighboring classes with at least that probability in total.

    Returns:
        First and last index, both included. Of equally short runs, the most probable.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(probabilities, np.float64))])
    count = len(probabilities)
    for length in range(1, count + 1):
        inside = sums[length:] - sums[:-length]
        first = int(np.argmax(inside))
        if inside[first] >= coverage - 1e-9:
            return first, first + length - 1
    return 0, count - 1


def _median(cumulative: NDArray[np.float64]) -> float:
    """The median age of the distribution, 0..100.

    Nearer to the label than the mean is, above all for children: their distributions have a
    long tail of older people and none of younger ones.
    """
    return float(np.clip(np.interp(0.5, cumulative, _YEAR_EDGES), 0, AGE_YEARS - 1))


def range_probabilities(years: Probabilities) -> Probabilities:
    """(n, 101) probabilities of the years → (n, 7) of the ranges."""
    return _summed(years, _RANGE_OF_YEAR, len(AGE_RANGES))


def valence_probabilities(emotions: Probabilities) -> Probabilities:
    """(n, 8) probabilities of ``EMOTIONS`` → (n, 3) of ``VALENCES``."""
    return _summed(emotions, _VALENCE_OF_EMOTION, len(VALENCES))


def _summed(probabilities: Probabilities, group_of: Sequence[int], groups: int) -> Probabilities:
    sums = probabilities @ np.eye(groups)[list(group_of)]
    return np.asarray(np.minimum(sums, 1.0))  # rounding may exceed 1 by the last bit


def _cumulative(years: Probabilities) -> NDArray[np.float64]:
    """(101,) → (102,) probability of being younger than each edge, from 0 to 1."""
    sums = np.concatenate([[0.0], np.cumsum(years)])
    return np.asarray(sums / sums[-1])


def depth_of(years: Probabilities, age: float) -> float:
    """How far an age is from the distribution's median: 0 at the median, 0.5 at the ends.

    The score of distributional conformal prediction (Chernozhukov et al. 2021). The same
    depth spans a few months if the network is sure, and many years if it is not.
    """
    return float(_depths(_cumulative(years), np.asarray(age)))


def _depths(cumulative: NDArray[np.float64], ages: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.interp(ages, _YEAR_EDGES, cumulative) - 0.5))


@dataclass(frozen=True, slots=True)
class AgeIntervals:
    """Age intervals that contain the labeled age of a given share of faces.

    An interval reaches from the youngest to the oldest age whose depth in the face's
    distribution is within the limit for that age. The limits were calibrated on val by the
    labeled age, not by the predicted one ("label-conditional", Vovk 2005). So the share also
    holds for teenagers, whose predicted ages mix with those of adults.

    Attributes:
        coverage: that share, 0..1.
        ages: labeled ages in years, ascending.
        depths: the largest depth (see :func:`depth_of`) for each of these ages, 0..0.5. For
            ages in between it is interpolated; outside, the nearest one is used.

    Raises:
        ValueError: if there are no ages, if they do not ascend, or if the depths do not fit.
    """

    coverage: float
    ages: tuple[float, ...]
    depths: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.ages or len(self.depths) != len(self.ages):
            raise ValueError(f"{len(self.depths)} depths for {len(self.ages)} ages")
        if list(self.ages) != sorted(set(self.ages)):
            raise ValueError(f"the ages {self.ages} are not ascending")

    def of(self, years: Probabilities) -> tuple[float, float, float]:
        """(101,) probabilities of the years → their median, and its interval's two ends."""
        cumulative = _cumulative(years)
        value = _median(cumulative)
        # Below 0 where an age is believed.
        beyond = _depths(cumulative, _HALF_YEARS) - np.interp(_HALF_YEARS, self.ages, self.depths)
        believed = np.flatnonzero(beyond <= 0)
        if not len(believed):
            return value, value, value
        low = _crossing(beyond, believed[0] - 1, believed[0])
        high = _crossing(beyond, believed[-1] + 1, believed[-1])
        # Rounding may leave the median outside, by less than half a year.
        return value, min(low, value), max(high, value)


def _crossing(beyond: NDArray[np.float64], outside: int, inside: int) -> float:
    """The age between two neighboring half years where the depth equals its limit."""
    if not 0 <= outside < len(beyond):
        return float(_HALF_YEARS[inside])
    share = beyond[outside] / (beyond[outside] - beyond[inside])
    return float(_HALF_YEARS[outside] + share * (_HALF_YEARS[inside] - _HALF_YEARS[outside]))


_CONTEMPT = EMOTIONS.index("contempt")
_EMOTION_OF_FER2013 = [EMOTIONS.index(name) for name in FER2013_CLASSES]
_LEAST = 1e-9


@dataclass(frozen=True, slots=True)
class EmotionMix:
    """One answer from two heads: the crowd's emotions, and FER2013's own labels.

    The crowd seldom votes for fear and disgust, and a network that answers what is likely
    seldom says so. FER2013's own labels have more of both. So the logarithms of both heads are
    averaged, and common emotions lose something (logit adjustment, Menon et al. 2021).

    Attributes:
        fer_share: weight of FER2013's head, 0..1. It knows no contempt; that stays as it is.
        shift: for each of ``EMOTIONS`` what is added to the logarithm of its probability.
        temperature: divides the sums; fitted on val.
    """

    fer_share: float
    shift: tuple[float, ...]
    temperature: float

    def __post_init__(self) -> None:
        if len(self.shift) != len(EMOTIONS):
            raise ValueError(f"{len(self.shift)} shifts for {len(EMOTIONS)} emotions")
        if not 0 <= self.fer_share <= 1 or self.temperature <= 0:
            raise ValueError(f"invalid mix: share {self.fer_share}, temperature {self.temperature}")

    def of(self, emotion: Probabilities, emotion_fer: Probabilities) -> Probabilities:
        """(n, 8) of ``EMOTIONS`` and (n, 7) of ``FER2013_CLASSES`` → (n, 8)."""
        own = np.zeros_like(emotion)
        own[:, _EMOTION_OF_FER2013] = emotion_fer * (1 - emotion[:, [_CONTEMPT]])
        own[:, _CONTEMPT] = emotion[:, _CONTEMPT]
        logs = (1 - self.fer_share) * np.log(emotion + _LEAST)
        logs += self.fer_share * np.log(own + _LEAST) + np.array(self.shift)
        exp = np.exp((logs - logs.max(axis=1, keepdims=True)) / self.temperature)
        return np.asarray(exp / exp.sum(axis=1, keepdims=True))


UNMIXED = EmotionMix(0.0, (0.0,) * len(EMOTIONS), 1.0)
"""The crowd's head alone."""
