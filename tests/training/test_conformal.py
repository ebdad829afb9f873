"""Intervals keep their promise on made-up faces, also where the network is overconfident."""

import numpy as np
import pytest

from facetraits.calibration import AgeIntervals, expected_years
from facetraits.training.conformal import coverage_of, fit_intervals
from facetraits.training.targets import year_target
from facetraits.traits import AGE_YEARS

YEARS = np.arange(AGE_YEARS)


def made_up(count, seed, claimed=0.5):
    """Ages with errors that grow with age; the network claims to err by so much less."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(0, 85, count)
    spread = 0.8 + 0.08 * ages
    seen = ages + spread * rng.standard_normal(count)
    distance = (YEARS[None] - seen[:, None]) / (claimed * spread[:, None])
    shares = np.exp(-0.5 * distance**2) + 1e-6
    return shares / shares.sum(1, keepdims=True), ages


@pytest.mark.parametrize("claimed", [0.5, 1.0, 2.0])
def test_eighty_of_a_hundred_lie_inside(claimed):
    intervals = fit_intervals(*made_up(3000, 0, claimed))
    years, ages = made_up(3000, 1, claimed)
    assert coverage_of(intervals, years, ages) == pytest.approx(0.8, abs=0.025)


def test_the_share_holds_in_every_decade_and_toddlers_get_narrow_intervals():
    intervals = fit_intervals(*made_up(6000, 2))
    years, ages = made_up(6000, 3)
    expected = expected_years(years)
    for low in range(0, 80, 10):
        here = (expected >= low) & (expected < low + 10)
        assert coverage_of(intervals, years[here], ages[here]) > 0.74
    widths = np.array([high - low for _, low, high in map(intervals.of, years)])
    assert widths[expected < 5].mean() < 0.4 * widths[expected > 60].mean()


def test_few_faces_share_one_bin_and_too_few_get_everything():
    assert fit_intervals(*made_up(150, 4)).bounds == ()
    assert fit_intervals(*made_up(3, 4)).depths == (0.5,)


def test_every_bin_has_enough_faces():
    years, ages = made_up(900, 5)
    intervals = fit_intervals(years, ages, least_faces=120)
    counts = np.histogram(expected_years(years), [-1, *intervals.bounds, 200])[0]
    assert counts.min() >= 120


def test_the_value_lies_in_its_interval_also_where_the_distribution_is_lopsided():
    lopsided = np.full(AGE_YEARS, 0.0)
    lopsided[2], lopsided[90] = 0.8, 0.2
    value, low, high = AgeIntervals(0.8, (), (0.2,)).of(lopsided)
    assert low <= value <= high
    assert low >= 0


def test_bins_and_bounds_must_fit():
    with pytest.raises(ValueError, match="do not fit"):
        AgeIntervals(0.8, (10.0,), (0.3,))


def test_a_sure_network_has_narrow_intervals():
    _, low, high = AgeIntervals(0.8, (), (0.4,)).of(np.array(year_target(1)))
    assert high - low < 2
