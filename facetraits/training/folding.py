"""Batch normalisation as scaffolding: there while a net learns, gone from what it learned.

The seed's networks have none, and without it they learn several times slower. So a
twin with a batch normalisation behind every hidden convolution and dense layer is what
trains (Ioffe & Szegedy 2015); afterwards each is folded into the weights before it, an
identity and no approximation, and the network of the seed's layers is left, to the
parameter (the idea of RepVGG, Ding et al. 2021).
"""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

_SUFFIX = "_norm"


def with_batch_norm(model: keras.Model, steps_per_epoch: int = 200) -> keras.Model:
    """The training twin of a chain of layers that ends in its output layer.

    Args:
        model: layers one after the other, each used once.
        steps_per_epoch: its statistics are those of the last quarter of an epoch, at most
            fifty steps.
    """
    x = model.input
    momentum = float(np.clip(1 - 4 / steps_per_epoch, 0.5, 0.98))
    # The last layer answers: its scale is what it says, and nothing is normalised there.
    for layer in model.layers[1:-1]:
        if isinstance(layer, layers.Conv2D | layers.Dense):
            config = layer.get_config()
            activation = config.pop("activation")
            x = type(layer).from_config({**config, "activation": "linear"})(x)
            x = layers.BatchNormalization(momentum=momentum, name=layer.name + _SUFFIX)(x)
            if activation != "linear":
                x = layers.Activation(activation)(x)
        else:
            x = type(layer).from_config(layer.get_config())(x)
    last = model.layers[-1]
    answer = type(last).from_config(last.get_config())(x)
    return keras.Model(model.input, answer, name=f"{model.name}_twin")


def fold(twin: keras.Model, model: keras.Model) -> None:
    """Sets the model's weights to what its trained twin computes when it is not training."""
    norms = {layer.name: layer for layer in twin.layers}
    for layer in model.layers:
        if not layer.weights:
            continue
        kernel, bias = twin.get_layer(layer.name).get_weights()
        norm = norms.get(layer.name + _SUFFIX)
        if norm is not None:
            gamma, beta, mean, variance = (np.asarray(w, np.float64) for w in norm.get_weights())
            scale = gamma / np.sqrt(variance + norm.epsilon)
            kernel, bias = kernel * scale, (bias - mean) * scale + beta
        layer.set_weights([kernel, bias])
