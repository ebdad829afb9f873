"""The training twin and the baseline's net that is left of it."""

import keras
import numpy as np
import pytest

from facetraits.training.model.nets import NETS
from facetraits.training.model.norm_folding import fold, with_batch_norm
from facetraits.training.model.normalization import FusedNormalization

COUNTS = {"baseline_age": 422_695, "baseline_gender": 1_567_874, "baseline_emotion": 683_267}


@pytest.mark.parametrize("name", COUNTS)
def test_the_folded_net_answers_as_its_twin(name):
    keras.utils.set_random_seed(1)
    model = NETS[name].build()
    twin = with_batch_norm(model)
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (8, *model.input_shape[1:])).astype(np.float32)
    for layer in twin.layers:  # as if it had learned
        if isinstance(layer, keras.layers.BatchNormalization):
            sizes = layer.gamma.shape
            layer.set_weights(
                [
                    rng.uniform(0.5, 1.5, sizes) * rng.choice([-1, 1], sizes),
                    rng.normal(0, 0.3, sizes),
                    rng.normal(0, 0.3, sizes),
                    rng.uniform(0.2, 2, sizes),
                ]
            )
    before = np.asarray(twin(faces, training=False))
    fold(twin, model)
    np.testing.assert_allclose(np.asarray(model(faces, training=False)), before, atol=2e-5)
    assert model.count_params() == COUNTS[name]
    # The answers differ between faces: equality above was not that of two constants.
    assert before.std(axis=0).max() > 1e-4


def kinds_of(name):
    twin = with_batch_norm(NETS[name].build())
    return [type(layer).__name__ for layer in twin.layers]


def test_every_hidden_layer_is_normalised_and_the_answer_is_not():
    for name in COUNTS:
        kinds = kinds_of(name)
        assert kinds.count("FusedNormalization") == 5
        assert kinds[-1] == "Dense"
        assert kinds[-2] != "FusedNormalization" or name != "baseline_age"


def test_without_padding_the_smaller_pooled_picture_is_normalised():
    kinds = kinds_of("baseline_age")
    assert kinds[2:5] == ["Conv2D", "AveragePooling2D", "FusedNormalization"]
    # At the edges of a padded picture a shift of the input cannot become a bias.
    assert kinds_of("baseline_gender")[2:4] == ["Conv2D", "FusedNormalization"]


def test_no_scale_passes_through_another_activation():
    face = keras.Input((12, 12, 1))
    x = keras.layers.Conv2D(2, 3, activation="tanh")(face)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.AveragePooling2D(2)(x))
    model = keras.Model(face, keras.layers.Dense(2)(x))
    with pytest.raises(ValueError, match="no scale passes"):
        fold(with_batch_norm(model), model)


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_the_fused_step_is_keras_step(dtype):
    rng = np.random.default_rng(0)
    maps = rng.normal(3, 2, (6, 5, 5, 4)).astype(np.float32)
    fused, plain = FusedNormalization(momentum=0.9), keras.layers.BatchNormalization(momentum=0.9)
    tolerance = {"float32": 1e-4, "mixed_bfloat16": 0.05}[dtype]
    given = keras.ops.cast(maps, "float32" if dtype == "float32" else "bfloat16")
    for layer in (fused, plain):
        layer.build(maps.shape)
    ours = np.asarray(keras.ops.cast(fused(given, training=True), "float32"))
    theirs = np.asarray(plain(maps, training=True))
    np.testing.assert_allclose(ours, theirs, atol=tolerance)
    # Keras counts the variance of the batch over n, the kernel over n - 1.
    for a, b in zip(fused.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=0.02, atol=0.02)


def test_a_twin_is_saved_and_read_back(tmp_path):
    twin = with_batch_norm(NETS["baseline_emotion"].build())
    twin.save(tmp_path / "twin.keras")
    again = keras.models.load_model(tmp_path / "twin.keras")
    assert [layer.name for layer in again.layers] == [layer.name for layer in twin.layers]
    assert isinstance(again.layers[3], FusedNormalization)
