"""The networks, built from named blocks.

The three seed networks keep the layers of the student project this one grew
from, to the parameter (``age`` 422,695, ``gender`` 1,567,874, ``emotion``
683,267). Every network takes raw pixels, float32 or uint8 in 0..255: scaling
is the first layer, so training and serving cannot drift apart.

Nothing here imports TensorFlow: Keras 3 runs the builders on any backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from facetraits.traits import AGE_RANGES, GENDERS, VALENCES

WIDTHS = (32, 64, 128, 256)

Dropouts = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NetSpec:
    """What the rest of the program must know about a network.

    Attributes:
        build: makes an untrained network.
        size_px: height and width of its square grayscale input.
        trait: the trait it answers: "age", "gender" or "emotion".
        labels: the meaning of its softmax outputs, in order.
        framing: key of ``images.FRAMINGS``: how its training pictures are cut.
    """

    build: Callable[[], keras.Model]
    size_px: int
    trait: str
    labels: tuple[str, ...]
    framing: str


def _input(size_px: int) -> keras.KerasTensor:
    return keras.Input((size_px, size_px, 1), name="face")


def _average_block(x: keras.KerasTensor, width: int) -> keras.KerasTensor:
    # He's start (2015): with the default one this net, which has no batch norm, sits
    # still for its first epochs.
    x = layers.Conv2D(width, 3, padding="valid", activation="relu", kernel_initializer="he_normal")(
        x
    )
    return layers.AveragePooling2D(2)(x)


def _dropout_block(x: keras.KerasTensor, width: int, rate: float) -> keras.KerasTensor:
    x = layers.Conv2D(width, 3, padding="same")(x)
    x = layers.Dropout(rate)(x)
    x = layers.ReLU()(x)
    return layers.MaxPooling2D(2)(x)


def _softmax_head(x: keras.KerasTensor, classes: int, name: str) -> keras.KerasTensor:
    # float32 even under mixed_bfloat16: eight bits of mantissa lose probabilities.
    return layers.Dense(classes, activation="softmax", dtype="float32", name=name)(x)


def build_seed_age(size_px: int = 200) -> keras.Model:
    """(n, 200, 200, 1) pixels 0..255 → (n, 7) probabilities of the age ranges.

    Its layers fit any size; smaller ones serve as a warm start in training.
    """
    face = _input(size_px)
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    for width in WIDTHS:
        x = _average_block(x, width)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(132, activation="relu", kernel_initializer="he_normal")(x)
    return keras.Model(face, _softmax_head(x, len(AGE_RANGES), "age"), name="seed_age")


def _build_dropout_net(
    name: str, size_px: int, head: str, classes: int, dropouts: Dropouts
) -> keras.Model:
    conv_rate, dense_rate = dropouts
    face = _input(size_px)
    x = layers.Rescaling(1 / 255)(face)
    for width in WIDTHS:
        x = _dropout_block(x, width, conv_rate)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dropout(dense_rate)(x)
    return keras.Model(face, _softmax_head(x, classes, head), name=name)


def build_seed_gender() -> keras.Model:
    """(n, 100, 100, 1) pixels 0..255 → (n, 2) probabilities of male, female."""
    return _build_dropout_net("seed_gender", 100, "gender", len(GENDERS), (0.1, 0.4))


def build_seed_emotion() -> keras.Model:
    """(n, 48, 48, 1) pixels 0..255 → (n, 3) probabilities of positive, neutral, negative."""
    return _build_dropout_net("seed_emotion", 48, "emotion", len(VALENCES), (0.1, 0.4))


NETS: dict[str, NetSpec] = {
    "seed_age": NetSpec(build_seed_age, 200, "age", tuple(r.name for r in AGE_RANGES), "utkface"),
    "seed_gender": NetSpec(build_seed_gender, 100, "gender", GENDERS, "utkface"),
    "seed_emotion": NetSpec(build_seed_emotion, 48, "emotion", VALENCES, "fer2013"),
}
