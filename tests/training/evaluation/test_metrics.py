"""Figures, against values worked out by hand."""

from functools import partial

import numpy as np
import pytest
from scipy.stats import bootstrap

from facetraits.training.evaluation import metrics

LABELS = np.array([0, 0, 1, 2])
ANSWERS = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.9, 0.0], [0.5, 0.3, 0.2]])


def test_accuracies():
    assert metrics.accuracy(LABELS, ANSWERS) == 0.5
    assert metrics.balanced_accuracy(LABELS, ANSWERS) == pytest.approx((0.5 + 1 + 0) / 3)
    assert metrics.macro_f1(LABELS, ANSWERS) == pytest.approx((0.5 + 2 / 3 + 0) / 3)
    assert metrics.within_one(LABELS, ANSWERS) == 0.75


def test_confusion_and_its_shares():
    counts = metrics.confusion(LABELS, ANSWERS)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert metrics.normalized(counts).tolist() == [[0.5, 0.5, 0], [0, 1, 0], [1, 0, 0]]
    assert metrics.normalized(np.zeros((2, 2), int)).tolist() == [[0, 0], [0, 0]]


def test_calibration_error_of_one_bin():
    sure = np.tile([0.9, 0.1], (10, 1))
    right = np.array([0] * 7 + [1] * 3)
    assert metrics.expected_calibration_error(right, sure) == pytest.approx(0.2)


def test_an_answer_of_one_falls_into_the_last_bin():
    assert metrics.calibration_bins(np.array([0]), np.array([[1.0, 0.0]])) == [(1.0, 1.0, 1)]


def test_likelihood():
    value = metrics.negative_log_likelihood(np.array([0]), np.array([[0.25, 0.75]]))
    assert value == pytest.approx(np.log(4))


def test_an_interval_holds_its_value_and_is_the_same_each_time():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    answers = np.eye(2)[np.where(rng.random(400) < 0.8, labels, 1 - labels)]
    figure = partial(lambda chosen: metrics.accuracy(labels[chosen], answers[chosen]))
    first = metrics.interval(figure, np.arange(400))
    assert first == metrics.interval(figure, np.arange(400))
    assert first["low"] < first["value"] < first["high"]
    # The binomial's standard error is 0.02, so the interval is about 0.08 wide.
    assert 0.05 < first["high"] - first["low"] < 0.11


def test_the_interval_of_a_calibration_error_holds_its_value():
    rng = np.random.default_rng(3)
    tops = rng.uniform(0.5, 1, 600)
    probabilities = np.stack([tops, 1 - tops], 1)
    labels = (rng.random(600) > tops).astype(np.int64)  # answers that are as sure as they say

    def error(chosen):
        return metrics.expected_calibration_error(labels[chosen], probabilities[chosen])

    plain, moved = (
        metrics.interval(error, np.arange(600), biased=biased) for biased in (False, True)
    )
    assert plain["value"] == moved["value"] < np.mean([plain["low"], plain["high"]])
    assert 0 <= moved["low"] < moved["value"] < moved["high"] < plain["high"]


def test_the_interval_is_the_one_of_scipys_percentile_bootstrap():
    rng = np.random.default_rng(5)
    probabilities, labels = rng.dirichlet(np.ones(7), 300), rng.integers(0, 7, 300)

    def accuracy(chosen):
        return metrics.accuracy(labels[chosen], probabilities[chosen])

    theirs = bootstrap(
        (np.arange(300),),
        accuracy,
        n_resamples=metrics.BOOTSTRAPS,
        vectorized=False,
        method="percentile",
        rng=np.random.default_rng(2026),
    ).confidence_interval
    ours = metrics.interval(accuracy, np.arange(300))
    assert (ours["low"], ours["high"]) == pytest.approx((theirs.low, theirs.high), abs=5e-5)


def test_a_single_face_has_an_interval_too():
    """Which SciPy refuses: it wants two observations at least."""
    assert metrics.interval(lambda i: float(i.sum()), np.array([3])) == {
        "value": 3.0,
        "low": 3.0,
        "high": 3.0,
    }
