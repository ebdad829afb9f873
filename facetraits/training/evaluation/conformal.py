"""Age intervals with guaranteed coverage, calibrated on faces that were not used in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import AgeIntervals, Probabilities, depth_of
from facetraits.reading.traits import AGE_YEARS

Spread = tuple[float, float]
"""Of the ages that a depth is learned from, in years: at age 0, and so much more a year."""

SPREAD: Spread = (1.0, 0.07)
"""Chosen by `folds`: of five the one whose decades come nearest to the coverage."""

# An age with fewer faces near it uses the depth of the nearest age with enough: a depth from
# only a few faces could be so large that the age is in every interval.
_LEAST_FACES = 25.0
# Needed in a set to give it the same weight as a larger one.
_LEAST_IN_SET = 15.0
# It changes fastest for toddlers.
_KNOTS = (*range(10), *range(10, 20, 2), *range(20, AGE_YEARS, 4))


def fit_intervals(
    years: Probabilities,
    ages: NDArray[np.integer],
    coverage: float = 0.8,
    spread: Spread = SPREAD,
    sets: Sequence[str] | None = None,
) -> AgeIntervals:
    """For each age, the depth that contains the label for a given share of faces.

    Split conformal prediction (Vovk 2005), conditional on the label and localized by a
    Gaussian kernel over it (Guan 2023): the depth for an age is a quantile of the depths of
    all faces, weighted by how close their labels are.

    Args:
        years: (n, 101) probabilities, temperature scaled, of faces not trained on.
        ages: (n,) labeled ages.
        coverage: the share, 0..1.
        spread: the width of the kernel; see ``Spread``.
        sets: (n,) the data set of each face. Data sets with enough faces near an age have
            equal weight there, because we don't know which one the next picture resembles.
            None: a single data set.
    """
    depths = np.array([depth_of(row, age) for row, age in zip(years, ages, strict=True)])
    order = np.argsort(depths)
    rising, labels = depths[order], ages[order]
    names = np.array(["" for _ in ages] if sets is None else sets)[order]
    near = {knot: _evenly(_nearness(labels, knot, spread), names) for knot in _KNOTS}
    known = [knot for knot in _KNOTS if near[knot].sum() >= _LEAST_FACES]
    if not known:
        return AgeIntervals(coverage, (0.0,), (0.5,))
    return AgeIntervals(
        coverage,
        tuple(map(float, known)),
        tuple(_depth(rising, near[knot], coverage) for knot in known),
    )


def _evenly(weights: NDArray[np.float64], sets: NDArray[np.str_]) -> NDArray[np.float64]:
    """(n,) weights scaled so that each set with enough of them has the same sum."""
    sums = {name: weights[sets == name].sum() for name in np.unique(sets)}
    enough = [total for total in sums.values() if total >= _LEAST_IN_SET]
    if len(enough) < 2:
        return weights
    scale = {name: max(enough) / total for name, total in sums.items() if total >= _LEAST_IN_SET}
    return np.asarray(weights * np.array([scale.get(name, 1.0) for name in sets]), np.float64)


def _nearness(ages: NDArray[np.integer], age: float, spread: Spread) -> NDArray[np.float64]:
    """(n,) weights of faces with these labels: 1 for the same age."""
    at_0, per_year = spread
    return np.asarray(np.exp(-0.5 * ((ages - age) / (at_0 + per_year * age)) ** 2))


def _depth(rising: NDArray[np.float64], weights: NDArray[np.float64], coverage: float) -> float:
    """The weighted quantile.

    Without the usual correction for one more face: an interval also contains the ages between
    those within the limit, which compensates for it (0.799 on held-out folds of val).
    """
    reached = np.cumsum(weights) / weights.sum()
    at = int(np.searchsorted(reached, coverage))
    # Rounded up, so that rounding excludes no label.
    return min(0.5, float(np.ceil(rising[at] * 1e5) / 1e5))
