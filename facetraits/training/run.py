"""A whole training run: data, fit, export, figures, card, plots."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import keras

from facetraits.errors import BadSetting, Regression
from facetraits.networks.cards import CARD, KERAS_WEIGHTS, RUNTIME
from facetraits.paths import Paths
from facetraits.training.data.datasets import Skipped
from facetraits.training.evaluation.compare import as_text, is_regression
from facetraits.training.fit.checkpoint import Checkpoint, forget, is_resumable
from facetraits.training.fit.config import RECIPES, TraitConfig
from facetraits.training.fit.loop import Task, TrainedNet, best_of, fit
from facetraits.training.fit.weight_average import WeightAverage
from facetraits.training.recipes.baseline import WARM, BaselineTask
from facetraits.training.recipes.traitnet import TraitTask

_TRIED_STEPS = 6

Say = Callable[[str], None]


def task_of(
    net: str,
    given: Mapping[str, Any] | None = None,
    processes: int = 0,
    paths: Paths | None = None,
    keep: bool = True,
) -> Task:
    """How a net is trained.

    Args:
        given: settings that differ from its recipe.
        processes: so many make traitnet's batches, beside the training.
        paths: of its caches; by default the package's own.
        keep: whether what reading the data finds out may be kept for the next time.

    Raises:
        BadSetting: for a setting that the net does not have.
    """
    config, given = RECIPES[net], given or {}
    unknown = sorted(set(given) - {field.name for field in fields(config)})
    if unknown:
        raise BadSetting(f"{net} has no option {', '.join(unknown)}")
    config = replace(config, **given)
    if isinstance(config, TraitConfig):
        return TraitTask(config, processes, paths, keep)
    return BaselineTask(config)


def changes(options: Any) -> dict[str, Any]:
    """The settings that a command line gives: those of its options that have a value."""
    names = {field.name for config in RECIPES.values() for field in fields(config)} - {"net"}
    given = {name: getattr(options, name, None) for name in names}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }


def read_data(task: Task, data_dir: Path, say: Say) -> Any:
    """All that the net trains or is scored on; says what was left out.

    Raises:
        BadData: where the data is missing or not one picture can be read.
    """
    skipped = Skipped()
    data = task.read(data_dir, skipped)
    for line in skipped.lines():
        say(line)
    return data


def describe(task: Task, data: Any) -> str:
    """The plan of a run: steps, and what stands on each side."""
    config, steps = task.config, task.steps(data.of_split("train"))
    lines = [
        f"{config.net}: {config.epochs} epochs of {steps} steps of {config.batch_size} pictures, "
        f"{config.epochs * steps} steps in all"
    ]
    for split in ("train", "val", "test"):
        part = data.of_split(split)
        lines.append(f"  {split:5} {len(part):6} faces: {task.contents(part)}")
    return "\n".join(lines)


def guess_minutes(task: Task, train: Any) -> float:
    """How long the run will take here, from a few steps of it."""
    return sum(_guess_s(*trial) for trial in task.trials(train, _TRIED_STEPS)) / 60


def _guess_s(model: keras.Model, batches: keras.utils.PyDataset, steps: int) -> float:
    """Seconds for so many steps like these."""
    model.train_on_batch(*batches[0])  # compiles; its time says nothing of the others
    tried = min(_TRIED_STEPS, len(batches))
    began = time.monotonic()
    for index in range(1, tried):
        model.train_on_batch(*batches[index])
    return (time.monotonic() - began) / max(1, tried - 1) * steps


def prepare(run_dir: Path, resume: bool) -> bool:
    """Whether there is a whole epoch to go on from; without resume an earlier run is forgotten.

    Else a fresh run that is stopped before its first whole epoch would go on as that one.
    """
    if not resume:
        shutil.rmtree(run_dir / WARM, ignore_errors=True)
        forget(run_dir)
    return resume and is_resumable(run_dir)


def train(
    task: Task, data_dir: Path, run_dir: Path, resume: bool, force: bool, say: Say, paths: Paths
) -> dict[str, Any] | None:
    """Trains a net and puts it where networks are kept; returns its card.

    Where Keras runs on JAX or PyTorch nothing can be exported: the run stays in run_dir,
    to be published on a machine that has TensorFlow, and there is no card yet.

    Raises:
        BadData: where the data is missing, or there is nothing to resume.
        TrainingStopped: where it ended early; what it finished is kept in run_dir.
        Regression: where the weights that serve are better on val, and not force.
    """
    data = read_data(task, data_dir, say)
    say(describe(task, data))
    trained = fit(task, data.of_split("train"), data.of_split("val"), run_dir, resume, say)
    say(f"kept epoch {trained.best_epoch} of {len(trained.history)}")
    if keras.config.backend() != "tensorflow":
        say(f"to export and score it: train {task.config.net} --publish --run-dir {run_dir}")
        return None
    return _publish(task, trained, data, run_dir, force, say, paths)


def publish_run(
    task: Task, data_dir: Path, run_dir: Path, force: bool, say: Say, paths: Paths
) -> dict[str, Any]:
    """Puts the best epoch so far of a run where networks are kept, without training further.

    Raises:
        BadData: where the run has no finished epoch.
        Regression: where the weights that serve are better on val, and not force.
    """
    keep = Checkpoint(run_dir, WeightAverage(8), task.config.to_dict(), task.validation_score)
    keep.restore()
    data = read_data(task, data_dir, say)
    return _publish(task, best_of(task, keep), data, run_dir, force, say, paths)


def _publish(
    task: Task,
    trained: TrainedNet,
    data: Any,
    run_dir: Path,
    force: bool,
    say: Say,
    paths: Paths,
) -> dict[str, Any]:
    say("exporting and scoring on val")
    task.publish(trained, data, run_dir / "model")
    choose(task, data.of_split("val"), run_dir, force, say, paths)
    # Only now, and only what was chosen: test takes no part in the choice.
    card = task.report(trained, data, run_dir / "model", run_dir / "plots")
    adopt(task.config.net, run_dir, paths)
    return card


def choose(task: Task, val: Any, run_dir: Path, force: bool, say: Say, paths: Paths) -> None:
    """Compares a run's model with the one that would make way for it.

    Raises:
        Regression: where that is better on val, and not force.
    """
    net = task.config.net
    # A network that was trained here comes before the one that was shipped.
    trained, shipped = paths.trained / net, paths.models / net
    here = trained if (trained / CARD).exists() else shipped
    if (here / CARD).exists():
        found = task.compared(here, run_dir / "model", val)
        say("A: the weights that are there, B: this run's, on val\n" + as_text(found))
        if is_regression(found) and not force:
            raise Regression(f"{net}: worse on val than the weights in {here}, which were kept")


def adopt(net: str, run_dir: Path, paths: Paths) -> None:
    """Puts a run's model and plots where the app and the documents take them."""
    here = paths.trained / net
    # One file after the other; the card last, since its hashes vouch for the others.
    here.mkdir(parents=True, exist_ok=True)
    for name in (KERAS_WEIGHTS, RUNTIME, CARD):
        shutil.copyfile(run_dir / "model" / name, here / name)
    shutil.copytree(run_dir / "plots", paths.plots, dirs_exist_ok=True)
