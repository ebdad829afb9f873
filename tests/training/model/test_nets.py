"""The baseline networks, to the parameter."""

import keras
import numpy as np
import pytest
from keras import layers

from facetraits.reading.traits import HEADS
from facetraits.training.model.nets import NETS, build_traitnet
from facetraits.training.model.normalization import plain

PARAMETERS = {"baseline_age": 422_695, "baseline_gender": 1_567_874, "baseline_emotion": 683_267}
SIDES = {"baseline_age": 200, "baseline_gender": 100, "baseline_emotion": 48}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_counts_and_shapes(name):
    net = NETS[name].build()
    assert net.count_params() == PARAMETERS[name]
    assert net.input_shape == (None, SIDES[name], SIDES[name], 1)
    assert net.output_shape == (None, len(NETS[name].labels))
    assert NETS[name].size_px == SIDES[name]


@pytest.mark.parametrize("name", PARAMETERS)
def test_answers_are_probabilities_of_raw_pixels(name):
    side = SIDES[name]
    faces = np.random.default_rng(0).integers(0, 256, (2, side, side, 1)).astype("float32")
    answers = np.asarray(NETS[name].build()(faces, training=False))
    assert answers.sum(1) == pytest.approx([1, 1], abs=1e-5)
    assert (answers > 0).all()


@pytest.mark.parametrize(
    ("name", "block"),
    [
        ("baseline_age", [layers.Conv2D, layers.AveragePooling2D]),
        ("baseline_gender", [layers.Conv2D, layers.Dropout, layers.ReLU, layers.MaxPooling2D]),
        ("baseline_emotion", [layers.Conv2D, layers.Dropout, layers.ReLU, layers.MaxPooling2D]),
    ],
)
def test_the_four_blocks_in_order(name, block):
    kinds = [type(layer) for layer in NETS[name].build().layers[2:]]
    assert kinds[: 4 * len(block)] == block * 4


TRUNKS = [("recognition", 72), ("wide", 32)]


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("trunk", "side"), TRUNKS)
def test_traitnet_answers_every_head_from_raw_pixels(trunk, side, channels):
    net = build_traitnet(size_px=side, channels=channels, width=0.25, blocks=1, trunk=trunk)
    faces = np.random.default_rng(0).integers(0, 256, (2, side, side, channels)).astype("float32")
    answers = net(faces, training=False)
    assert {head: tuple(answer.shape) for head, answer in answers.items()} == {
        head: (2, len(labels)) for head, labels in HEADS.items()
    }
    for answer in answers.values():
        assert np.asarray(answer).sum(1) == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("trunk", ["recognition", "wide"])
def test_traitnet_fits_its_budget(trunk):
    # 8 MB of weights in eight bits, with their scales.
    net = build_traitnet(trunk=trunk)
    assert net.count_params() < 7_500_000
    assert build_traitnet(width=2.0, trunk=trunk).count_params() > 3 * net.count_params()


@pytest.mark.parametrize(("trunk", "side"), TRUNKS)
def test_traitnet_of_any_size_has_the_weights_of_one_size(trunk, side):
    any_size = build_traitnet(None, width=0.25, blocks=1, trunk=trunk)
    fixed = build_traitnet(side, width=0.25, blocks=1, trunk=trunk)
    assert [w.shape for w in any_size.weights] == [w.shape for w in fixed.weights]
    fixed.set_weights(any_size.get_weights())
    faces = np.random.default_rng(0).integers(0, 256, (2, side, side, 3)).astype("float32")
    for head, answer in fixed(faces, training=False).items():
        assert np.allclose(answer, any_size(faces, training=False)[head], atol=1e-6)


@pytest.mark.parametrize(("trunk", "side"), TRUNKS)
def test_a_saved_traitnet_is_the_same_network(trunk, side, tmp_path):
    net = build_traitnet(side, width=0.25, blocks=1, trunk=trunk)
    plain(net).save(tmp_path / "net.keras")
    loaded = keras.models.load_model(tmp_path / "net.keras")
    assert not any(type(layer).__module__.startswith("facetraits") for layer in loaded.layers)
    faces = np.random.default_rng(0).integers(0, 256, (2, side, side, 3)).astype("float32")
    for head, answer in net(faces, training=False).items():
        assert np.allclose(answer, loaded(faces, training=False)[head], atol=1e-6)
