"""The networks, built from named blocks.

`traitnet` predicts all traits from one trunk. The three baseline networks have exactly the
layers of the student project that this one grew out of (``age`` 422,695 parameters, ``gender``
1,567,874, ``emotion`` 683,267). Every network takes raw pixels, float32 or uint8 in
0..255: scaling is the first layer, so training and serving cannot differ.

Nothing here imports TensorFlow: Keras 3 runs the builders on any backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from facetraits.reading.traits import AGE_RANGES, GENDERS, HEADS, VALENCES
from facetraits.training.model.trunks import TRUNKS, normed_conv, residual_block

WIDTHS = (32, 64, 128, 256)

Dropouts = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NetSpec:
    """The description of a single-trait network.

    Attributes:
        build: makes an untrained network.
        size_px: height and width of its square grayscale input.
        trait: the trait it predicts: "age", "gender", or "emotion".
        labels: the meanings of its softmax outputs, in order.
        framing: key of ``crop.FRAMINGS``: how its training pictures are cut.
    """

    build: Callable[[], keras.Model]
    size_px: int
    trait: str
    labels: tuple[str, ...]
    framing: str


def _input(size_px: int | None, channels: int = 1) -> keras.KerasTensor:
    return keras.Input((size_px, size_px, channels), name="face")


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


def build_baseline_age(size_px: int = 200) -> keras.Model:
    """(n, 200, 200, 1) pixels 0..255 → (n, 7) probabilities of the age ranges.

    Its layers accept any size; training starts with smaller ones.
    """
    face = _input(size_px)
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    for width in WIDTHS:
        x = _average_block(x, width)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(132, activation="relu", kernel_initializer="he_normal")(x)
    return keras.Model(face, _softmax_head(x, len(AGE_RANGES), "age"), name="baseline_age")


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


def build_baseline_gender() -> keras.Model:
    """(n, 100, 100, 1) pixels 0..255 → (n, 2) probabilities of male, female."""
    return _build_dropout_net(
        "baseline_gender", size_px=100, head="gender", classes=len(GENDERS), dropouts=(0.1, 0.4)
    )


def build_baseline_emotion() -> keras.Model:
    """(n, 48, 48, 1) pixels 0..255 → (n, 3) probabilities of positive, neutral, negative."""
    return _build_dropout_net(
        "baseline_emotion", size_px=48, head="emotion", classes=len(VALENCES), dropouts=(0.1, 0.4)
    )


def build_traitnet(
    size_px: int | None = 96,
    channels: int = 3,
    width: float = 1.0,
    blocks: int = 2,
    dropout: float = 0.2,
    trunk: str = "wide",
) -> keras.Model:
    """(n, s, s, channels) pixels 0..255 → head → (n, classes) probabilities, as in ``HEADS``.

    Args:
        size_px: the input size, at least 65 for the "recognition" trunk; None: any, for training
            on several.
        channels: 3 for RGB, 1 for gray.
        width: multiplier for all channel counts.
        blocks: number of blocks in each stage of the "wide" trunk; the other has its own.
        dropout: dropout rate of the last features.
        trunk: a key of ``trunks.TRUNKS``.
    """
    face = _input(size_px, channels)
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    x = TRUNKS[trunk](x, width, blocks)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(dropout)(x)
    answers = {head: _softmax_head(x, len(labels), head) for head, labels in HEADS.items()}
    return keras.Model(face, answers, name="traitnet")


def build_face_quality(outputs: int, size_px: int = 64) -> keras.Model:
    """(n, 64, 64, 1) pixels 0..255 → (n, outputs) values 0..1, independent of each other.

    Normalizing each picture first makes it insensitive to light.
    """
    face = _input(size_px)
    x = layers.LayerNormalization(axis=(1, 2, 3), center=False, scale=False, epsilon=1.0)(face)
    x = normed_conv(x, 16, 3, stride=2)
    for channels in (24, 40, 64):
        x = residual_block(x, channels, stride=2)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.1)(x)
    answers = layers.Dense(outputs, activation="sigmoid", dtype="float32")(x)
    return keras.Model(face, answers, name="face_quality")


NETS: dict[str, NetSpec] = {
    "baseline_age": NetSpec(
        build_baseline_age,
        size_px=200,
        trait="age",
        labels=tuple(r.name for r in AGE_RANGES),
        framing="utkface",
    ),
    "baseline_gender": NetSpec(
        build_baseline_gender, size_px=100, trait="gender", labels=GENDERS, framing="utkface"
    ),
    "baseline_emotion": NetSpec(
        build_baseline_emotion, size_px=48, trait="emotion", labels=VALENCES, framing="fer2013"
    ),
}
