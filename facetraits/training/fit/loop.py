"""The loop that every network trains in, from faces to the best averaged weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
from numpy.typing import NDArray

from facetraits.training.data.datasets import Skipped
from facetraits.training.evaluation.compare import Difference
from facetraits.training.fit.checkpoint import Checkpoint, load_weights
from facetraits.training.fit.config import TrainConfig
from facetraits.training.fit.interruptions import SayProgress, StopWhenStale, Watch, told_plainly
from facetraits.training.fit.weight_average import WeightAverage


class Task(Protocol):
    """What differs from network to network in a training run; Data is what it learns from.

    Attributes:
        score_name: what the best epoch is chosen by, in words.
        average_epochs: epochs after which a step's share in the averaged weights halves.
    """

    score_name: str

    @property
    def average_epochs(self) -> float: ...

    @property
    def config(self) -> TrainConfig: ...

    def read(self, data_dir: Path, skipped: Skipped) -> Any:
        """The data of all sides. Raises BadData where it is missing."""
        ...

    def contents(self, part: Any) -> str:
        """What a side of the data consists of, in words."""
        ...

    def trials(
        self, train: Any, steps: int
    ) -> Iterator[tuple[keras.Model, keras.utils.PyDataset, int]]:
        """To guess a run's time: a compiled net, some batches, how many steps will be like them."""
        ...

    def steps(self, train: Any) -> int:
        """Batches in an epoch."""
        ...

    def untrained(self, train: Any, run_dir: Path) -> keras.Model:
        """A fresh network, compiled; run_dir keeps what it takes to make it."""
        ...

    def phases(self) -> Sequence[int]:
        """Epochs after which the batches change their shape, the last one included."""
        ...

    def batches(self, train: Any, epoch: int) -> keras.utils.PyDataset:
        """Training batches from that epoch on, decided by (seed, epoch, batch) alone."""
        ...

    def validation(self, val: Any) -> tuple[Any, Any]:
        """Inputs and right answers to score each epoch on."""
        ...

    def validation_score(self, row: dict[str, float]) -> float:
        """How good an epoch's row of the log is; more is better."""
        ...

    def finished(self, weights: list[NDArray[Any]]) -> keras.Model:
        """The float32 network that is exported, with these averaged weights."""
        ...

    def publish(self, trained: TrainedNet, data: Any, folder: Path) -> None:
        """Exports and calibrates it, and scores it on val: its folder, with a card."""
        ...

    def compared(self, old: Path, new: Path, val: Any) -> list[Difference]:
        """Two folders of such a network on the same faces of val, each as it sees them."""
        ...

    def report(
        self, trained: TrainedNet, data: Any, folder: Path, plots_dir: Path
    ) -> dict[str, Any]:
        """Scores what was published on test, once it is chosen; returns the card."""
        ...


class ReseedDropout(keras.callbacks.Callback):
    """Dropout that (seed, epoch) decide: Keras saves no dropout state, so a resume would differ."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._seed = seed

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        for number, layer in enumerate(self.model.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                generator.state.assign([self._seed + number, 1_000_000 * epoch])


@dataclass(frozen=True, slots=True)
class TrainedNet:
    """What a run ends with.

    Attributes:
        model: a float32 network with the best averaged weights.
        history: a row an epoch: losses and figures of training and val, seconds.
        best_epoch: the epoch, counted from 1, whose weights these are.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int

    @property
    def seconds(self) -> float:
        return sum(epoch["seconds"] for epoch in self.history)


def cosine_adamw(config: TrainConfig, steps_per_epoch: int, epochs: int) -> keras.Optimizer:
    """AdamW with one cosine to zero after a warm-up of an epoch."""
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 50,
        warmup_target=config.learning_rate,
        warmup_steps=steps_per_epoch,
        decay_steps=max(1, steps_per_epoch * (epochs - 1)),
    )
    return keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)


def fit(
    task: Task,
    train: Any,
    val: Any,
    run_dir: Path,
    resume: bool,
    say: Callable[[str], None] = print,
    extra: Sequence[keras.callbacks.Callback] = (),
) -> TrainedNet:
    """Trains until the schedule or the patience ends, keeping all in run_dir.

    Args:
        task: what is trained; with resume, with the settings the run began with.
        train, val: data to learn from, and to choose the best epoch on.
        run_dir: checkpoints and log.csv go here.
        resume: go on after the last whole epoch in run_dir.
        say: is told how each epoch went.
        extra: further callbacks.

    Raises:
        BadData: where resume is asked for and run_dir has nothing of this config.
        TrainingStopped: after Ctrl-C, a loss that is no number, or a full disk; the
            epochs finished by then are kept.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    config, steps = task.config, task.steps(train)
    half_life = max(8, int(steps * task.average_epochs + 1e-6))
    average = WeightAverage(half_life, every=min(8, steps))
    keep = Checkpoint(run_dir, average, config.to_dict(), task.validation_score)
    model = keep.resume() if resume else task.untrained(train, run_dir)
    watch = Watch()
    callbacks = [
        watch,
        ReseedDropout(config.seed),
        average,
        keep,
        StopWhenStale(keep, config.patience),
        SayProgress(keep, config.epochs, task.score_name, say),
        *extra,
    ]
    with told_plainly(keep), watch.signals():
        # Keras takes the shape of a fit's first batches for that of all.
        for end in task.phases():
            done = len(keep.history)
            if done >= end or model.stop_training:
                continue
            with _closed(task.batches(train, done)) as batches:
                model.fit(
                    batches,
                    validation_data=task.validation(val),
                    validation_batch_size=128,
                    epochs=end,
                    initial_epoch=done,
                    shuffle=False,  # they are shuffled already, the same way after a resume
                    callbacks=callbacks,
                )
    return best_of(task, keep)


@contextmanager
def _closed(batches: keras.utils.PyDataset) -> Iterator[keras.utils.PyDataset]:
    """Ends the processes that make batches, where there are any, however the run ends."""
    try:
        yield batches
    finally:
        getattr(batches, "close", lambda: None)()


def best_of(task: Task, keep: Checkpoint) -> TrainedNet:
    """The best weights so far of a run that ended or was stopped."""
    model = task.finished(load_weights(keep.folder / "best.npz"))
    return TrainedNet(model, keep.history, int(keep.best["epoch"]))
