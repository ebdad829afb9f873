"""An exponential moving average of the weights, used whenever the net is evaluated."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Weights = list[NDArray[Any]]


class WeightAverage(keras.callbacks.Callback):
    """Keeps the average and puts it in place during validation (Polyak 1992).

    Args:
        half_life_steps: the half-life of the average, in steps.
        every: the number of steps between updates of the average.
    """

    def __init__(self, half_life_steps: int, every: int = 8) -> None:
        super().__init__()
        self._keep = 0.5 ** (every / half_life_steps)
        self._every = every
        self._step = 0
        self._raw: Weights | None = None
        self.average: Weights | None = None

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self._step += 1
        if self._step % self._every:
            return
        # During an epoch, JAX keeps the weights outside the model until they are requested.
        getattr(self.model, "jax_state_sync", lambda: None)()
        weights = [np.array(weight) for weight in self.model.get_weights()]
        if self.average is None:
            self.average = weights
            return
        # Early on, a plain mean forgets the random start faster than the half-life does.
        keep = min(self._keep, 1 - 1 / (self._step / self._every))
        for average, weight in zip(self.average, weights, strict=True):
            if np.issubdtype(average.dtype, np.floating):
                average += (1 - keep) * (weight - average)

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        if self.average is not None:
            self._raw = self.model.get_weights()
            self.model.set_weights(self.average)

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        if self._raw is not None:
            self.model.set_weights(self._raw)
            self._raw = None

    def state(self) -> dict[str, NDArray[Any]]:
        """The state that :meth:`restore` needs."""
        arrays = {f"w{i:03d}": w for i, w in enumerate(self.average or [])}
        return {"step": np.array(self._step), **arrays}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        self._step = int(state["step"])
        self.average = [state[key] for key in sorted(state) if key != "step"] or None
