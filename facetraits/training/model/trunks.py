"""The trunks of traitnet: residual networks that turn a face into a map of features."""

from __future__ import annotations

from collections.abc import Callable

import keras
from keras import layers, ops

from facetraits.training.model.normalization import FusedNormalization

# With Keras's 0.99, the random start would still matter after a short run.
_NORM_MOMENTUM = 0.97

# The "wide" trunk's channels at 1/4, 1/8, 1/16 and 1/32 of the input's side. Dense convolutions
# throughout: with weights in eight bits they run eight times as fast as in float32, which
# depthwise ones do not (docs/experiments.md has the measurements).
_WIDE_STAGES = (64, 128, 256, 320)
_STEM = 32

RECOGNITION_STAGES = ((32, 3), (64, 4), (128, 3), (256, 3), (256, 1))
"""Channels and blocks of the "recognition" trunk, at 1/4 to 1/64 of the input's side."""


def scaled(channels: int, width: float) -> int:
    """Rounds to a multiple of eight channels, which suits vector units."""
    return max(8, round(channels * width / 8) * 8)


def normed_conv(
    x: keras.KerasTensor,
    channels: int,
    kernel: int,
    stride: int = 1,
    active: bool = True,
    padding: str = "same",
) -> keras.KerasTensor:
    x = layers.Conv2D(
        channels, kernel, stride, padding=padding, use_bias=False, kernel_initializer="he_normal"
    )(x)
    x = FusedNormalization(momentum=_NORM_MOMENTUM)(x)
    return layers.ReLU()(x) if active else x


def residual_block(x: keras.KerasTensor, channels: int, stride: int) -> keras.KerasTensor:
    """A residual block of two convolutions (He et al. 2016).

    The shortcut averages before it projects, so that no pixel is skipped (He et al. 2019).
    """
    y = normed_conv(x, channels=channels, kernel=3, stride=stride)
    y = normed_conv(y, channels, 3, active=False)
    if stride > 1:
        x = layers.AveragePooling2D(stride, padding="same")(x)
    if x.shape[-1] != channels:
        x = normed_conv(x, channels, 1, active=False)
    return layers.ReLU()(layers.Add()([x, y]))


def _padded_block(x: keras.KerasTensor, channels: int, stride: int) -> keras.KerasTensor:
    """A residual block without weights in its shortcut, whose new channels are zeros.

    Its convolution with a stride has no padding, so it makes one row and column less.
    """
    y = normed_conv(x, channels, 3, stride=stride, padding="valid" if stride > 1 else "same")
    y = normed_conv(y, channels, 3, active=False)
    if stride > 1:
        y = layers.ZeroPadding2D(((0, 1), (0, 1)))(y)
        x = layers.AveragePooling2D(stride, padding="same")(x)
    if x.shape[-1] != channels:
        x = ops.pad(x, [[0, 0], [0, 0], [0, 0], [0, channels - x.shape[-1]]])
    return layers.ReLU()(layers.Add()([x, y]))


def _wide(x: keras.KerasTensor, width: float, blocks: int) -> keras.KerasTensor:
    x = normed_conv(x, scaled(_STEM, width), 3, stride=2)
    for channels in _WIDE_STAGES:
        for number in range(blocks):
            x = residual_block(x, scaled(channels, width), stride=1 if number else 2)
    return x


def _recognition(x: keras.KerasTensor, width: float, _blocks: int) -> keras.KerasTensor:
    """The layers of dlib's face recognition network (King 2017).

    So it can start from that network's weights, which have seen three million faces
    (`tools/recognition_start.py`).
    """
    x = normed_conv(x, scaled(_STEM, width), 7, stride=2)
    x = layers.MaxPooling2D(3, 2, padding="same")(x)
    for stage, (channels, blocks) in enumerate(RECOGNITION_STAGES):
        for number in range(blocks):
            stride = 2 if stage and not number else 1
            x = _padded_block(x, scaled(channels, width), stride=stride)
    return x


TRUNKS: dict[str, Callable[[keras.KerasTensor, float, int], keras.KerasTensor]] = {
    "recognition": _recognition,
    "wide": _wide,
}
"""Name → a function of (input, multiplier for channel counts, blocks per stage)."""
