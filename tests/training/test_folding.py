"""The training twin and the seed's net that is left of it."""

import keras
import numpy as np
import pytest

from facetraits.nets import NETS
from facetraits.training.folding import fold, with_batch_norm

COUNTS = {"seed_age": 422_695, "seed_gender": 1_567_874, "seed_emotion": 683_267}


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
                    rng.uniform(0.5, 1.5, sizes),
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


def test_every_hidden_layer_is_normalised_and_the_answer_is_not():
    twin = with_batch_norm(NETS["seed_age"].build())
    kinds = [type(layer).__name__ for layer in twin.layers]
    assert kinds.count("BatchNormalization") == 5
    assert kinds[-2:] == ["Activation", "Dense"]
