"""Rows of zeros count for nothing."""

import numpy as np
import pytest
from keras import ops

from facetraits.reading.traits import AGE_YEARS
from facetraits.training.model.losses import (
    AgeLoss,
    OfKnown,
    known_crossentropy,
    same_class,
    same_range,
    years_off,
)
from facetraits.training.model.targets import bin_target

SAID = np.array([[0.7, 0.3], [0.2, 0.8], [0.5, 0.5]], np.float32)
KNOWN = np.array([[1, 0], [0, 1], [0, 0]], np.float32)


def years(*ages):
    return np.eye(AGE_YEARS, dtype=np.float32)[list(ages)]


def test_crossentropy_is_of_the_known_rows():
    expected = -(np.log(0.7) + np.log(0.8)) / 2
    assert float(known_crossentropy(KNOWN, SAID)) == pytest.approx(expected, rel=1e-5)
    assert float(known_crossentropy(np.zeros_like(KNOWN), SAID)) == 0


def test_a_year_off_counts_more_for_a_child():
    loss = AgeLoss(l1=1.0)
    uniform = np.full((1, AGE_YEARS), 1e-4, np.float32)

    def predicted(year):
        return uniform + years(year) * (1 - 1e-4 * AGE_YEARS)

    of_child = float(loss(years(2), predicted(7))) - float(loss(years(2), predicted(6)))
    of_adult = float(loss(years(60), predicted(65))) - float(loss(years(60), predicted(64)))
    assert of_child > 3 * of_adult > 0


def test_an_unknown_age_costs_nothing():
    nothing = np.zeros((1, AGE_YEARS), np.float32)
    assert float(AgeLoss(1.0)(nothing, years(80))) == 0


def test_years_ranges_and_classes():
    assert ops.convert_to_numpy(years_off(years(30, 4), years(27, 4))).tolist() == [3, 0]
    assert ops.convert_to_numpy(same_range(years(30, 2), years(45, 3))).tolist() == [1, 0]
    assert ops.convert_to_numpy(same_class(KNOWN[:2], SAID[:2])).tolist() == [1, 1]


def test_years_off_a_bin_are_counted_from_its_middle():
    bins = np.array([bin_target((20, 29)), bin_target((0, 2))], np.float32)
    assert ops.convert_to_numpy(years_off(bins, years(30, 1))).tolist() == [5.5, 0]


def test_a_metric_is_the_mean_over_what_is_known():
    metric = OfKnown(same_class, "accuracy")
    metric.update_state(KNOWN, SAID[[0, 0, 0]])
    assert float(metric.result()) == 0.5
    again = OfKnown.from_config(metric.get_config())
    again.update_state(KNOWN, SAID)
    assert float(again.result()) == 1.0


def test_a_bin_of_years_costs_what_falls_outside_it():
    loss = AgeLoss(0.1)
    predicted = np.zeros((1, AGE_YEARS), np.float32)
    predicted[0, [12, 15, 40]] = 0.3, 0.2, 0.5
    teens = np.array([bin_target((10, 19))], np.float32)

    assert float(loss(teens, predicted)) == pytest.approx(-np.log(0.5), abs=1e-4)
    # Which of the bin's years it is does not matter.
    moved = np.roll(predicted, 2, axis=1)
    assert float(loss(teens, moved)) == pytest.approx(-np.log(0.5), abs=1e-4)


def test_bins_and_years_weigh_as_much_as_there_are_rows_of_each():
    loss = AgeLoss(0.0)
    predicted = np.full((4, AGE_YEARS), 1 / AGE_YEARS, np.float32)
    year, teens = np.eye(AGE_YEARS, dtype=np.float32)[[30]], [bin_target((10, 19))]
    nothing = np.zeros((1, AGE_YEARS), np.float32)
    wanted = np.concatenate([year, year, np.array(teens, np.float32), nothing])

    expected = (2 * np.log(AGE_YEARS) + np.log(AGE_YEARS / 10)) / 3
    assert float(loss(wanted, predicted)) == pytest.approx(expected, abs=1e-4)
