"""Temperature and intervals."""

import numpy as np
import pytest

from facetraits.calibration import shortest_run, with_temperature


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
