"""The training recipe of traitnet: two kinds of data, four heads, one validation score."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadData
from facetraits.paths import Paths
from facetraits.reading.traits import HEADS
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.trait_data import LANDMARKS, TraitData, read_traits
from facetraits.training.evaluation.compare import Difference
from facetraits.training.fit.batch_workers import Feed
from facetraits.training.fit.batches import Mixture, Part
from facetraits.training.fit.checkpoint import starting_weights
from facetraits.training.fit.config import TraitConfig
from facetraits.training.fit.loop import TrainedNet, cosine_adamw
from facetraits.training.fit.teachers import blended, soft_answers
from facetraits.training.model.losses import (
    AgeLoss,
    OfKnown,
    known_crossentropy,
    same_class,
    same_range,
    years_off,
)
from facetraits.training.model.nets import build_traitnet
from facetraits.training.model.targets import Targets, head_labels
from facetraits.training.recipes.streams import parts_of

# A year of mean error weighs as much as two and a half points of accuracy: the scale on
# which recipes differ for the two.
_MERIT_PER_YEAR = 0.025


class TraitTask:
    """Trains traitnet. See :class:`loop.Task` for the methods.

    Args:
        config: the configuration.
        processes: the number of batch worker processes; 0: the training process makes batches.
        paths: the `runs` folder holds pictures for the workers and the landmark cache; by
            default, the package's paths.
        keep: whether to save new landmarks in the cache.
    """

    score_name = "validation score"

    def __init__(
        self,
        config: TraitConfig,
        processes: int = 0,
        paths: Paths | None = None,
        keep: bool = True,
    ) -> None:
        self.config = config
        self._keep = keep
        self._processes = processes
        runs = (paths or Paths.found()).runs
        self._feed_dir, self._landmarks = runs / "feed", runs / LANDMARKS
        self._taught: list[dict[str, Targets]] | None = None
        self._data_dir: Path | None = None

    @property
    def average_epochs(self) -> float:
        return self.config.average_epochs

    def read(self, data_dir: Path, skipped: Skipped) -> TraitData:
        self._data_dir = data_dir
        size_px, channels = self.config.size_px, self.config.channels
        return read_traits(
            data_dir,
            size_px=size_px,
            channels=channels,
            skipped=skipped,
            landmarks=self._landmarks,
            keep=self._keep,
        )

    def contents(self, part: TraitData) -> str:
        return part.contents()

    def trials(self, train: TraitData, steps: int) -> Iterator[tuple[keras.Model, Feed, int]]:
        mixture = self._mixture(parts_of(train))
        feed = Feed(mixture, epoch=0, processes=0, folder=self._feed_dir)
        yield (
            compile_traitnet(self.config, self.steps(train)),
            feed,
            self.config.epochs * len(mixture),
        )

    def steps(self, train: TraitData) -> int:
        return max(1, len(train) // self.config.batch_size)

    def untrained(self, train: TraitData, run_dir: Path) -> keras.Model:
        model = compile_traitnet(self.config, self.steps(train))
        if self.config.start_from is not None:
            start_from(model, Path(self.config.start_from))
            freeze(model, self.config.frozen_layers, self.config.frozen_norms)
        return model

    def phases(self) -> list[int]:
        config = self.config
        return sorted({min(config.small_epochs, config.epochs), config.epochs} - {0})

    def batches(self, train: TraitData, epoch: int) -> Feed:
        parts = parts_of(train)
        if self.config.teachers:
            # Takes minutes, and is the same in every phase of a run.
            if self._taught is None:
                self._taught = soft_answers([Path(run) for run in self.config.teachers], parts)
            parts = blended(
                parts,
                answers=self._taught,
                heads=self.config.teacher_heads,
                share=self.config.teacher_share,
                suspect_below=self.config.suspect_below,
            )
        last = next(end for end in self.phases() if end > epoch) - 1
        return Feed(
            self._mixture(parts),
            epoch=epoch,
            processes=self._processes,
            folder=self._feed_dir,
            last=last,
        )

    def _mixture(self, parts: list[Part]) -> Mixture:
        config = self.config
        return Mixture(
            parts,
            batch_size=config.batch_size,
            seed=config.seed,
            channels=config.channels,
            strong_augmentation=config.strong_augmentation.times(config.augmentation_strength),
            mixup=config.mixup,
            cutmix=config.cutmix,
            small_px=config.small_px,
            small_epochs=config.small_epochs,
            mixed_epochs=config.epochs - config.plain_epochs,
        )

    def validation(self, val: TraitData) -> tuple[Any, Any]:
        # Mixed, because Keras averages a head's loss over batches, and a batch with only the
        # other kind of face would count as a loss of zero.
        order = np.random.default_rng(self.config.seed).permutation(len(val))
        labels = {head: head_labels(head, val.samples)[order] for head in HEADS}
        return val.shown(self.config.channels)[order], {
            head: _one_hot(rows, len(HEADS[head])) for head, rows in labels.items()
        }

    def validation_score(self, row: dict[str, float]) -> float:
        accuracies = row["val_gender_accuracy"] + row["val_emotion_accuracy"]
        ranges = 0.5 * (row["val_age_ranges"] + row["val_emotion_fer_accuracy"])
        return (accuracies + ranges) / 3 - _MERIT_PER_YEAR * row["val_age_years_off"]

    def finished(self, weights: list[NDArray[Any]]) -> keras.Model:
        model = build(self.config, self.config.size_px)
        model.set_weights(weights)
        return model

    def publish(self, trained: TrainedNet, data: TraitData, folder: Path) -> None:
        # Imported here, because training itself needs neither LiteRT nor TensorFlow.
        from facetraits.training.publish.trait_cards import publish

        publish(self.config, trained=trained, data=data, folder=folder)

    def compared(self, old: Path, new: Path, val: TraitData) -> list[Difference]:
        from facetraits.training.publish.trait_cards import compared

        return compared(old, new, self._seen_by(val))

    def _seen_by(self, val: TraitData) -> Callable[[int, int], TraitData]:
        """The val faces, cropped from the original pictures for a network's size and channels.

        Resizing this network's input would blur it, and could lack colors.
        """

        def seen_by(size_px: int, channels: int) -> TraitData:
            if (size_px, channels) == (self.config.size_px, self.config.channels):
                return val
            assert self._data_dir is not None  # val was read from it
            return read_traits(
                self._data_dir,
                size_px=size_px,
                channels=channels,
                skipped=Skipped(),
                landmarks=self._landmarks,
                splits=("val",),
            )

        return seen_by

    def report(
        self, trained: TrainedNet, data: TraitData, folder: Path, plots_dir: Path
    ) -> dict[str, Any]:
        from facetraits.training.publish.trait_cards import report

        return report(trained, test=data.of_split("test"), folder=folder, plots_dir=plots_dir)


def build(config: TraitConfig, size_px: int | None) -> keras.Model:
    """The configured network for one or any face size, untrained and not compiled."""
    return build_traitnet(
        size_px,
        channels=config.channels,
        width=config.width,
        blocks=config.blocks,
        dropout=config.dropout,
        trunk=config.trunk,
    )


def compile_traitnet(config: TraitConfig, steps_per_epoch: int) -> keras.Model:
    """A new network, ready to fit."""
    keras.utils.set_random_seed(config.seed)
    keras.config.set_dtype_policy(config.precision)
    try:
        model = build(config, None)
    finally:
        keras.config.set_dtype_policy("float32")
    losses = {head: known_crossentropy for head in HEADS} | {"age": AgeLoss(config.age_l1)}
    model.compile(
        cosine_adamw(config, steps_per_epoch, config.epochs),
        loss=losses,
        loss_weights=dict(zip(HEADS, config.head_weights, strict=True)),
        metrics={
            "age": [OfKnown(years_off, "years_off"), OfKnown(same_range, "ranges")],
            "gender": [OfKnown(same_class, "accuracy")],
            "emotion": [OfKnown(same_class, "accuracy")],
            "emotion_fer": [OfKnown(same_class, "accuracy")],
        },
    )
    return model


def start_from(model: keras.Model, folder: Path) -> None:
    """Loads the weights of a run or a model into a network.

    Raises:
        BadData: if there are none, or they do not fit the network.
    """
    weights = starting_weights(folder)
    have, wanted = ([w.shape for w in ws] for ws in (weights, model.get_weights()))
    if have != wanted:
        raise BadData(f"the weights in {folder} belong to a network of a different size")
    model.set_weights(weights)


def freeze(model: keras.Model, convolutions: int, norms: bool) -> None:
    """Lets layers keep their weights and statistics.

    Args:
        convolutions: how many of the first ones, with their normalizations.
        norms: whether all normalizations do.
    """
    for layer in model.layers:
        if isinstance(layer, keras.layers.Conv2D):
            convolutions -= 1
        is_norm = isinstance(layer, keras.layers.BatchNormalization)
        if convolutions >= 0 or (norms and is_norm):
            layer.trainable = False


def _one_hot(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """A row of zeros for -1."""
    return np.eye(classes + 1, classes, dtype=np.float32)[labels]
