"""The configuration of a training run."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from facetraits.reading.traits import HEADS
from facetraits.training.fit.augmentation import Augmentation
from facetraits.training.fit.strong_augmentation import StrongAugmentation


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """Everything that determines a training run, except the data.

    Attributes:
        net: key of ``NETS``.
        epochs: passes over the training split; the learning rate falls to zero at the
            end of the last one (a single cosine, after one epoch of warm-up).
        batch_size: pictures per step.
        learning_rate: the peak, for AdamW on the training twin (see ``norm_folding``).
        weight_decay: decoupled (Loshchilov & Hutter 2019).
        patience: epochs without a better validation accuracy before stopping early.
        precision: Keras dtype policy; mixed_bfloat16 is 1.3 to 2.8 times as fast as
            float32 on processors with AMX, but was slower on one with AVX512-BF16 alone.
        seed: random seed for weights, order, dropout, and augmentation.
        warm_size_px, warm_epochs: the size and number of initial epochs on smaller faces, for
            nets that accept any size (progressive resizing, four times as fast at half size).
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
        """JSON-compatible values: lists instead of tuples."""
        values: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return values


@dataclass(frozen=True, slots=True)
class TraitConfig(TrainConfig):
    """Everything that determines a traitnet run, except the data.

    Attributes:
        size_px, channels, width, blocks, dropout, trunk: see :func:`nets.build_traitnet`.
        average_epochs: half-life of the averaged weights.
        head_weights: weight of each head's loss, in the order of ``HEADS``.
        age_l1: weight of the error of the expected age; see :class:`AgeLoss`.
        small_px, small_epochs: the size and number of initial epochs on smaller faces
            (progressive resizing, nearly twice as fast at two thirds of the size).
        mixup, cutmix: shares of the batches whose pictures are blended or patched in pairs
            (Zhang et al. 2018, Yun et al. 2019).
        plain_epochs: the number of final epochs without mixup or cutmix.
        strong_augmentation: see :class:`StrongAugmentation`.
        augmentation_strength: factor for all of it.
        teachers: folders of runs or models whose predictions are blended into the targets.
        teacher_heads: the heads that they teach.
        teacher_share: weight of the teachers for labeled faces; without a label, it is 1.
        suspect_below: labels that the teachers find less probable than this are ignored.
        start_from: folder of a run, or of a model as in `models/`, with the initial weights;
            None: random weights.
        frozen_layers: how many convolutions, from the input on, keep their initial weights.
        frozen_norms: whether all batch normalizations stay as they are. With the statistics of
            each batch instead, which mixes data sets, a pretrained network computes something
            else.
    """

    size_px: int = 96
    channels: int = 3
    width: float = 1.0
    blocks: int = 2
    dropout: float = 0.2
    trunk: str = "wide"
    average_epochs: float = 1.0
    head_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 0.4)
    age_l1: float = 0.1
    small_px: int = 64
    small_epochs: int = 0
    mixup: float = 0.2
    cutmix: float = 0.2
    plain_epochs: int = 0
    strong_augmentation: StrongAugmentation = field(default_factory=StrongAugmentation)
    augmentation_strength: float = 1.0
    teachers: tuple[str, ...] = ()
    teacher_heads: tuple[str, ...] = tuple(HEADS)
    teacher_share: float = 0.6
    suspect_below: float = 0.02
    start_from: str | None = None
    frozen_layers: int = 0
    frozen_norms: bool = False


# Gentler, because with 48 pixels, the default augmentation limited the training accuracy.
_GENTLE = Augmentation(
    contrast=0.25, brightness=20.0, blur_share=0.05, coarse_share=0.05, erase_share=0.1, noise=3.0
)

RECIPES: dict[str, TrainConfig] = {
    "baseline_age": TrainConfig("baseline_age", epochs=16, warm_size_px=100, warm_epochs=16),
    "baseline_gender": TrainConfig("baseline_gender", epochs=10),
    "baseline_emotion": TrainConfig("baseline_emotion", epochs=30, augmentation=_GENTLE),
    "traitnet": TraitConfig(
        "traitnet",
        epochs=44,
        batch_size=128,
        weight_decay=0.02,
        patience=44,
        small_epochs=22,
        plain_epochs=6,
        # Crops that people send are tighter or looser than the detector's.
        strong_augmentation=StrongAugmentation(turn_deg=15.0, closer=0.30, farther=0.15),
    ),
}
