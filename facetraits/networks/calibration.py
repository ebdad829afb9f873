"""Probabilities that mean what they say, and what is made of them: intervals, ranges, valence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import (
    AGE_RANGES,
    AGE_YEARS,
    EMOTIONS,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)

# Year y of traitnet's distribution reaches from y - 0.5 to y + 0.5.
_YEAR_EDGES = np.arange(AGE_YEARS + 1) - 0.5
# A distribution has no bend but here: an interval's ends lie on straight lines in between.
_HALF_YEARS = np.arange(2 * AGE_YEARS) / 2
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
    """The fewest neighboring classes that together have at least that probability.

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
    sums = probabilities @ np.eye(groups)[list(group_of)]
    return np.asarray(np.minimum(sums, 1.0))  # rounding may exceed 1 by the last bit


def _cumulative(years: Probabilities) -> NDArray[np.float64]:
    """(101,) → (102,) probability of being younger than each edge, from 0 to 1."""
    sums = np.concatenate([[0.0], np.cumsum(years)])
    return np.asarray(sums / sums[-1])


def depth_of(years: Probabilities, age: float) -> float:
    """How far from the distribution's median an age is, 0 there and 0.5 at the ends.

    The score of distributional conformal prediction (Chernozhukov et al. 2021): the same
    depth is a few months where the network is sure, and many years where it is not.
    """
    return float(_depths(_cumulative(years), np.asarray(age)))


def _depths(cumulative: NDArray[np.float64], ages: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(np.abs(np.interp(ages, _YEAR_EDGES, cumulative) - 0.5))


@dataclass(frozen=True, slots=True)
class AgeIntervals:
    """Intervals that hold the labeled age of a share of faces, calibrated on val.

    An interval is what lies between the youngest and the oldest age that are no deeper in the
    face's distribution than faces labeled so usually are. Calibrated by the age on the label
    and not by the one that was guessed ("label-conditional", Vovk 2005), the share holds for
    teenagers, too, whose ages are guessed among those of adults.

    Attributes:
        coverage: that share, 0..1.
        ages: labeled ages in years, in rising order.
        depths: how deep (see :func:`depth_of`) faces of these ages may lie: 0..0.5. In between
            the depth is interpolated, outside it is that of the nearest.
    """

    coverage: float
    ages: tuple[float, ...]
    depths: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.ages or len(self.depths) != len(self.ages):
            raise ValueError(f"{len(self.depths)} depths do not fit {len(self.ages)} ages")
        if list(self.ages) != sorted(set(self.ages)):
            raise ValueError(f"the ages {self.ages} do not rise")

    def of(self, years: Probabilities) -> tuple[float, float, float]:
        """(101,) probabilities of the years → expected age, and its interval's two ends."""
        value = float(expected_years(years))
        # Below 0 where an age is believed.
        beyond = _depths(_cumulative(years), _HALF_YEARS) - np.interp(
            _HALF_YEARS, self.ages, self.depths
        )
        believed = np.flatnonzero(beyond <= 0)
        if not len(believed):
            return value, value, value
        low = _crossing(beyond, believed[0] - 1, believed[0])
        high = _crossing(beyond, believed[-1] + 1, believed[-1])
        # The mean of a lopsided distribution may lie outside.
        return value, min(low, value), max(high, value)


def _crossing(beyond: NDArray[np.float64], outside: int, inside: int) -> float:
    """The age between two neighboring half years at which depths stop being too large."""
    if not 0 <= outside < len(beyond):
        return float(_HALF_YEARS[inside])
    share = beyond[outside] / (beyond[outside] - beyond[inside])
    return float(_HALF_YEARS[outside] + share * (_HALF_YEARS[inside] - _HALF_YEARS[outside]))
