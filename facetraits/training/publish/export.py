"""Exports a trained Keras network to the file that serving runs, and checks that they agree."""

from __future__ import annotations

import tempfile
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadWeights
from facetraits.networks.cards import KERAS_WEIGHTS, RUNTIME
from facetraits.networks.runtime import Runtime
from facetraits.reading.traits import HEADS
from facetraits.training.model.normalization import plain

# How far the probabilities of the exported file can be from Keras's: each one, and on
# average. The file has eight-bit weights (dynamic range), which makes it 3.5
# times as fast and a quarter of the size; docs/model-card.md says what that costs.
# Each layer adds its rounding: the wide trunk (run 6) differs by up to .03, the deeper recognition
# trunk (run 8) by up to .1.
LARGEST_GAP = 0.12
MEAN_GAP = 0.005


def one_answer(model: keras.Model) -> keras.Model:
    """A network with all heads concatenated into one output, in the order of ``HEADS``."""
    answers = [model.output[head] for head in HEADS]
    return keras.Model(model.input, keras.layers.Concatenate(name="answers")(answers))


def to_tflite(model: keras.Model, any_batch: bool = False) -> bytes:
    """A float32 Keras network → a LiteRT flatbuffer.

    Args:
        any_batch: whether a call can have any number of faces, rather than one.
    """
    # Imported here, because it takes three seconds and only the export needs TensorFlow.
    import tensorflow as tf

    face = keras.InputSpec(
        shape=(None if any_batch else 1, *model.input_shape[1:]), dtype="float32"
    )
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, input_signature=[face], verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def verify(
    model: keras.Model,
    exported: bytes,
    faces: NDArray[np.float32],
    largest_allowed: float = LARGEST_GAP,
) -> dict[str, float]:
    """How far the exported file's probabilities are from Keras's.

    Args:
        faces: (n, s, s, channels) pixels 0..255.
        largest_allowed: the limit for each probability.

    Raises:
        BadWeights: if a difference is above its limit.
    """
    wanted = np.concatenate([np.asarray(model(part, training=False)) for part in _parts(faces)])
    gaps = np.abs(Runtime(exported)(faces) - wanted)
    largest, mean = float(gaps.max()), float(gaps.mean())
    # Written so that NaN also fails.
    if not (largest <= largest_allowed and mean <= MEAN_GAP):
        raise BadWeights(
            f"the exported network differs from Keras by up to {largest:.2g} (mean {mean:.2g}), "
            f"more than {largest_allowed:g} (mean {MEAN_GAP:g})"
        )
    return {
        "largest_gap": round(largest, 6),
        "largest_gap_allowed": largest_allowed,
        "mean_gap": round(mean, 6),
        "mean_gap_allowed": MEAN_GAP,
        "faces": len(faces),
    }


def _parts(faces: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    return [faces[i : i + 64] for i in range(0, len(faces), 64)]


def save_model(folder: Path, model: keras.Model, exported: bytes) -> None:
    """Writes weights.keras and runtime.tflite into a model's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    plain(model).save(folder / KERAS_WEIGHTS)
    (folder / RUNTIME).write_bytes(exported)
