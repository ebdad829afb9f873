"""A whole training run: data, fit, export, figures, card, plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from facetraits.nets import NETS
from facetraits.training.averaging import WeightAverage
from facetraits.training.cards import publish
from facetraits.training.checkpoint import Checkpoint
from facetraits.training.datasets import Skipped
from facetraits.training.faces import Faces, gather, load_faces
from facetraits.training.loop import RECIPES, TrainConfig, best_of, fit
from facetraits.training.targets import labels
from facetraits.weights import MODELS_DIR

PLOTS_DIR = MODELS_DIR.parent / "docs" / "plots"
RUNS_DIR = MODELS_DIR.parent / "runs"

Say = Callable[[str], None]


def recipe(net: str, epochs: int | None) -> TrainConfig:
    """The net's settings, with another number of epochs where one is given."""
    config = RECIPES[net]
    return config if epochs is None else replace(config, epochs=epochs)


def read_data(config: TrainConfig, data_dir: Path, say: Say) -> Faces:
    """Every face the net trains or is scored on; says what was left out.

    Raises:
        BadData: where the data is missing or not one picture can be read.
    """
    spec, skipped = NETS[config.net], Skipped()
    faces = load_faces(gather(spec.trait, data_dir, skipped), spec.size_px, skipped)
    for line in skipped.lines():
        say(line)
    return faces


def describe(config: TrainConfig, faces: Faces) -> str:
    """The plan of a run: pictures a class and side, steps."""
    spec = NETS[config.net]
    lines = [f"{config.net}: {config.epochs} epochs of batches of {config.batch_size}"]
    for split in ("train", "val", "test"):
        part = faces.of_split(split)
        counts = Counter(labels(spec.trait, part.samples).tolist())
        classes = ", ".join(f"{name} {counts[i]}" for i, name in enumerate(spec.labels))
        lines.append(f"  {split:5} {len(part):6} faces: {classes}")
    return "\n".join(lines)


def train(
    config: TrainConfig, data_dir: Path, run_dir: Path, resume: bool, say: Say
) -> dict[str, Any]:
    """Trains a net and puts it into `models/`; returns its card.

    Raises:
        BadData: where the data is missing, or there is nothing to resume.
    """
    faces = read_data(config, data_dir, say)
    say(describe(config, faces))
    trained = fit(config, faces.of_split("train"), faces.of_split("val"), run_dir, resume)
    say(f"kept epoch {trained.best_epoch} of {len(trained.history)}; exporting and scoring")
    return publish(config, trained, faces, MODELS_DIR / config.net, PLOTS_DIR)


def publish_run(config: TrainConfig, data_dir: Path, run_dir: Path, say: Say) -> dict[str, Any]:
    """Puts the best epoch so far of a run into `models/`, without training further.

    Raises:
        BadData: where the run has no finished epoch.
    """
    keep = Checkpoint(run_dir, WeightAverage(half_life_steps=8), config.to_dict())
    keep.resume()
    faces = read_data(config, data_dir, say)
    return publish(config, best_of(config, keep), faces, MODELS_DIR / config.net, PLOTS_DIR)
