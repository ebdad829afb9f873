"""The weights of a face recognition network as traitnet's first ones."""

import json

import keras
import numpy as np
import pytest

from facetraits.training.model.nets import build_traitnet
from facetraits.training.model.trunks import RECOGNITION_STAGES
from tools.recognition_start import SIZE_PX, read_weights, steps, transfer


@pytest.fixture(scope="module")
def weights():
    """Random ones with the shapes of the real ones, and scales that keep values in bounds."""
    rng = np.random.default_rng(0)
    shapes = [(7, 7, 3, 32)]
    before = 32
    for channels, blocks in RECOGNITION_STAGES:
        for _ in range(blocks):
            shapes += [(3, 3, before, channels), (3, 3, channels, channels)]
            before = channels
    made = {}
    for name, shape in zip(steps(), shapes, strict=True):
        spread = np.sqrt(1 / np.prod(shape[:3]))
        made[f"{name}/conv/filters"] = rng.normal(0, spread, shape).astype(np.float32)
        made[f"{name}/conv/bias"] = rng.normal(0, 0.1, shape[3]).astype(np.float32)
        made[f"{name}/scale/weights"] = rng.uniform(0.5, 1.5, shape[3]).astype(np.float32)
        made[f"{name}/scale/biases"] = rng.normal(0, 0.1, shape[3]).astype(np.float32)
    return made


def features(net, faces):
    return keras.Model(net.input, net.get_layer("features").output)(faces, training=False)


def test_the_first_layer_computes_the_same_as_there(weights):
    net = build_traitnet(SIZE_PX, trunk="recognition")
    faces = np.random.default_rng(1).integers(0, 256, (4, SIZE_PX, SIZE_PX, 3), np.uint8)
    transfer(weights, net, faces)
    first = next(layer for layer in net.layers if isinstance(layer, keras.layers.ReLU))
    found = np.asarray(keras.Model(net.input, first.output)(faces, training=False))
    patch = (faces[0, 18:25, 38:45] - np.array([122.782, 117.001, 104.298])) / 255
    there = (patch[..., None] * weights["conv32_down/conv/filters"]).sum((0, 1, 2))
    there = there + weights["conv32_down/conv/bias"]
    there = there * weights["conv32_down/scale/weights"] + weights["conv32_down/scale/biases"]
    assert found[0, 10, 20] == pytest.approx(np.maximum(there, 0), abs=1e-4)


def test_the_faces_for_the_statistics_change_nothing_that_it_computes(weights):
    rng = np.random.default_rng(2)
    shown = rng.integers(0, 256, (2, SIZE_PX, SIZE_PX, 3), np.uint8)
    found = []
    for most in (256, 90):
        net = build_traitnet(SIZE_PX, trunk="recognition")
        transfer(weights, net, rng.integers(0, most, (4, SIZE_PX, SIZE_PX, 3), np.uint8))
        found.append(np.asarray(features(net, shown)))
    assert found[0] == pytest.approx(found[1], rel=1e-3, abs=1e-3)
    assert found[0].std() > 0.01


def test_arrays_are_read_in_eight_bits_and_in_floats(tmp_path):
    name = "face_recognition_model"
    entries = [
        {"name": "a", "shape": [2, 2], "quantization": {"scale": 0.5, "min": -1.0}},
        {"name": "b", "shape": [3]},
    ]
    (tmp_path / f"{name}-weights_manifest.json").write_text(json.dumps([{"weights": entries}]))
    floats = np.array([1.5, -2, 3], "<f4")
    (tmp_path / f"{name}.bin").write_bytes(bytes([0, 1, 2, 255]) + floats.tobytes())
    found = read_weights(tmp_path)
    assert found["a"].tolist() == [[-1.0, -0.5], [0.0, 126.5]]
    assert found["b"].tolist() == [1.5, -2.0, 3.0]
