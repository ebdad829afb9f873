"""Coverage on a data set that did not calibrate, from made-up answers."""

import numpy as np
import pytest

from facetraits.reading.traits import AGE_YEARS
from facetraits.training.data.datasets import Sample
from facetraits.training.model.targets import year_target
from studies.left_out import Part, calibrated, covered

BINS = [(20, 29), (30, 39)]


def part(name, off, seed, count=400):
    """People of one data set, guessed up to so many years off by a network that claims less."""
    rng = np.random.default_rng(seed)
    ages = rng.integers(15, 60, count)
    guessed = np.clip(ages + rng.normal(0, off, count), 0, AGE_YEARS - 1).astype(int)
    samples = [Sample(f"{name}/{i}", "val", None, int(age)) for i, age in enumerate(ages)]
    return Part(np.array([year_target(int(age)) for age in guessed]), samples)


def test_a_harder_set_is_inside_less_often_until_it_calibrates():
    easy, hard = part("UTKFace", 2, 0), part("APPA-REAL", 6, 1)
    left_out, _ = covered(hard, *calibrated([easy]))
    of_both, width = covered(hard, *calibrated([easy, hard]))
    assert left_out + 0.1 < of_both
    assert width > covered(easy, *calibrated([easy]))[1]


def test_a_bin_counts_by_what_of_it_is_inside():
    temperature, intervals = calibrated([part("UTKFace", 4, 2)])
    samples = [Sample(f"FairFace/{i}", "val", None, age_bin=b) for i, b in enumerate(BINS)]
    told = Part(np.array([year_target(25), year_target(70)]), samples)
    share, _ = covered(told, temperature, intervals)
    # All but the ends of the first, nothing of the second.
    assert share == pytest.approx(0.5, abs=0.12)
