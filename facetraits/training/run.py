"""A whole training run: data, fit, export, figures, card, plots."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import keras

from facetraits.errors import BadData, BadSetting, Regression
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
    """The training task of a net.

    Args:
        given: options that differ from its recipe.
        processes: the number of batch worker processes for traitnet.
        paths: where its caches are; by default, the package's paths.
        keep: whether to update the caches.

    Raises:
        BadSetting: for an option that the net does not have.
    """
    config, given = RECIPES[net], given or {}
    unknown = sorted(set(given) - {field.name for field in fields(config)})
    if unknown:
        raise BadSetting(f"{net} has no option {', '.join(unknown)}")
    config = replace(config, **given)
    if isinstance(config, TraitConfig):
        return TraitTask(config, processes=processes, paths=paths, keep=keep)
    return BaselineTask(config)


def changes(options: Any) -> dict[str, Any]:
    """The options that were set on the command line."""
    names = {field.name for config in RECIPES.values() for field in fields(config)} - {"net"}
    given = {name: getattr(options, name, None) for name in names}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in given.items()
        if value is not None
    }


def read_data(task: Task, data_dir: Path, say: Say) -> Any:
    """All data for training and evaluating the net; reports what was skipped.

    Raises:
        BadData: if the data is missing, or no picture can be read.
    """
    skipped = Skipped()
    data = task.read(data_dir, skipped)
    for line in skipped.lines():
        say(line)
    return data


def describe(task: Task, data: Any) -> str:
    """The plan of a run: steps, and what each split contains."""
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
    """Estimates how long the run will take on this machine, from a few steps."""
    return sum(_guess_s(*trial) for trial in task.trials(train, _TRIED_STEPS)) / 60


def _guess_s(model: keras.Model, batches: keras.utils.PyDataset, steps: int) -> float:
    """Estimated seconds for a number of such steps."""
    model.train_on_batch(*batches[0])  # includes compilation, so it is not representative
    tried = min(_TRIED_STEPS, len(batches))
    began = time.monotonic()
    for index in range(1, tried):
        model.train_on_batch(*batches[index])
    return (time.monotonic() - began) / max(1, tried - 1) * steps


def prepare(run_dir: Path, resume: bool) -> bool:
    """Whether there is a complete epoch to resume from; without resume, deletes earlier state.

    Otherwise, a new run that is interrupted in its first epoch would resume the earlier run.
    """
    if not resume:
        shutil.rmtree(run_dir / WARM, ignore_errors=True)
        forget(run_dir)
    return resume and is_resumable(run_dir)


def train(
    task: Task, data_dir: Path, run_dir: Path, resume: bool, force: bool, say: Say, paths: Paths
) -> dict[str, Any] | None:
    """Trains a net and saves it with the other networks; returns its card.

    If Keras runs on JAX or PyTorch, nothing can be exported, and packs have no test pictures to
    evaluate it on: then the run stays in run_dir, to be published on a machine with TensorFlow
    and the data sets, and there is no card yet.

    Raises:
        BadData: if the data is missing, or there is nothing to resume.
        TrainingStopped: if it ended early; completed epochs are kept in run_dir.
        Regression: if the current weights are better on val and force is not set.
    """
    data = read_data(task, data_dir, say)
    say(describe(task, data))
    trained = fit(
        task,
        train=data.of_split("train"),
        val=data.of_split("val"),
        run_dir=run_dir,
        resume=resume,
        say=say,
    )
    say(f"kept epoch {trained.best_epoch} of {len(trained.history)}")
    if keras.config.backend() != "tensorflow" or not len(data.of_split("test")):
        publish = f"train {task.config.net} --publish --run-dir {run_dir} --data DIR"
        say(f"to export and score it: {publish}")
        return None
    return _publish(
        task, trained=trained, data=data, run_dir=run_dir, force=force, say=say, paths=paths
    )


def publish_run(
    task: Task, data_dir: Path, run_dir: Path, force: bool, say: Say, paths: Paths
) -> dict[str, Any]:
    """Saves the best epoch of a run with the other networks, without further training.

    Raises:
        BadData: if the run has no completed epoch, or the data has no test split.
        Regression: if the current weights are better on val and force is not set.
    """
    keep = Checkpoint(
        run_dir,
        average=WeightAverage(8),
        config=task.config.to_dict(),
        validation_score=task.validation_score,
    )
    keep.restore()
    data = read_data(task, data_dir, say)
    if not len(data.of_split("test")):
        raise BadData(f"{data_dir} has no test pictures (packs have none): give the data sets")
    return _publish(
        task,
        trained=best_of(task, keep),
        data=data,
        run_dir=run_dir,
        force=force,
        say=say,
        paths=paths,
    )


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
    choose(task, val=data.of_split("val"), run_dir=run_dir, force=force, say=say, paths=paths)
    # Only now, and only for the chosen weights: test has no influence on the choice.
    card = task.report(trained, data=data, folder=run_dir / "model", plots_dir=run_dir / "plots")
    adopt(task.config.net, run_dir, paths)
    return card


def choose(task: Task, val: Any, run_dir: Path, force: bool, say: Say, paths: Paths) -> None:
    """Compares a run's model with the one that it would replace.

    Raises:
        Regression: if the current one is better on val and force is not set.
    """
    net = task.config.net
    # A network that was trained here takes precedence over the one that was shipped.
    trained, shipped = paths.trained / net, paths.models / net
    here = trained if (trained / CARD).exists() else shipped
    if (here / CARD).exists():
        found = task.compared(here, run_dir / "model", val)
        say("A: the weights that are there, B: this run's, on val\n" + as_text(found))
        if is_regression(found) and not force:
            raise Regression(f"{net}: worse on val than the weights in {here}, which were kept")


def adopt(net: str, run_dir: Path, paths: Paths) -> None:
    """Copies a run's model and plots to where the app and the docs use them."""
    here = paths.trained / net
    # One file at a time, with the card last, because its hashes verify the others.
    here.mkdir(parents=True, exist_ok=True)
    for name in (KERAS_WEIGHTS, RUNTIME, CARD):
        shutil.copyfile(run_dir / "model" / name, here / name)
    shutil.copytree(run_dir / "plots", paths.plots, dirs_exist_ok=True)
