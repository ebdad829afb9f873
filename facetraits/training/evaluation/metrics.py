"""Metrics of a classifier from labels and probabilities, with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.calibration import with_temperature

Labels = NDArray[np.int64]
Probabilities = NDArray[np.float64]
Figure = Callable[[Labels, Probabilities], float]

BOOTSTRAPS = 1000
_SEED = 2026
_BINS = 15


def accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """Accuracy, 0..1."""
    return float((probabilities.argmax(1) == labels).mean())


def confusion(labels: Labels, probabilities: Probabilities) -> NDArray[np.int64]:
    """(classes, classes) counts; rows: labels, columns: predictions."""
    classes = probabilities.shape[1]
    flat = labels * classes + probabilities.argmax(1)
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes)


def normalized(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of a confusion matrix as shares of their label; rows without faces are 0."""
    return np.asarray(counts / np.maximum(counts.sum(1, keepdims=True), 1))


def balanced_accuracy(labels: Labels, probabilities: Probabilities) -> float:
    """Mean recall over the classes that occur."""
    counts = confusion(labels, probabilities)
    return float(np.diag(normalized(counts))[counts.sum(1) > 0].mean())


def macro_f1(labels: Labels, probabilities: Probabilities) -> float:
    """Mean of the F1 scores of the classes that occur."""
    counts = confusion(labels, probabilities)
    both = counts.sum(0) + counts.sum(1)
    f1 = 2 * np.diag(counts) / np.maximum(both, 1)
    return float(f1[counts.sum(1) > 0].mean())


def within_one(labels: Labels, probabilities: Probabilities) -> float:
    """Share of predictions at most one class off, for ordered classes."""
    return float((np.abs(probabilities.argmax(1) - labels) <= 1).mean())


def calibration_bins(
    labels: Labels, probabilities: Probabilities
) -> list[tuple[float, float, int]]:
    """(mean confidence, accuracy, count) of each of 15 equal bins that is not empty."""
    top = probabilities.max(1)
    right = probabilities.argmax(1) == labels
    which = np.minimum((top * _BINS).astype(int), _BINS - 1)
    inside = [which == b for b in range(_BINS)]
    return [(float(top[b].mean()), float(right[b].mean()), int(b.sum())) for b in inside if b.any()]


def expected_calibration_error(labels: Labels, probabilities: Probabilities) -> float:
    """Mean gap between confidence and accuracy over 15 bins (Naeini et al. 2015)."""
    bins = calibration_bins(labels, probabilities)
    return sum(n * abs(top - right) for top, right, n in bins) / len(labels)


def selective(labels: Labels, probabilities: Probabilities) -> list[tuple[float, float]]:
    """(coverage, accuracy), most confident faces first (El-Yaniv & Wiener 2010)."""
    surest_first = np.argsort(-probabilities.max(1), kind="stable")
    right = (probabilities.argmax(1) == labels)[surest_first]
    counts = [max(1, round(len(labels) * share / 20)) for share in range(6, 21)]
    return [(count / len(labels), float(right[:count].mean())) for count in counts]


def negative_log_likelihood(labels: Labels, probabilities: Probabilities) -> float:
    """Mean of -log of the label's probability, in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(labels: Labels, probabilities: Probabilities) -> float:
    """The temperature that minimizes the negative log-likelihood, to 1% (Guo et al. 2017)."""
    candidates = np.geomspace(0.25, 4.0, 279)
    losses = [
        negative_log_likelihood(labels, with_temperature(probabilities, t)) for t in candidates
    ]
    return round(float(candidates[int(np.argmin(losses))]), 3)


def interval(
    figure: Callable[[Labels], float], faces: Labels, biased: bool = False
) -> dict[str, float]:
    """A figure with its 95% percentile bootstrap interval (Efron 1979).

    Args:
        figure: face indices, with repeats → the figure for these faces.
        faces: indices of the faces to draw from.
        biased: whether repeated faces increase the figure, as they do for calibration
            errors. Then the interval is shifted back by the mean excess of the resamples.

    Returns:
        value, low, high, to four decimals.
    """
    rng = np.random.default_rng(_SEED)
    values = [figure(rng.choice(faces, len(faces))) for _ in range(BOOTSTRAPS)]
    low, high = np.percentile(values, [2.5, 97.5])
    value = figure(faces)
    if biased:
        excess = float(np.mean(values)) - value
        low, high = max(0.0, low - excess), high - excess
    answers = {"value": value, "low": low, "high": high}
    return {name: round(float(value), 4) for name, value in answers.items()}
