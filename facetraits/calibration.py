"""Probabilities that mean what they say, and intervals made of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Probabilities = NDArray[np.float64]


def with_temperature(probabilities: NDArray[np.floating], temperature: float) -> Probabilities:
    """(n, classes) softmax outputs → the same at another temperature (Guo et al. 2017).

    Above 1 softens, below 1 sharpens; the order of the classes stays.
    """
    logits = np.log(np.maximum(np.asarray(probabilities, np.float64), 1e-12)) / temperature
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exp / exp.sum(axis=1, keepdims=True))


def shortest_run(probabilities: NDArray[np.floating], coverage: float) -> tuple[int, int]:
    """The fewest neighbouring classes that together have at least that probability.

    Returns:
        First and last index, both included; of runs as short, the most probable.
    """
    sums = np.concatenate([[0.0], np.cumsum(np.asarray(probabilities, np.float64))])
    count = len(probabilities)
    for length in range(1, count + 1):
        inside = sums[length:] - sums[:-length]
        first = int(np.argmax(inside))
        if inside[first] >= coverage - 1e-9:
            return first, first + length - 1
    return 0, count - 1
