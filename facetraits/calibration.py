"""Probabilities that mean what they say, and what is made of them: intervals, ranges, valence."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetraits.traits import (
    AGE_RANGES,
    AGE_YEARS,
    EMOTIONS,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)

# Year y of traitnet's distribution reaches from y - 0.5 to y + 0.5.
_YEAR_EDGES = np.arange(AGE_YEARS + 1) - 0.5
_RANGE_OF_YEAR = [age_range_index(year) for year in range(AGE_YEARS)]
_VALENCE_OF_EMOTION = [VALENCES.index(VALENCE_OF[name]) for name in EMOTIONS]

Probabilities = NDArray[np.float64]


def with_temperature(probabilities: NDArray[np.floating], temperature: float) -> Probabilities:
    """(n, classes) softmax outputs → the same at another temperature (Guo et al. 2017).

    Above 1 softens, below 1 sharpens; the order of the classes stays.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12)) / temperature
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def shortest_run(probabilities: NDArray[np.floating], coverage: float) -> tuple[int, int]:
    """The fewest neighbouring classes that together have at least that probability.

    Returns:
        First and last index, both included; of runs as short, the most probable.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(probabilities, np.float64))])
    count = len(probabilities)
    for length in range(1, count + 1):
        inside = sums[length:] - sums[:-length]
        first = int(np.argmax(inside))
        if inside[first] >= coverage - 1e-9:
            return first, first + length - 1
    return 0, count - 1


def expected_years(years: Probabilities) -> NDArray[np.float64]:
    """(n, 101) probabilities of the years → (n,) expected age."""
    return np.asarray(years @ np.arange(AGE_YEARS, dtype=np.float64))


def range_probabilities(years: Probabilities) -> Probabilities:
    """(n, 101) probabilities of the years → (n, 7) of the ranges."""
    return _summed(years, _RANGE_OF_YEAR, len(AGE_RANGES))


def valence_probabilities(emotions: Probabilities) -> Probabilities:
    """(n, 8) probabilities of ``EMOTIONS`` → (n, 3) of ``VALENCES``."""
    return _summed(emotions, _VALENCE_OF_EMOTION, len(VALENCES))


def _summed(probabilities: Probabilities, group_of: Sequence[int], groups: int) -> Probabilities:
    return np.asarray(probabilities @ np.eye(groups)[list(group_of)])


def _cumulative(years: Probabilities) -> NDArray[np.float64]:
    """(101,) → (102,) probability of being younger than each edge, from 0 to 1."""
    sums = np.concatenate([[0.0], np.cumsum(years)])
    return np.asarray(sums / sums[-1])


def depth_of(years: Probabilities, age: float) -> float:
    """How far from the distribution's median an age is, 0 there and 0.5 at the ends.

    The score of distributional conformal prediction (Chernozhukov et al. 2021): the same
    depth is a few months where the network is sure, and many years where it is not.
    """
    return abs(float(np.interp(age, _YEAR_EDGES, _cumulative(years))) - 0.5)


@dataclass(frozen=True, slots=True)
class AgeIntervals:
    """Intervals that hold the labelled age of a share of faces, calibrated on val.

    Attributes:
        coverage: that share, 0..1.
        bounds: expected ages that divide the faces into bins, in rising order.
        depths: for each bin, how deep its intervals reach: 0..0.5. Calibrated bin by bin
            ("Mondrian", Vovk 2005), the share holds for toddlers and the old alike.
    """

    coverage: float
    bounds: tuple[float, ...]
    depths: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.depths) != len(self.bounds) + 1 or list(self.bounds) != sorted(self.bounds):
            raise ValueError(f"{len(self.depths)} bins do not fit the bounds {self.bounds}")

    def of(self, years: Probabilities) -> tuple[float, float, float]:
        """(101,) probabilities of the years → expected age, and its interval's two ends."""
        value = float(expected_years(years))
        depth = self.depths[bisect_right(self.bounds, value)]
        sums = _cumulative(years)
        # Where nothing is between two edges the quantile is not unique: any of them will do.
        low, high = np.interp([0.5 - depth, 0.5 + depth], sums, _YEAR_EDGES)
        # The mean of a lopsided distribution may lie outside.
        return value, max(0.0, min(float(low), value)), max(float(high), value)
