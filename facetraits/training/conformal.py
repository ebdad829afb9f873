"""Age intervals that hold what they promise: calibrated on faces the network never learned from."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from facetraits.calibration import AgeIntervals, Probabilities, depth_of, expected_years

# Where the bins may be divided, in years; a division that leaves a bin too small goes.
_DIVISIONS = (3.0, 8.0, 15.0, 25.0, 35.0, 45.0, 55.0, 65.0, 75.0)
_LEAST_FACES = 120


def fit_intervals(
    years: Probabilities,
    ages: NDArray[np.integer],
    coverage: float = 0.8,
    least_faces: int = _LEAST_FACES,
) -> AgeIntervals:
    """The depths at which a share of the labelled ages lies inside (Vovk 2005, split conformal).

    Args:
        years: (n, 101) probabilities, temperature scaled, of faces not trained on.
        ages: (n,) labelled ages.
        coverage: the share, 0..1.
        least_faces: bins with fewer faces are merged into their neighbour.
    """
    depths = np.array([depth_of(row, age) for row, age in zip(years, ages, strict=True)])
    expected = expected_years(years)
    bounds = _bounds(expected, least_faces)
    which = np.array([bisect_right(bounds, value) for value in expected])
    return AgeIntervals(
        coverage,
        tuple(bounds),
        tuple(_depth(depths[which == b], coverage) for b in range(len(bounds) + 1)),
    )


def _bounds(expected: NDArray[np.float64], least_faces: int) -> list[float]:
    kept: list[float] = []
    for division in _DIVISIONS:
        since = expected >= (kept[-1] if kept else -math.inf)
        if (since & (expected < division)).sum() >= least_faces:
            kept.append(division)
    while kept and (expected >= kept[-1]).sum() < least_faces:
        kept.pop()
    return kept


def _depth(depths: NDArray[np.float64], coverage: float) -> float:
    """The quantile that holds for one more face of the same kind, not only for these."""
    count = len(depths)
    rank = math.ceil((count + 1) * coverage)
    if rank > count:
        return 0.5
    # Upwards, so that rounding costs nobody the interval.
    return min(0.5, math.ceil(float(np.sort(depths)[rank - 1]) * 1e5) / 1e5)


def coverage_of(
    intervals: AgeIntervals, years: Probabilities, ages: Sequence[int] | NDArray[np.integer]
) -> float:
    """Share of the ages inside their intervals."""
    inside = [
        low <= age <= high
        for age, (_, low, high) in zip(ages, map(intervals.of, years), strict=True)
    ]
    return float(np.mean(inside))
