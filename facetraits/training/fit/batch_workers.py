"""Prepares batches ahead of time in separate processes: one GPU can use up what many cores make."""

from __future__ import annotations

from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import keras

from facetraits.training.fit.batches import Batch, Mixture, make_batch, open_mixture

_AHEAD = 3
"""How many batches each process works ahead."""


class Feed(keras.utils.PyDataset):
    """The batches of a mixture, starting at an epoch.

    Args:
        mixture: makes the batches.
        epoch: the first epoch, counted from 0.
        processes: the number of processes that make batches; 0: the training process itself.
        folder: where the processes find the pictures.
        last: the epoch to repeat at the end if Keras looks ahead; None: no repetition.
    """

    def __init__(
        self,
        mixture: Mixture,
        epoch: int,
        processes: int,
        folder: Path,
        last: int | None = None,
    ) -> None:
        super().__init__(workers=1, max_queue_size=8)
        self._mixture = mixture
        self._first = epoch
        self._last = last
        self._pool = _start(mixture, processes, folder) if processes else None
        self._ahead = _AHEAD * processes
        self._made: dict[int, Future[Batch]] = {}

    def __len__(self) -> int:
        return len(self._mixture)

    def __getitem__(self, index: int) -> Batch:
        if self._pool is None:
            return self._mixture.batch(self._first, index)
        place = self._first * len(self) + index
        for ahead in range(place, place + self._ahead + 1):
            if ahead not in self._made:
                self._made[ahead] = self._pool.submit(make_batch, *divmod(ahead, len(self)))
        return self._made.pop(place).result()

    def on_epoch_end(self) -> None:
        if self._last is None or self._first < self._last:
            self._first += 1

    def close(self) -> None:
        """Stops the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _start(mixture: Mixture, processes: int, folder: Path) -> ProcessPoolExecutor:
    mixture.save(folder)
    # Spawned, because forking a process whose backend has threads may hang.
    return ProcessPoolExecutor(processes, get_context("spawn"), open_mixture, (folder,))
