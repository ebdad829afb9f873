"""The training recipe of the baseline networks: batches, compiled twin, and score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facetraits.training.data.datasets import Skipped
from facetraits.training.data.faces import Faces, gather, load_faces, to_input
from facetraits.training.evaluation.compare import Answers, Difference, compare
from facetraits.training.fit.augmentation import augment
from facetraits.training.fit.checkpoint import Checkpoint, is_resumable
from facetraits.training.fit.config import TrainConfig
from facetraits.training.fit.interruptions import Watch, told_plainly
from facetraits.training.fit.loop import ReseedDropout, TrainedNet, cosine_adamw
from facetraits.training.fit.weight_average import WeightAverage
from facetraits.training.model.nets import NETS
from facetraits.training.model.norm_folding import fold, with_batch_norm
from facetraits.training.model.targets import Targets, labels, soft_targets
from facetraits.vision.crop import fit_face

WARM = "warm"
"""Where a run's folder keeps its warm start."""

# A warm start has negative epoch numbers, but seeds must not be negative.
_EPOCH_OFFSET = 1_000


class Batches(keras.utils.PyDataset):
    """Training batches; order and augmentation depend only on (seed, epoch, batch)."""

    def __init__(self, faces: Faces, targets: Targets, config: TrainConfig, epoch: int) -> None:
        super().__init__(workers=1, max_queue_size=16)
        self._pixels = faces.pixels
        self._targets = targets
        self._config = config
        self._epoch = epoch

    def __len__(self) -> int:
        # An incomplete last batch is dropped, so that only one shape is compiled.
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


def compile_net(
    config: TrainConfig, steps_per_epoch: int, size_px: int | None = None, epochs: int = 0
) -> keras.Model:
    """A new training twin of the config's net, ready to fit, optionally with another size."""
    build: Callable[..., keras.Model] = NETS[config.net].build
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        model = with_batch_norm(build(*([size_px] if size_px else [])), steps_per_epoch)
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = cosine_adamw(config, steps_per_epoch, epochs or config.epochs)
    model.compile(optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def warm_start(config: TrainConfig, train: Faces, model: keras.Model, folder: Path) -> None:
    """If configured, initializes the model with weights trained on smaller faces.

    Args:
        folder: the state of that training run; an interrupted run resumes from it.

    Raises:
        TrainingStopped: as in :func:`loop.fit`.
    """
    side = config.warm_size_px
    if side is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    small = Faces(train.samples, np.stack([fit_face(face, side) for face in train.pixels]))
    targets = soft_targets(NETS[config.net].trait, train.samples)
    keep = Checkpoint(
        folder,
        average=WeightAverage(8),
        config=config.to_dict(),
        validation_score=lambda row: row["accuracy"],
    )
    if is_resumable(folder):
        learner = keep.resume()
    else:
        learner = compile_net(
            config, steps_per_epoch=_steps(config, train), size_px=side, epochs=config.warm_epochs
        )
    done, watch = len(keep.history), Watch()
    batches = Batches(small, targets, config, epoch=done - config.warm_epochs)
    with told_plainly(keep), watch.signals():
        learner.fit(
            batches,
            epochs=config.warm_epochs,
            initial_epoch=done,
            shuffle=False,
            callbacks=[watch, ReseedDropout(config.seed), keep],
        )
    model.set_weights(learner.get_weights())


def _steps(config: TrainConfig, train: Faces) -> int:
    return max(1, len(train) // config.batch_size)


class BaselineTask:
    """Trains a single-trait network. See :class:`loop.Task` for the methods."""

    score_name = "val accuracy"
    average_epochs = 1 / 3

    def __init__(self, config: TrainConfig) -> None:
        self.config = config
        self._spec = NETS[config.net]
        self._trait = self._spec.trait

    def steps(self, train: Faces) -> int:
        return _steps(self.config, train)

    def read(self, data_dir: Path, skipped: Skipped) -> Faces:
        return load_faces(gather(self._trait, data_dir, skipped), self._spec.size_px, skipped)

    def contents(self, part: Faces) -> str:
        counts = Counter(labels(self._trait, part.samples).tolist())
        return ", ".join(f"{name} {counts[i]}" for i, name in enumerate(self._spec.labels))

    def trials(self, train: Faces, steps: int) -> Iterator[tuple[keras.Model, Batches, int]]:
        sides: list[tuple[int | None, int]] = [(None, self.config.epochs)]
        if self.config.warm_size_px is not None:
            sides.append((self.config.warm_size_px, self.config.warm_epochs))
        samples = train.samples[: steps * self.config.batch_size]
        for side, epochs in sides:
            pixels = train.pixels[: len(samples)]
            if side is not None:
                pixels = np.stack([fit_face(face, side) for face in pixels])
            model = compile_net(self.config, self.steps(train), side)
            yield model, self.batches(Faces(samples, pixels), 0), epochs * self.steps(train)

    def untrained(self, train: Faces, run_dir: Path) -> keras.Model:
        model = compile_net(self.config, self.steps(train))
        warm_start(self.config, train=train, model=model, folder=run_dir / WARM)
        return model

    def phases(self) -> list[int]:
        return [self.config.epochs]

    def batches(self, train: Faces, epoch: int) -> Batches:
        return Batches(
            train, targets=soft_targets(self._trait, train.samples), config=self.config, epoch=epoch
        )

    def validation(self, val: Faces) -> tuple[Any, Any]:
        return to_input(val.pixels), _one_hot(self._trait, val)

    def validation_score(self, row: dict[str, float]) -> float:
        return row["val_accuracy"]

    def finished(self, weights: list[NDArray[Any]]) -> keras.Model:
        model = NETS[self.config.net].build()
        twin = with_batch_norm(model)
        twin.set_weights(weights)
        fold(twin, model)
        return model

    def publish(self, trained: TrainedNet, data: Faces, folder: Path) -> None:
        # Imported here, because training itself needs neither LiteRT nor TensorFlow.
        from facetraits.training.publish.cards import publish

        publish(self.config, trained=trained, faces=data, folder=folder)

    def report(
        self, trained: TrainedNet, data: Faces, folder: Path, plots_dir: Path
    ) -> dict[str, Any]:
        from facetraits.training.publish.cards import report

        return report(trained, test=data.of_split("test"), folder=folder, plots_dir=plots_dir)

    def compared(self, old: Path, new: Path, val: Faces) -> list[Difference]:
        from facetraits.training.evaluation.evaluate import evaluate_folder

        return compare(*(Answers.of(evaluate_folder(f, "val", val)) for f in (old, new)))


def _one_hot(trait: str, faces: Faces) -> Targets:
    classes = soft_targets(trait, faces.samples[:1]).shape[1]
    return np.eye(classes, dtype=np.float32)[labels(trait, faces.samples)]
