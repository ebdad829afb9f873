"""The networks, built from named blocks.

`traitnet` answers all traits from one trunk. The three seed networks keep the layers
of the student project this one grew from, to the parameter (``age`` 422,695, ``gender``
1,567,874, ``emotion`` 683,267). Every network takes raw pixels, float32 or uint8 in
0..255: scaling is the first layer, so training and serving cannot drift apart.

Nothing here imports TensorFlow: Keras 3 runs the builders on any backend.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras
from keras import layers

from facetraits.traits import AGE_RANGES, GENDERS, HEADS, VALENCES

WIDTHS = (32, 64, 128, 256)

# Keras's 0.99 would still remember the random start after a short run.
_NORM_MOMENTUM = 0.97

Dropouts = tuple[float, float]


@dataclass(frozen=True, slots=True)
class NetSpec:
    """What the rest of the program must know about a network of one trait.

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


def _input(size_px: int, channels: int = 1) -> keras.KerasTensor:
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


# traitnet's channels at 1/4, 1/8 and 1/16 of the input's side.
# Chosen by measured latency (docs/experiments.md): XNNPACK runs the two dense convolutions
# at the top nearly as fast as the depthwise ones, which pay off further down.
_STAGES = (32, 64, 128)
_STEM, _LAST, _EXPANSION = 16, 512, 4


def _scaled(channels: int, width: float) -> int:
    """A whole number of eight channels: what vector units like."""
    return max(8, round(channels * width / 8) * 8)


def _normed_conv(
    x: keras.KerasTensor, channels: int, kernel: int, stride: int = 1, active: bool = True
) -> keras.KerasTensor:
    x = layers.Conv2D(channels, kernel, stride, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=_NORM_MOMENTUM)(x)
    return layers.Activation("hard_swish")(x) if active else x


def _squeeze(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Weighs the channels by what the whole face shows (Hu et al. 2018)."""
    weights = layers.GlobalAveragePooling2D(keepdims=True)(x)
    weights = layers.Conv2D(max(8, channels // 4), 1, activation="relu")(weights)
    weights = layers.Conv2D(channels, 1, activation="hard_sigmoid")(weights)
    return layers.Multiply()([x, weights])


def _dense_down(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
    """Halves the side with one dense convolution (the fused block of Tan & Le 2021)."""
    x = _normed_conv(x, channels * _EXPANSION // 2, 3, stride=2)
    return _normed_conv(x, channels, 1, active=False)


def _inverted_block(
    x: keras.KerasTensor, channels: int, stride: int, squeeze: bool
) -> keras.KerasTensor:
    """Wide, depthwise, narrow again, and the way around it (Howard et al. 2019)."""
    inner = x.shape[-1] * _EXPANSION
    y = _normed_conv(x, inner, 1)
    y = layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(y)
    y = layers.BatchNormalization(momentum=_NORM_MOMENTUM)(y)
    y = layers.Activation("hard_swish")(y)
    if squeeze:
        y = _squeeze(y, inner)
    y = _normed_conv(y, channels, 1, active=False)
    return layers.Add()([x, y]) if x.shape == y.shape else y


def _stage(
    x: keras.KerasTensor, channels: int, blocks: int, stride: int, squeeze: bool
) -> keras.KerasTensor:
    for number in range(blocks):
        x = _inverted_block(x, channels, stride if number == 0 else 1, squeeze)
    return x


def build_traitnet(
    size_px: int = 96,
    channels: int = 3,
    width: float = 1.0,
    blocks: int = 3,
    dropout: float = 0.2,
) -> keras.Model:
    """(n, s, s, channels) pixels 0..255 → head → (n, classes) probabilities, as in ``HEADS``.

    Args:
        size_px: side of the input.
        channels: 3 for RGB, 1 for gray.
        width: multiplies every number of channels; teachers are wider.
        blocks: in each of the three stages; teachers are deeper.
        dropout: share of the last features that training leaves out.
    """
    face = _input(size_px, channels)
    x = layers.Rescaling(1 / 127.5, offset=-1)(face)
    x = _normed_conv(x, _scaled(_STEM, width), 3, stride=2)
    first, *rest = (_scaled(stage, width) for stage in _STAGES)
    x = _dense_down(x, first)
    x = _stage(x, first, blocks - 1, stride=1, squeeze=False)
    for stage in rest:
        x = _stage(x, stage, blocks, stride=2, squeeze=True)
    x = _normed_conv(x, _scaled(_LAST, width), 1)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    x = layers.Dropout(dropout)(x)
    answers = {head: _softmax_head(x, len(labels), head) for head, labels in HEADS.items()}
    return keras.Model(face, answers, name="traitnet")


NETS: dict[str, NetSpec] = {
    "seed_age": NetSpec(build_seed_age, 200, "age", tuple(r.name for r in AGE_RANGES), "utkface"),
    "seed_gender": NetSpec(build_seed_gender, 100, "gender", GENDERS, "utkface"),
    "seed_emotion": NetSpec(build_seed_emotion, 48, "emotion", VALENCES, "fer2013"),
}
