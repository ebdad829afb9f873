"""The training loop for every network, from faces to the best averaged weights."""

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
    """The parts of a training run that depend on the network; Data is its training data.

    Attributes:
        score_name: the name of the score that selects the best epoch.
        average_epochs: half-life of the averaged weights, in epochs.
    """

    score_name: str

    @property
    def average_epochs(self) -> float: ...

    @property
    def config(self) -> TrainConfig: ...

    def read(self, data_dir: Path, skipped: Skipped) -> Any:
        """The data of all splits. Raises BadData if it is missing."""
        ...

    def contents(self, part: Any) -> str:
        """A text description of a split."""
        ...

    def trials(
        self, train: Any, steps: int
    ) -> Iterator[tuple[keras.Model, keras.utils.PyDataset, int]]:
        """For time estimates: a compiled net, some batches, and the number of such steps."""
        ...

    def steps(self, train: Any) -> int:
        """Batches per epoch."""
        ...

    def untrained(self, train: Any, run_dir: Path) -> keras.Model:
        """A new compiled network; run_dir stores intermediate files."""
        ...

    def phases(self) -> Sequence[int]:
        """The epochs after which the batch shape changes, including the last epoch."""
        ...

    def batches(self, train: Any, epoch: int) -> keras.utils.PyDataset:
        """Training batches from that epoch on, which depend only on (seed, epoch, batch)."""
        ...

    def validation(self, val: Any) -> tuple[Any, Any]:
        """Inputs and targets for the validation after each epoch."""
        ...

    def validation_score(self, row: dict[str, float]) -> float:
        """The score of an epoch from its log row; higher is better."""
        ...

    def finished(self, weights: list[NDArray[Any]]) -> keras.Model:
        """The float32 network that is exported, with these averaged weights."""
        ...

    def publish(self, trained: TrainedNet, data: Any, folder: Path) -> None:
        """Exports, calibrates, and evaluates it on val; returns its folder, with a card."""
        ...

    def compared(self, old: Path, new: Path, val: Any) -> list[Difference]:
        """Compares two model folders on the same val faces, each with its own cropping."""
        ...

    def report(
        self, trained: TrainedNet, data: Any, folder: Path, plots_dir: Path
    ) -> dict[str, Any]:
        """Evaluates the chosen, published network on test; returns the card."""
        ...


class ReseedDropout(keras.callbacks.Callback):
    """Seeds dropout by (seed, epoch): Keras saves no dropout state, so resumes would differ."""

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
    """The outcome of a run.

    Attributes:
        model: a float32 network with the best averaged weights.
        history: one row per epoch: losses and metrics for training and val, and seconds.
        best_epoch: the epoch, counted from 1, that the weights come from.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int

    @property
    def seconds(self) -> float:
        return sum(epoch["seconds"] for epoch in self.history)


def cosine_adamw(config: TrainConfig, steps_per_epoch: int, epochs: int) -> keras.Optimizer:
    """AdamW with a cosine schedule to zero after one epoch of warm-up."""
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
    """Trains until the schedule or the patience ends, saving everything in run_dir.

    Args:
        task: what to train; with resume, it must have the original settings.
        train, val: the data to train on, and to choose the best epoch on.
        run_dir: the folder for checkpoints and log.csv.
        resume: whether to continue after the last complete epoch in run_dir.
        say: called with a status line after each epoch.
        extra: additional callbacks.

    Raises:
        BadData: if resume is set and run_dir has no state for this configuration.
        TrainingStopped: after Ctrl-C, a loss that is not finite, or a full disk; completed
            epochs are kept.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    config, steps = task.config, task.steps(train)
    half_life = max(8, int(steps * task.average_epochs + 1e-6))
    average = WeightAverage(half_life, every=min(8, steps))
    keep = Checkpoint(
        run_dir, average=average, config=config.to_dict(), validation_score=task.validation_score
    )
    model = keep.resume() if resume else task.untrained(train, run_dir)
    watch = Watch()
    callbacks = [
        watch,
        ReseedDropout(config.seed),
        average,
        keep,
        StopWhenStale(keep, config.patience),
        SayProgress(keep, epochs=config.epochs, score_name=task.score_name, say=say),
        *extra,
    ]
    with told_plainly(keep), watch.signals():
        # Keras assumes that all batches of a fit have the shape of the first ones.
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
                    shuffle=False,  # they are already shuffled, in the same way after a resume
                    callbacks=callbacks,
                )
    return best_of(task, keep)


@contextmanager
def _closed(batches: keras.utils.PyDataset) -> Iterator[keras.utils.PyDataset]:
    """Stops the batch worker processes, if any, however the run ends."""
    try:
        yield batches
    finally:
        getattr(batches, "close", lambda: None)()


def best_of(task: Task, keep: Checkpoint) -> TrainedNet:
    """The best weights of a run that has ended or was interrupted."""
    model = task.finished(load_weights(keep.folder / "best.npz"))
    return TrainedNet(model, keep.history, int(keep.best["epoch"]))
