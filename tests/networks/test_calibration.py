"""Temperature and intervals."""

import numpy as np
import pytest

from facetraits.networks.calibration import (
    AgeIntervals,
    EmotionMix,
    depth_of,
    range_probabilities,
    shortest_run,
    valence_probabilities,
    with_temperature,
)
from facetraits.reading.traits import AGE_YEARS, EMOTIONS

INTERVALS = AgeIntervals(0.8, ages=(0.0,), depths=(0.4,))


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
    assert [INTERVALS.of(row)[0] for row in years] == [0, 2, 3, 27, 100]
    assert valence_probabilities(np.eye(8)).argmax(1).tolist() == [1, 0, 0, 2, 2, 2, 2, 2]


def test_a_sum_of_probabilities_is_one_at_most():
    rows = np.random.default_rng(0).dirichlet([0.1] * 8, 100_000)
    rows[:, :3] = 0
    rows /= rows.sum(axis=1, keepdims=True)
    assert rows[:, 3:].sum(axis=1).max() > 1  # by the last bit

    assert valence_probabilities(rows).max() == 1


def test_depth_is_nothing_at_the_median_and_a_half_at_the_ends():
    years = np.full(AGE_YEARS, 1 / AGE_YEARS)
    assert depth_of(years, 50) == pytest.approx(0)
    assert depth_of(years, 0) == pytest.approx(0.5, abs=0.01)
    intervals = AgeIntervals(0.8, (30.0,), (0.4,))
    assert intervals.of(years) == pytest.approx((50, 9.6, 90.4), abs=0.1)


def test_how_deep_an_age_may_lie_is_interpolated_between_the_known_ages():
    years = np.full(AGE_YEARS, 1 / AGE_YEARS)
    # Met where (50 - age) / 101 is 0.1 + 0.005 * age.
    _, low, high = AgeIntervals(0.8, (0.0, 40.0), (0.1, 0.3)).of(years)
    assert low == pytest.approx(26.5, abs=0.05)
    assert high == pytest.approx(80.3, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_an_interval_holds_every_age_whose_depth_is_within(seed):
    rng = np.random.default_rng(seed)
    years = rng.dirichlet(np.full(AGE_YEARS, 0.3))
    knots, depths = (0.0, 30.0, 60.0), (0.2, 0.3, 0.1)
    value, low, high = AgeIntervals(0.8, knots, depths).of(years)
    within = [
        age for age in range(AGE_YEARS) if depth_of(years, age) <= np.interp(age, knots, depths)
    ]
    assert low <= min(within) < low + 1 or low == value
    assert high - 1 < max(within) <= high or high == value


def test_where_no_age_is_believed_the_interval_is_the_value():
    years = np.full(AGE_YEARS, 0.0)
    years[[20, 21]] = 0.3, 0.7
    value, low, high = AgeIntervals(0.8, (0.0,), (0.0,)).of(years)
    # 0.3 of it is below 20.5, and 0.2 of the 0.7 in the year above.
    assert (value, low, high) == pytest.approx((20.786, 20.786, 20.786), abs=0.001)


def mixed(fer_share=0.0, shift=(0.0,) * 8, temperature=1.0):
    """What a mix makes of a crowd's "neutral, maybe afraid" and of labels that say "fear"."""
    crowd = np.array([[0.55, 0.02, 0.02, 0.02, 0.02, 0.02, 0.3, 0.05]])
    own = np.array([[0.02, 0.02, 0.8, 0.02, 0.02, 0.02, 0.1]])
    return crowd, EmotionMix(fer_share, shift, temperature).of(crowd, own)


def test_without_the_other_head_the_crowds_answer_stays():
    crowd, predicted = mixed()
    assert predicted == pytest.approx(crowd, abs=1e-6)


def test_the_other_head_and_a_shift_make_rare_emotions_likelier():
    fear, contempt = EMOTIONS.index("fear"), EMOTIONS.index("contempt")
    assert mixed(0.5)[1].argmax() == fear
    assert mixed(shift=tuple(float(i == fear) for i in range(8)))[1].argmax() == fear
    # FER2013's labels know no contempt; it is as likely as the crowd's head says.
    assert mixed(1.0)[1][0, contempt] == pytest.approx(0.05, abs=1e-6)
    assert mixed(0.3)[1].sum() == pytest.approx(1)
    assert mixed(0.3, temperature=2.0)[1].max() < mixed(0.3)[1].max()


@pytest.mark.parametrize(("share", "shift", "temperature"), [(0, (0.0,), 1), (2, (0.0,) * 8, 1)])
def test_a_mix_that_makes_no_sense_is_refused(share, shift, temperature):
    with pytest.raises(ValueError, match=r"depths for|shifts for|invalid mix"):
        EmotionMix(share, shift, temperature)


def test_the_median_of_a_child_with_a_long_tail_is_nearer_than_its_mean():
    years = np.zeros(AGE_YEARS)
    years[[3, 4, 5, 40]] = 0.3, 0.3, 0.2, 0.2
    assert INTERVALS.of(years)[0] == pytest.approx(4.17, abs=0.01)
