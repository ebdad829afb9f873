"""A whole training run: data, fit, export, figures, card, plots."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from facetraits.errors import Regression
from facetraits.images import fit_face
from facetraits.nets import NETS
from facetraits.training.averaging import WeightAverage
from facetraits.training.cards import publish
from facetraits.training.checkpoint import Checkpoint
from facetraits.training.compare import Answers, as_text, compare, is_regression
from facetraits.training.datasets import Skipped
from facetraits.training.evaluate import evaluate_folder
from facetraits.training.faces import Faces, gather, load_faces
from facetraits.training.loop import RECIPES, Batches, TrainConfig, best_of, compile_net, fit
from facetraits.training.targets import labels, soft_targets
from facetraits.weights import CARD, KERAS_WEIGHTS, MODELS_DIR, RUNTIME

PLOTS_DIR = MODELS_DIR.parent / "docs" / "plots"
RUNS_DIR = MODELS_DIR.parent / "runs"

_TRIED_STEPS = 6

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
    steps = max(1, len(faces.of_split("train")) // config.batch_size)
    lines = [
        f"{config.net}: {config.epochs} epochs of {steps} steps of {config.batch_size} pictures, "
        f"{config.epochs * steps} steps in all"
    ]
    for split in ("train", "val", "test"):
        part = faces.of_split(split)
        counts = Counter(labels(spec.trait, part.samples).tolist())
        classes = ", ".join(f"{name} {counts[i]}" for i, name in enumerate(spec.labels))
        lines.append(f"  {split:5} {len(part):6} faces: {classes}")
    return "\n".join(lines)


def guess_minutes(config: TrainConfig, train: Faces) -> float:
    """How long the run will take here, from a few steps of it."""
    total_s = _guess_s(config, train, None) * config.epochs
    if config.warm_size_px is not None:
        total_s += _guess_s(config, train, config.warm_size_px) * config.warm_epochs
    return total_s / 60


def _guess_s(config: TrainConfig, train: Faces, side: int | None) -> float:
    """Seconds an epoch, at the net's input size or another."""
    part = Faces(train.samples[: _TRIED_STEPS * config.batch_size], train.pixels)
    targets = soft_targets(NETS[config.net].trait, part.samples)
    pixels = part.pixels[: len(targets)]
    if side is not None:
        pixels = np.stack([fit_face(face, side) for face in pixels])
    batches = Batches(Faces(part.samples, pixels), targets, config, epoch=0)
    steps = max(1, len(train) // config.batch_size)
    model = compile_net(config, steps, side)
    model.train_on_batch(*batches[0])  # compiles; its time says nothing of the others
    began = time.monotonic()
    for index in range(1, len(batches)):
        model.train_on_batch(*batches[index])
    return (time.monotonic() - began) / max(1, len(batches) - 1) * steps


def train(
    config: TrainConfig, data_dir: Path, run_dir: Path, resume: bool, force: bool, say: Say
) -> dict[str, Any]:
    """Trains a net and puts it into `models/`; returns its card.

    Raises:
        BadData: where the data is missing, or there is nothing to resume.
        TrainingStopped: where it ended early; what it finished is kept in run_dir.
        Regression: where the weights in `models/` are better on val, and not force.
    """
    faces = read_data(config, data_dir, say)
    say(describe(config, faces))
    trained = fit(config, faces.of_split("train"), faces.of_split("val"), run_dir, resume, say)
    say(f"kept epoch {trained.best_epoch} of {len(trained.history)}; exporting and scoring")
    card = publish(config, trained, faces, run_dir / "model", run_dir / "plots")
    adopt(config.net, faces, run_dir, force, say)
    return card


def publish_run(
    config: TrainConfig, data_dir: Path, run_dir: Path, force: bool, say: Say
) -> dict[str, Any]:
    """Puts the best epoch so far of a run into `models/`, without training further.

    Raises:
        BadData: where the run has no finished epoch.
        Regression: where the weights in `models/` are better on val, and not force.
    """
    keep = Checkpoint(run_dir, WeightAverage(half_life_steps=8), config.to_dict())
    keep.resume()
    faces = read_data(config, data_dir, say)
    trained = best_of(config, keep)
    card = publish(config, trained, faces, run_dir / "model", run_dir / "plots")
    adopt(config.net, faces, run_dir, force, say)
    return card


def adopt(
    net: str,
    faces: Faces,
    run_dir: Path,
    force: bool,
    say: Say,
    models_dir: Path = MODELS_DIR,
    plots_dir: Path = PLOTS_DIR,
) -> None:
    """Puts a run's model and plots where the app and the documents take them.

    Raises:
        Regression: where those already there are better on val, and not force.
    """
    here = models_dir / net
    if (here / CARD).exists():
        val = faces.of_split("val")
        old, new = (Answers.of(evaluate_folder(f, "val", val)) for f in (here, run_dir / "model"))
        found = compare(old, new)
        say("A: the weights in models/, B: this run's, on val\n" + as_text(found))
        if is_regression(found) and not force:
            raise Regression(f"{net}: worse on val than the weights in {here}, which stay")
    # One file after the other; the card last, since its hashes vouch for the others.
    here.mkdir(parents=True, exist_ok=True)
    for name in (KERAS_WEIGHTS, RUNTIME, CARD):
        shutil.copyfile(run_dir / "model" / name, here / name)
    shutil.copytree(run_dir / "plots", plots_dir, dirs_exist_ok=True)
