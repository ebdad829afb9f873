"""Fits the network to its examples."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from facetraits.networks.face_quality import QUALITIES
from facetraits.training.face_quality.examples import Examples
from facetraits.training.model.nets import build_face_quality

_BATCH = 256
_WARM_UP_STEPS = 200
_PEAK_RATE, _FIRST_RATE = 3e-3, 1e-4
_LEAST = 1e-5


def known_loss(targets: Any, answers: Any) -> Any:
    """Cross-entropy over what is known: (n, qualities, 2) targets and weights, (n, qualities)."""
    wanted, weight = targets[..., 0], targets[..., 1]
    answers = ops.clip(answers, _LEAST, 1 - _LEAST)
    each = wanted * ops.log(answers) + (1 - wanted) * ops.log(1 - answers)
    return -ops.sum(weight * each, axis=-1)


class _Batches(keras.utils.PyDataset):
    """All examples in another order in each epoch."""

    def __init__(self, examples: Examples, seed: int) -> None:
        super().__init__()
        self._examples = examples
        self._targets = np.stack([examples.targets, examples.weights], axis=-1)
        self._rng = np.random.default_rng(seed)
        self.on_epoch_end()

    def __len__(self) -> int:
        return max(1, len(self._targets) // _BATCH)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        chosen = self._order[index * _BATCH : (index + 1) * _BATCH]
        return self._examples.pixels[chosen].astype(np.float32), self._targets[chosen]

    def on_epoch_end(self) -> None:
        self._order = self._rng.permutation(len(self._targets))


def fit(examples: Examples, epochs: int, seed: int) -> keras.Model:
    """A trained float32 network: AdamW, one cosine, and averaged weights."""
    keras.utils.set_random_seed(seed)
    batches = _Batches(examples, seed)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = build_face_quality(len(QUALITIES))
    finally:
        keras.config.set_dtype_policy("float32")
    rate = keras.optimizers.schedules.CosineDecay(
        _FIRST_RATE,
        decay_steps=max(1, epochs * len(batches) - _WARM_UP_STEPS),
        warmup_target=_PEAK_RATE,
        warmup_steps=_WARM_UP_STEPS,
    )
    optimizer = keras.optimizers.AdamW(
        rate, weight_decay=0.02, clipnorm=1.0, use_ema=True, ema_momentum=0.995
    )
    model.compile(optimizer, loss=known_loss)
    model.fit(batches, epochs=epochs, verbose=2)
    optimizer.finalize_variable_values(model.trainable_variables)
    finished = build_face_quality(len(QUALITIES))
    finished.set_weights(model.get_weights())
    return finished
