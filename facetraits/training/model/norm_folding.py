"""Batch normalization that is used for training and then folded into the weights.

The baseline networks have none, and without it they learn several times slower. So training
uses a twin with a batch normalization for every hidden layer (Ioffe & Szegedy
2015). Afterward, each is folded into the adjacent weights, which is exact and not an
approximation, and leaves a network with exactly the baseline's layers (the idea
of RepVGG, Ding et al. 2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from facetraits.training.model.normalization import FusedNormalization

_BEHIND = "_norm"
_POOLED = "_pooled_norm"

Array = NDArray[np.float64]


def with_batch_norm(model: keras.Model, steps_per_epoch: int = 200) -> keras.Model:
    """The training twin of a chain of layers that ends in its output layer.

    Args:
        model: layers one after the other, each used once.
        steps_per_epoch: the statistics cover the last quarter of an epoch, but at most fifty
            steps.
    """
    x = model.input
    momentum = float(np.clip(1 - 4 / steps_per_epoch, 0.5, 0.98))
    # The last layer answers: its scale is what it says, and nothing is normalized there.
    for step in _steps(model.layers[1:-1]):
        config = step.layer.get_config()
        if step.norm_of is None or step.pooled:
            x = type(step.layer).from_config(config)(x)
            if step.pooled:
                x = FusedNormalization(momentum=momentum, name=step.norm_of)(x)
            continue
        activation = config.pop("activation")
        x = type(step.layer).from_config({**config, "activation": "linear"})(x)
        x = FusedNormalization(momentum=momentum, name=step.norm_of)(x)
        if activation != "linear":
            x = layers.Activation(activation)(x)
    last = model.layers[-1]
    answer = type(last).from_config(last.get_config())(x)
    return keras.Model(model.input, answer, name=f"{model.name}_twin")


@dataclass(frozen=True, slots=True)
class _Step:
    """A layer, with the name and position of its normalization.

    It comes after a convolution or dense layer and before its activation or, if pooled, after
    the pooling of a convolution without padding, with only a quarter of the pixels. With zero
    padding, a shift of the input cannot be folded into the bias at the edges.
    """

    layer: Any
    norm_of: str | None = None
    pooled: bool = False


def _steps(chain: list[Any]) -> Iterator[_Step]:
    plain = all(layer.padding == "valid" for layer in chain if isinstance(layer, layers.Conv2D))
    for before, layer in pairwise([None, *chain]):
        if plain and isinstance(layer, layers.AveragePooling2D):
            yield _Step(layer, before.name + _POOLED, pooled=True)
        elif isinstance(layer, layers.Dense) or (
            isinstance(layer, layers.Conv2D) and not (plain and _is_pooled(layer, chain))
        ):
            yield _Step(layer, layer.name + _BEHIND)
        else:
            yield _Step(layer)


def _is_pooled(layer: Any, chain: list[Any]) -> bool:
    after = chain[chain.index(layer) + 1 :]
    return bool(after) and isinstance(after[0], layers.AveragePooling2D)


def fold(twin: keras.Model, model: keras.Model) -> None:
    """Sets the model's weights so that it computes the same as its trained twin in inference.

    Raises:
        ValueError: if the activation of a pooled layer does not commute with scaling.
    """
    norms = {layer.name: layer for layer in twin.layers}
    before: tuple[Array, Array] | None = None
    for layer in model.layers:
        if not layer.weights:
            continue
        kernel, bias = (np.asarray(w, np.float64) for w in twin.get_layer(layer.name).get_weights())
        if before is not None:  # its input may have a flipped sign and a shift per channel
            sign, shift = before
            inputs = tuple(range(kernel.ndim - 1))
            bias = bias + (kernel * shift[:, None]).sum(axis=inputs)
            kernel = kernel * sign[:, None]
        if layer.name + _BEHIND in norms:
            scale, shift = _scale_and_shift(norms[layer.name + _BEHIND])
            kernel, bias = kernel * scale, bias * scale + shift
        pooled = norms.get(layer.name + _POOLED)
        before = None
        if pooled is not None:
            scale, shift = _scale_and_shift(pooled)
            _check_scalable(layer)
            # Not into the next kernel: maps of one spread each lose least in eight bits.
            kernel, bias = kernel * np.abs(scale), bias * np.abs(scale)
            before = np.where(scale < 0, -1.0, 1.0), shift
        layer.set_weights([kernel, bias])


def _check_scalable(layer: Any) -> None:
    if layer.activation not in (keras.activations.relu, keras.activations.linear):
        raise ValueError(f"{layer.name}: no scale passes through {layer.activation}")


def _scale_and_shift(norm: Any) -> tuple[Array, Array]:
    gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in norm.get_weights())
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - mean * scale
