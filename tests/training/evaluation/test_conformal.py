"""Intervals keep their promise on made-up faces, also where the network is overconfident."""

import numpy as np
import pytest

from facetraits.networks.calibration import AgeIntervals
from facetraits.reading.traits import AGE_YEARS
from facetraits.training.evaluation.conformal import fit_intervals
from facetraits.training.model.targets import year_target

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


def coverage_of(intervals, years, ages):
    """Share of the ages inside their intervals."""
    found = [intervals.of(row) for row in years]
    return np.mean([low <= age <= high for age, (_, low, high) in zip(ages, found, strict=True)])


@pytest.mark.parametrize("claimed", [0.5, 1.0, 2.0])
def test_eighty_of_a_hundred_lie_inside(claimed):
    intervals = fit_intervals(*made_up(3000, 0, claimed))
    years, ages = made_up(3000, 1, claimed)
    assert coverage_of(intervals, years, ages) == pytest.approx(0.8, abs=0.025)


@pytest.mark.parametrize("by", ["label", "guess"])
def test_the_share_holds_in_every_decade_and_toddlers_get_narrow_intervals(by):
    intervals = fit_intervals(*made_up(6000, 2))
    years, ages = made_up(6000, 3)
    expected = np.array([intervals.of(row)[0] for row in years])
    decade_of = ages if by == "label" else expected
    for low in range(0, 80, 10):
        here = (decade_of >= low) & (decade_of < low + 10)
        assert 0.74 < coverage_of(intervals, years[here], ages[here]) < 0.87
    widths = np.array([high - low for _, low, high in map(intervals.of, years)])
    assert widths[expected < 5].mean() < 0.4 * widths[expected > 60].mean()


def teenagers_seen_older(count, seed):
    """Every second teenager is guessed five years older, and the network does not know."""
    years, ages = made_up(count, seed, claimed=1.0)
    older = (ages >= 12) & (ages < 20) & (np.random.default_rng(seed).random(count) < 0.5)
    years[older] = np.roll(years[older], 5, axis=1)
    return years, ages


def test_those_who_are_guessed_too_old_are_inside_as_often():
    intervals = fit_intervals(*teenagers_seen_older(8000, 2))
    years, ages = teenagers_seen_older(8000, 3)
    teenagers = (ages >= 12) & (ages < 20)
    assert coverage_of(intervals, years[teenagers], ages[teenagers]) > 0.76
    assert coverage_of(intervals, years, ages) < 0.85
    one_depth = AgeIntervals(0.8, (0.0,), (np.median(intervals.depths),))
    assert coverage_of(one_depth, years[teenagers], ages[teenagers]) < 0.7


def test_too_few_faces_get_everything():
    assert fit_intervals(*made_up(3, 4)).depths == (0.5,)


def test_ages_of_too_few_faces_take_the_depth_of_the_nearest_that_has_them():
    years, ages = made_up(3000, 5)
    young = ages < 60
    intervals = fit_intervals(years[young], ages[young])
    assert 60 <= intervals.ages[-1] < 76
    assert max(intervals.depths) < 0.5


def test_the_value_lies_in_its_interval_also_where_the_distribution_is_lopsided():
    lopsided = np.full(AGE_YEARS, 0.0)
    lopsided[2], lopsided[90] = 0.8, 0.2
    value, low, high = AgeIntervals(0.8, (0.0,), (0.2,)).of(lopsided)
    assert low <= value <= high
    assert low >= 0


@pytest.mark.parametrize(
    ("ages", "depths", "message"),
    [
        ((10.0,), (0.3, 0.3), "depths for"),
        ((), (), "depths for"),
        ((9.0, 9.0), (0.1, 0.2), "ascend"),
    ],
)
def test_ages_and_depths_must_fit(ages, depths, message):
    with pytest.raises(ValueError, match=message):
        AgeIntervals(0.8, ages, depths)


def test_a_sure_network_has_narrow_intervals():
    _, low, high = AgeIntervals(0.8, (0.0,), (0.4,)).of(np.array(year_target(1)))
    assert high - low < 2


def test_a_small_set_that_is_harder_counts_as_much_as_a_large_one():
    """9 in 10 faces are of a set whose labels lie nearer to what is guessed."""
    easy, easy_ages = made_up(4500, 6, claimed=1.0)
    hard, hard_ages = made_up(500, 7, claimed=0.4)
    years, ages = np.concatenate([easy, hard]), np.concatenate([easy_ages, hard_ages])
    sets = ["easy"] * 4500 + ["hard"] * 500

    pooled, evenly = fit_intervals(years, ages), fit_intervals(years, ages, sets=sets)

    unseen = {"easy": made_up(2000, 8, claimed=1.0), "hard": made_up(2000, 9, claimed=0.4)}
    before, after = (
        {name: coverage_of(intervals, *faces) for name, faces in unseen.items()}
        for intervals in (pooled, evenly)
    )
    assert before["hard"] < after["hard"] - 0.05
    assert np.mean(list(after.values())) == pytest.approx(0.8, abs=0.04)
