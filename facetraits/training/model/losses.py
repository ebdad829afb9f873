"""Losses and metrics for heads that don't have a label for every face.

A row of zeros in the targets means that the label is unknown; it has no weight. Written with
Keras operations, so they work the same on TensorFlow, JAX, and PyTorch.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from facetraits.reading.traits import AGE_RANGES, AGE_YEARS

Tensor = Any
_register = keras.saving.register_keras_serializable("facetraits")
_LEAST = 1e-7
_MORE_THAN_ONE = 1.5


def _mean_of_known(values: Tensor, known: Tensor) -> Tensor:
    return ops.sum(values) / ops.maximum(ops.sum(known), 1.0)


@_register
def known_crossentropy(target: Tensor, predicted: Tensor) -> Tensor:
    """Mean cross-entropy of the labeled rows."""
    predicted = ops.clip(ops.cast(predicted, "float32"), _LEAST, 1.0)
    each = -ops.sum(target * ops.log(predicted), axis=-1)
    return _mean_of_known(each, ops.sum(target, axis=-1))


def expected_years(shares: Tensor) -> Tensor:
    """(n, 101) → (n,) mean of each distribution over years; 0 for a row of zeros."""
    return ops.sum(shares * ops.arange(AGE_YEARS, dtype="float32"), axis=-1)


@_register
class AgeLoss(keras.losses.Loss):
    """Cross-entropy with the target distribution, plus the distance between the two means.

    A row that sums to more than 1 is a bin of several years, each with value 1: its loss is
    the negative logarithm of the total probability of the bin.

    Args:
        l1: weight of one year of distance. The distance is divided by the label's spread, so
            that a year counts more for a child than for a sixty-year-old.
    """

    def __init__(self, l1: float, name: str = "age_loss", reduction: str = "sum") -> None:
        super().__init__(name=name, reduction=reduction)
        self.l1 = l1

    def call(self, target: Tensor, predicted: Tensor) -> Tensor:
        predicted = ops.cast(predicted, "float32")
        total = ops.sum(target, axis=-1, keepdims=True)
        is_bin = ops.cast(total > _MORE_THAN_ONE, "float32")
        inside = ops.clip(ops.sum(target * predicted, axis=-1), _LEAST, 1.0)
        bins = -ops.log(inside) * is_bin[:, 0]
        target = target * (1.0 - is_bin)
        known = ops.sum(target, axis=-1)
        years = expected_years(target) / ops.maximum(known, _LEAST)
        apart = ops.abs(expected_years(predicted) - years) * known / (1.0 + years / 15.0)
        exact = known_crossentropy(target, predicted) + self.l1 * _mean_of_known(apart, known)
        share = ops.mean(ops.cast(total[:, 0] > 0, "float32"))
        of_bins = ops.mean(is_bin[:, 0]) / ops.maximum(share, _LEAST)
        return exact * (1.0 - of_bins) + _mean_of_known(bins, is_bin[:, 0]) * of_bins

    def get_config(self) -> dict[str, Any]:
        return {"l1": self.l1, "name": self.name, "reduction": self.reduction}


@_register
def years_off(target: Tensor, predicted: Tensor) -> Tensor:
    """Distance between the two means of each row, in years; the mean of a bin is its middle."""
    total = ops.maximum(ops.sum(target, axis=-1), 1.0)
    return ops.abs(expected_years(target) / total - expected_years(ops.cast(predicted, "float32")))


@_register
def same_range(target: Tensor, predicted: Tensor) -> Tensor:
    """Whether the most likely of the seven ranges is the same."""
    first = [r.low for r in AGE_RANGES]
    last = [*first[1:], AGE_YEARS]

    def likeliest(shares: Tensor) -> Tensor:
        sums = [
            ops.sum(shares[:, low:high], axis=-1) for low, high in zip(first, last, strict=True)
        ]
        return ops.argmax(ops.stack(sums, axis=-1), axis=-1)

    return ops.cast(ops.equal(likeliest(target), likeliest(predicted)), "float32")


@_register
def same_class(target: Tensor, predicted: Tensor) -> Tensor:
    """Whether the most likely class is the same."""
    same = ops.equal(ops.argmax(target, axis=-1), ops.argmax(predicted, axis=-1))
    return ops.cast(same, "float32")


@_register
class OfKnown(keras.metrics.MeanMetricWrapper):
    """The mean of a value over the labeled rows."""

    def update_state(self, y_true: Tensor, y_pred: Tensor, sample_weight: Tensor = None) -> Any:
        known = ops.cast(ops.sum(y_true, axis=-1) > 0, "float32")
        return super().update_state(y_true, y_pred, sample_weight=known)
