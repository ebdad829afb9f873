"""Knowledge distillation from other traitnets, whose mean predictions are targets (Hinton 2015).

Teachers also predict labels that the data sets lack (ages for FER2013, expressions for
UTKFace), and reveal which labels are probably wrong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadData
from facetraits.networks.cards import KERAS_WEIGHTS
from facetraits.reading.traits import HEADS
from facetraits.training.data.faces import Faces, resized
from facetraits.training.data.trait_data import as_input
from facetraits.training.fit.batches import Part
from facetraits.training.fit.checkpoint import load_weights
from facetraits.training.model.nets import build_traitnet
from facetraits.training.model.targets import Targets
from facetraits.vision.crop import fit_face

_BATCH = 256


def read_config(run_dir: Path) -> dict[str, Any]:
    """A run's configuration.

    Raises:
        BadData: if there is no completed epoch.
    """
    try:
        config: dict[str, Any] = json.loads((run_dir / "last" / "state.json").read_text())["config"]
    except (OSError, KeyError, ValueError) as error:
        raise BadData(f"{run_dir} has no trained traitnet: {error!r}") from error
    return config


def load_run(run_dir: Path, size_px: int | None = None) -> tuple[keras.Model, dict[str, Any]]:
    """The best network so far of a run, and the run's configuration.

    Args:
        size_px: the input size; None: the one it was trained with.

    Raises:
        BadData: if there is no completed epoch of a traitnet.
    """
    config = read_config(run_dir)
    try:
        model = build_traitnet(
            size_px or config["size_px"],
            channels=config["channels"],
            width=config["width"],
            blocks=config["blocks"],
            trunk=config.get("trunk", "wide"),  # earlier runs had no other
        )
        model.set_weights(load_weights(run_dir / "best.npz"))
    except (OSError, KeyError, ValueError) as error:
        raise BadData(f"{run_dir} has no trained traitnet: {error!r}") from error
    return model, config


def soft_answers(runs: Sequence[Path], parts: Sequence[Part]) -> list[dict[str, Targets]]:
    """The mean predictions of the teachers for each part, averaged over both mirror images.

    Returns:
        For each part, head → (n, classes) float32.

    Raises:
        BadData: if a run has no completed epoch.
    """
    sums: list[dict[str, Targets]] = [
        {head: np.zeros((len(part), len(labels)), np.float32) for head, labels in HEADS.items()}
        for part in parts
    ]
    for run in runs:
        model = _teacher(run)
        _, size_px, _, channels = model.input_shape
        for part, answers in zip(parts, sums, strict=True):
            for first in range(0, len(part), _BATCH):
                rows = slice(first, first + _BATCH)
                shown = _shown(part.pixels[rows], size_px, channels)
                for faces in (shown, shown[:, :, ::-1]):
                    predicted = model.predict_on_batch(np.ascontiguousarray(faces))
                    for head, answer in predicted.items():
                        answers[head][rows] += answer / (2 * len(runs))
    return sums


def _teacher(folder: Path) -> keras.Model:
    """The network in the folder of a model or of a run."""
    published = folder / KERAS_WEIGHTS
    if not published.exists():
        return load_run(folder)[0]
    try:
        return keras.models.load_model(published)
    except (OSError, ValueError) as error:
        raise BadData(f"{folder} has no usable traitnet: {error!r}") from error


def _shown(pixels: NDArray[np.uint8], size_px: int, channels: int) -> NDArray[np.uint8]:
    pixels = resized(pixels, size_px)
    if pixels.ndim == 4 and channels == 1:
        pixels = np.stack([fit_face(face, size_px) for face in pixels])
    return as_input(Faces([], pixels), channels)


def blended(
    parts: Sequence[Part],
    answers: Sequence[dict[str, Targets]],
    heads: Sequence[str],
    share: float,
    suspect_below: float,
) -> list[Part]:
    """The parts with the teachers' predictions blended into their targets.

    Args:
        heads: those that the teachers teach; the targets of the others stay as they are.
        share: weight of the predictions if there is a label; without a label, it is 1.
        suspect_below: if label and prediction overlap less than this, the label is ignored.
    """
    return [
        replace(
            part,
            targets={
                head: _blend(
                    wanted, predicted=predicted[head], share=share, suspect_below=suspect_below
                )
                if head in heads
                else wanted
                for head, wanted in part.targets.items()
            },
        )
        for part, predicted in zip(parts, answers, strict=True)
    ]


def _blend(wanted: Targets, predicted: Targets, share: float, suspect_below: float) -> Targets:
    in_common = np.minimum(wanted, predicted).sum(1, keepdims=True)
    believed = (wanted.sum(1, keepdims=True) > 0) & (in_common >= suspect_below)
    weight = np.where(believed, share, 1.0).astype(np.float32)
    return (1 - weight) * wanted + weight * predicted
