"""From a finished run to `models/NAME/`: export, calibration on val, figures, card."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facetraits.networks.calibration import with_temperature
from facetraits.networks.cards import CARD, KERAS_WEIGHTS, RUNTIME, sha256_of
from facetraits.networks.runtime import Runtime
from facetraits.training.data.faces import Faces, to_input
from facetraits.training.evaluation.answers import Evaluation
from facetraits.training.evaluation.evaluate import answer, evaluate_folder
from facetraits.training.evaluation.metrics import fit_temperature
from facetraits.training.fit.checkpoint import write_json
from facetraits.training.fit.config import TrainConfig
from facetraits.training.fit.loop import TrainedNet
from facetraits.training.model.nets import NETS
from facetraits.training.model.targets import labels
from facetraits.training.publish import plots
from facetraits.training.publish.export import save_model, to_tflite, verify

_DATA = {
    "age": "UTKFace and facial-age",
    "gender": "UTKFace",
    "emotion": "FER2013 with FER+ votes, and CK+48 by person",
}
UNSURE_SHARE = 0.1
_CHECKED_FACES = 256


def publish(config: TrainConfig, trained: TrainedNet, faces: Faces, folder: Path) -> None:
    """Writes the model's folder, with a card of the val results; :func:`report` adds test.

    Raises:
        BadWeights: if the exported file does not agree with Keras.
    """
    exported = to_tflite(trained.model)
    val = faces.of_split("val")
    agreement = verify(trained.model, exported, to_input(val.pixels[:_CHECKED_FACES]))
    save_model(folder, trained.model, exported)
    card = _identity(config, folder, trained.model)
    card |= _calibrate(config.net, exported, val)
    card["agreement_with_keras"] = agreement
    sizes = Counter(sample.split for sample in faces.samples)
    card["training"] = story(config, trained, sizes)
    write_json(folder / CARD, card)  # the evaluation reads it back, as serving does
    with_figures(folder, evaluate_folder(folder, "val", val).to_dict())


def report(trained: TrainedNet, test: Faces, folder: Path, plots_dir: Path) -> dict[str, Any]:
    """Adds the test results to a published card, and draws the plots; returns the card."""
    result = evaluate_folder(folder, "test", test)
    card = with_figures(folder, result.to_dict())
    _plot(card, trained=trained, test=result, folder=plots_dir)
    return card


def with_figures(folder: Path, figures: dict[str, Any]) -> dict[str, Any]:
    """Adds the figures of one split to a model's card; returns the card."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text())
    card[figures["split"]] = figures
    write_json(folder / CARD, card)
    return card


def _identity(config: TrainConfig, folder: Path, model: keras.Model) -> dict[str, Any]:
    spec = NETS[config.net]
    return {
        "name": config.net,
        "trait": spec.trait,
        "labels": list(spec.labels),
        "size_px": spec.size_px,
        "framing": spec.framing,
        "parameters": model.count_params(),
        "data": _DATA[spec.trait],
        "data_license": "research only, non-commercial",
        "sha256": {name: sha256_of(folder / name) for name in (KERAS_WEIGHTS, RUNTIME)},
    }


def _calibrate(net: str, exported: bytes, val: Faces) -> dict[str, float]:
    raw = answer(Runtime(exported), val)
    temperature = fit_temperature(labels(NETS[net].trait, val.samples), raw)
    top = with_temperature(raw, temperature).max(1)
    return {
        "temperature": temperature,
        "unsure_below": round(float(np.quantile(top, UNSURE_SHARE)), 4),
    }


def story(config: TrainConfig, trained: TrainedNet, sizes: Counter[str]) -> dict[str, Any]:
    """How a network was trained, for its card."""
    return {
        "split_sizes": {split: sizes[split] for split in ("train", "val", "test")},
        "epochs_run": len(trained.history),
        "epoch_kept": trained.best_epoch,
        "minutes": round(trained.seconds / 60, 1),
        "config": config.to_dict(),
        "history": [{k: round(v, 5) for k, v in row.items()} for row in trained.history],
    }


def _plot(card: dict[str, Any], trained: TrainedNet, test: Evaluation, folder: Path) -> None:
    name = card["name"]
    history = plots.plot_history(name, trained.history, trained.best_epoch)
    plots.save(history, folder, f"{name}_history")
    confusion = plots.plot_confusion(name, card["labels"], card["test"]["confusion"])
    plots.save(confusion, folder, f"{name}_confusion")
    plots.save(plots.plot_reliability(test), folder, f"{name}_reliability")
