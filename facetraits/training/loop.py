"""Training one of the seed's networks, from a data folder to the best averaged weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facetraits.images import fit_face
from facetraits.nets import NETS
from facetraits.training.augment import Augmentation, augment
from facetraits.training.averaging import WeightAverage
from facetraits.training.checkpoint import Checkpoint, load_weights
from facetraits.training.endings import SayProgress, Watch, told_plainly
from facetraits.training.faces import Faces
from facetraits.training.folding import fold, with_batch_norm
from facetraits.training.targets import Targets, labels, soft_targets


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """All that decides a training run, beside the data.

    Attributes:
        net: key of ``NETS``.
        epochs: passes over the training split; the learning rate falls to zero at the
            end of the last (one cosine, after a warm-up of one epoch).
        batch_size: pictures a step.
        learning_rate: its peak. AdamW, on the training twin (see ``folding``).
        weight_decay: decoupled (Loshchilov & Hutter 2019).
        patience: epochs without a better validation accuracy before it stops early.
        precision: Keras dtype policy; mixed_bfloat16 is 1.3 to 2.8 times as fast as
            float32 where the processor has AVX512-BF16 or AMX.
        seed: of weights, order, dropout and augmentation.
        warm_size_px, warm_epochs: first so many epochs on smaller faces, for a net whose
            layers fit any size: progressive resizing, four times as fast at half the side.
        augmentation: see :class:`Augmentation`.
    """

    net: str
    epochs: int
    batch_size: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    patience: int = 12
    precision: str = "mixed_bfloat16"
    seed: int = 2026
    warm_size_px: int | None = None
    warm_epochs: int = 0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


# 48 pixels have less to lose: the stronger default held training accuracy down.
_GENTLE = Augmentation(
    contrast=0.25, brightness=20.0, blur_share=0.05, coarse_share=0.05, erase_share=0.1, noise=3.0
)

RECIPES: dict[str, TrainConfig] = {
    "seed_age": TrainConfig("seed_age", epochs=16, warm_size_px=100, warm_epochs=16),
    "seed_gender": TrainConfig("seed_gender", epochs=14),
    "seed_emotion": TrainConfig("seed_emotion", epochs=30, augmentation=_GENTLE),
}


# A warm start counts its epochs from below zero; seeds must not be negative.
_EPOCH_OFFSET = 1_000


class Batches(keras.utils.PyDataset):
    """Training batches, in an order and with changes that (seed, epoch, batch) decide."""

    def __init__(self, faces: Faces, targets: Targets, config: TrainConfig, epoch: int) -> None:
        super().__init__(workers=1, max_queue_size=16)
        self._pixels = faces.pixels
        self._targets = targets
        self._config = config
        self._epoch = epoch

    def __len__(self) -> int:
        # The last part-filled batch is dropped: one shape is compiled once.
        return max(1, len(self._targets) // self._config.batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], Targets]:
        order = np.random.default_rng((self._config.seed, self._epoch + _EPOCH_OFFSET)).permutation(
            len(self._targets)
        )
        size = self._config.batch_size
        chosen = order[index * size : (index + 1) * size]
        rng = np.random.default_rng((self._config.seed, self._epoch + _EPOCH_OFFSET, index))
        changed = augment(self._pixels[chosen], self._config.augmentation, rng)
        return to_input(changed), self._targets[chosen]

    def on_epoch_end(self) -> None:
        self._epoch += 1


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


def to_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, s, s) uint8 → (n, s, s, 1) float32, still 0..255."""
    return pixels[..., None].astype(np.float32)


@dataclass(frozen=True, slots=True)
class TrainedNet:
    """What a run ends with.

    Attributes:
        model: a float32 network with the best averaged weights.
        history: a row an epoch: loss, accuracy, val_loss, val_accuracy, seconds.
        best_epoch: the epoch, counted from 1, whose weights these are.
    """

    model: keras.Model
    history: list[dict[str, float]]
    best_epoch: int

    @property
    def seconds(self) -> float:
        return sum(epoch["seconds"] for epoch in self.history)


