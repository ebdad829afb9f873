"""Temperature and intervals."""

import numpy as np
import pytest

from facetraits.calibration import (
    AgeIntervals,
    depth_of,
    expected_years,
    range_probabilities,
    shortest_run,
    valence_probabilities,
    with_temperature,
)
from facetraits.traits import AGE_YEARS


def test_temperature_one_changes_nothing():
    p = np.array([[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]])
    assert with_temperature(p, 1.0) == pytest.approx(p, abs=1e-9)


def test_a_high_temperature_softens_and_keeps_the_order():
    p = np.array([[0.7, 0.2, 0.1]])
    soft = with_temperature(p, 2.0)
    assert soft.sum() == pytest.approx(1)
    assert soft[0, 0] < 0.7
    assert list(soft[0].argsort()) == list(p[0].argsort())


@pytest.mark.parametrize(
    ("probabilities", "run"),
    [
        ([0.9, 0.05, 0.05], (0, 0)),
        ([0.1, 0.5, 0.4], (1, 2)),
        ([0.4, 0.2, 0.4], (0, 2)),
        ([0.0, 0.8, 0.2], (1, 1)),
    ],
)
def test_the_shortest_run_with_four_fifths(probabilities, run):
    assert shortest_run(np.array(probabilities), 0.8) == run


def test_years_and_emotions_are_summed():
    years = np.eye(AGE_YEARS)[[0, 2, 3, 27, 100]]
    assert range_probabilities(years).argmax(1).tolist() == [0, 0, 1, 3, 6]
    assert expected_years(years).tolist() == [0, 2, 3, 27, 100]
    assert valence_probabilities(np.eye(8)).argmax(1).tolist() == [1, 0, 0, 2, 2, 2, 2, 2]


def test_depth_is_nothing_at_the_median_and_a_half_at_the_ends():
    years = np.full(AGE_YEARS, 1 / AGE_YEARS)
    assert depth_of(years, 50) == pytest.approx(0)
    assert depth_of(years, 0) == pytest.approx(0.5, abs=0.01)
    intervals = AgeIntervals(0.8, (), (0.4,))
    assert intervals.of(years) == pytest.approx((50, 9.6, 90.4), abs=0.1)


def test_an_interval_holds_an_age_whose_depth_is_within():
    rng = np.random.default_rng(0)
    years = rng.dirichlet(np.full(AGE_YEARS, 0.3))
    intervals = AgeIntervals(0.8, (), (0.3,))
    value, low, high = intervals.of(years)
    for age in range(AGE_YEARS):
        assert (depth_of(years, age) <= 0.3) == (low <= age <= high) or low <= age <= value <= high