def compile_net(
    config: TrainConfig, steps_per_epoch: int, size_px: int | None = None, epochs: int = 0
) -> keras.Model:
    """A fresh training twin of the config's net, ready to fit; of another input size if given."""
    build: Callable[..., keras.Model] = NETS[config.net].build
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        model = with_batch_norm(build(*([size_px] if size_px else [])), steps_per_epoch)
    finally:
        keras.config.set_dtype_policy("float32")
    rate = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=config.learning_rate / 50,
        warmup_target=config.learning_rate,
        warmup_steps=steps_per_epoch,
        decay_steps=max(1, steps_per_epoch * ((epochs or config.epochs) - 1)),
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=config.weight_decay, clipnorm=1.0)
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def warm_start(config: TrainConfig, train: Faces, model: keras.Model) -> None:
    """Gives the model the weights of one trained on smaller faces, where the config asks so."""
    side = config.warm_size_px
    if side is None:
        return
    small = Faces(train.samples, np.stack([fit_face(face, side) for face in train.pixels]))
    targets = soft_targets(NETS[config.net].trait, train.samples)
    batches = Batches(small, targets, config, epoch=-config.warm_epochs)
    learner = compile_net(config, len(batches), side, config.warm_epochs)
    learner.fit(batches, epochs=config.warm_epochs, shuffle=False)
    model.set_weights(learner.get_weights())


def fit(
    config: TrainConfig,
    train: Faces,
    val: Faces,
    run_dir: Path,
    resume: bool,
    say: Callable[[str], None] = print,
    extra: Sequence[keras.callbacks.Callback] = (),
) -> TrainedNet:
    """Trains until the schedule or the patience ends, keeping all in run_dir.

    Args:
        config: the settings; with resume, those the run began with.
        train, val: faces to learn from, and to choose the best epoch on.
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
    trait = NETS[config.net].trait
    steps = max(1, len(train) // config.batch_size)
    average = WeightAverage(half_life_steps=max(8, steps // 3), every=min(8, steps))
    keep = Checkpoint(run_dir, average, config.to_dict())
    if resume:
        model = keep.resume()
    else:
        model = compile_net(config, steps)
        warm_start(config, train, model)
    done = len(keep.history)
    watch = Watch()
    callbacks = [
        watch,
        ReseedDropout(config.seed),
        average,
        keep,
        _early_stopping(config, keep),
        SayProgress(keep, config.epochs, say),
        *extra,
    ]
    with told_plainly(keep), watch.signals():
        model.fit(
            Batches(train, soft_targets(trait, train.samples), config, done),
            validation_data=(to_input(val.pixels), _one_hot(trait, val)),
            validation_batch_size=128,
            epochs=config.epochs,
            initial_epoch=done,
            shuffle=False,  # the batches are shuffled already, the same way after a resume
            callbacks=callbacks,
        )
    return best_of(config, keep)


def best_of(config: TrainConfig, keep: Checkpoint) -> TrainedNet:
    """The best weights so far of a run that ended or was stopped."""
    model = NETS[config.net].build()
    twin = with_batch_norm(model)
    twin.set_weights(load_weights(keep.folder / "best.npz"))
    fold(twin, model)
    return TrainedNet(model, keep.history, int(keep.best["epoch"]))


def _early_stopping(config: TrainConfig, keep: Checkpoint) -> keras.callbacks.EarlyStopping:
    best = keep.best["val_accuracy"] if keep.history else None
    return keras.callbacks.EarlyStopping(
        "val_accuracy", mode="max", patience=config.patience, baseline=best
    )


def _one_hot(trait: str, faces: Faces) -> Targets:
    classes = soft_targets(trait, faces.samples[:1]).shape[1]
    return np.eye(classes, dtype=np.float32)[labels(trait, faces.samples)]
