"""From a finished run of traitnet to its folder: export, calibration on val, figures, card."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facetraits.networks.calibration import (
    Probabilities,
    range_probabilities,
    with_temperature,
)
from facetraits.networks.cards import (
    CARD,
    KERAS_WEIGHTS,
    RUNTIME,
    HeadCard,
    read_checked,
    read_trait_card,
    sha256_of,
)
from facetraits.networks.runtime import Runtime, split_heads, with_mirror_images
from facetraits.reading.traits import HEADS
from facetraits.training.data.framing import FRAMING
from facetraits.training.data.trait_data import FIRST_SETS, TraitData, by_set
from facetraits.training.evaluation.compare import Answers, Difference, compare_all
from facetraits.training.evaluation.conformal import fit_intervals
from facetraits.training.evaluation.emotion_mix import fit_mix
from facetraits.training.evaluation.evaluate import score_traits
from facetraits.training.evaluation.metrics import fit_temperature
from facetraits.training.evaluation.trait_answers import TraitEvaluation
from facetraits.training.fit.checkpoint import weights_of, write_json
from facetraits.training.fit.config import TraitConfig
from facetraits.training.fit.loop import TrainedNet
from facetraits.training.model.targets import head_labels
from facetraits.training.publish import plots
from facetraits.training.publish.cards import UNSURE_SHARE, story, with_figures
from facetraits.training.publish.export import one_answer, save_model, to_tflite, verify

_DATA = (
    "UTKFace and facial-age; FairFace (CC BY 4.0); APPA-REAL; FER2013 with FER+ votes and its own "
    "labels; LFW with one rater's expressions (labels Apache-2.0); CK+48 by person"
)
_CHECKED_FACES = 256
_COVERAGE = 0.8
UNTRAINED_HEADS = tuple(
    HeadCard(head, labels=names, temperature=1.0, unsure_below=0.0) for head, names in HEADS.items()
)


def publish(config: TraitConfig, trained: TrainedNet, data: TraitData, folder: Path) -> None:
    """Writes the model's folder, with a card of the val results; :func:`report` adds test.

    Raises:
        BadWeights: if the exported file does not agree with Keras.
    """
    joined = one_answer(trained.model)
    exported = to_tflite(joined, any_batch=True)
    val = data.of_split("val")
    shown = val.shown(config.channels)
    chosen = np.linspace(0, len(shown) - 1, min(_CHECKED_FACES, len(shown))).astype(int)
    agreement = verify(joined, exported, shown[chosen].astype(np.float32))
    save_model(folder, trained.model, exported)
    card = _identity(config, folder, trained.model) | calibrate(exported, shown, val)
    card["agreement_with_keras"] = agreement
    sizes = Counter(sample.split for sample in data.samples)
    card["training"] = story(config, trained, sizes) | {"learnt_from": _learnt_from(config)}
    write_json(folder / CARD, card)  # the evaluation reads it back, as serving does
    add_figures(folder, "val", val)


def report(trained: TrainedNet, test: TraitData, folder: Path, plots_dir: Path) -> dict[str, Any]:
    """Adds the test results to a published card, and draws the plots; returns the card."""
    card, result = add_figures(folder, "test", test)
    history = plots.plot_trait_history(card["name"], trained.history, trained.best_epoch)
    plots.save(history, plots_dir, f"{card['name']}_history")
    plot_answers(card, test=result, folder=plots_dir)
    return card


def recalibrate(folder: Path, data: TraitData, plots_dir: Path) -> dict[str, Any]:
    """Fits a published card to its network's answers on val again, and scores val and test.

    For a change in how answers are made from the network's outputs; returns the card.

    Raises:
        BadWeights: if the folder's files are missing or don't match its card.
    """
    old = read_trait_card(folder)
    card = json.loads((folder / CARD).read_text(encoding="utf-8"))
    for figures in ("val", "test", "sets"):
        card.pop(figures, None)
    val = data.of_split("val")
    exported = read_checked(folder, RUNTIME, old)
    write_json(folder / CARD, card | calibrate(exported, val.shown(old.channels), val))
    add_figures(folder, "val", val)
    card, result = add_figures(folder, "test", data.of_split("test"))
    plot_answers(card, test=result, folder=plots_dir)
    return card


def add_figures(
    folder: Path, split: str, data: TraitData
) -> tuple[dict[str, Any], TraitEvaluation]:
    """Adds the figures for one split of every data set, and the headline figures, to a card.

    The headline figures are for the data sets that every network so far was trained on, so
    that they can be compared; the others are in the card's `sets`.
    """
    headline = score_traits(folder, split, data.of_sets(FIRST_SETS))
    card = with_figures(folder, headline.to_dict())
    for name, part in by_set(data).items():
        if name not in FIRST_SETS:
            figures = score_traits(folder, split, part).to_dict()
            card.setdefault("sets", {}).setdefault(name, {})[split] = figures
    write_json(folder / CARD, card)
    return card, headline


def compared(old: Path, new: Path, seen_by: Callable[[int, int], TraitData]) -> list[Difference]:
    """Compares two networks' files in all traits, on the same val faces of each data set.

    Args:
        seen_by: input size and channels → the faces as input of such a network.
    """
    return compare_all(*(_answers(folder, seen_by) for folder in (old, new)))


def _answers(folder: Path, seen_by: Callable[[int, int], TraitData]) -> dict[str, Answers]:
    card = read_trait_card(folder)
    val = seen_by(card.size_px, card.channels)
    return {
        f"{name}: {trait}": answers
        for name, part in by_set(val).items()
        for trait, answers in Answers.of_traits(score_traits(folder, "val", part)).items()
    }


def _identity(config: TraitConfig, folder: Path, model: keras.Model) -> dict[str, Any]:
    return {
        "name": config.net,
        "size_px": config.size_px,
        "channels": config.channels,
        "framing": FRAMING,
        "parameters": model.count_params(),
        "data": _DATA,
        "data_license": "research only, non-commercial",
        "sha256": {name: sha256_of(folder / name) for name in (KERAS_WEIGHTS, RUNTIME)},
    }


def _learnt_from(config: TraitConfig) -> dict[str, str]:
    """Teachers and initial weights, with hashes, because another run may overwrite them."""
    folders = [*config.teachers, *([config.start_from] if config.start_from else [])]
    paths = {folder: weights_of(Path(folder)) for folder in folders}
    return {folder: sha256_of(path) for folder, path in paths.items() if path.exists()}


def calibrate(exported: bytes, shown: np.ndarray, val: TraitData) -> dict[str, Any]:
    """Temperatures, thresholds, the emotion mix, and age intervals, from val predictions."""
    raw = split_heads(with_mirror_images(Runtime(exported), shown), UNTRAINED_HEADS)
    right = {head: head_labels(head, val.samples) for head in HEADS}
    # Posed expressions are not used for confidence thresholds (see Evaluation.main).
    posed = np.array([sample.dataset == "CK+48" for sample in val.samples])
    known = {head: (labels >= 0) & ~posed for head, labels in right.items()}
    temperatures = {
        head: fit_temperature(right[head][known[head]], raw[head][known[head]]) for head in HEADS
    }
    scaled = {head: with_temperature(raw[head], temperatures[head]) for head in HEADS}
    mix = fit_mix(scaled, val.samples)
    scaled["emotion"] = mix.of(scaled["emotion"], scaled["emotion_fer"])
    people = np.flatnonzero(known["age"])
    intervals = fit_intervals(
        scaled["age"][people],
        right["age"][people],
        _COVERAGE,
        sets=[val.samples[i].dataset for i in people],
    )
    heads = [
        {
            "name": head,
            "labels": list(names),
            "temperature": temperatures[head],
            "unsure_below": _threshold(head, scaled[head][known[head]]),
        }
        for head, names in HEADS.items()
    ]
    return {"heads": heads, "age_intervals": asdict(intervals), "emotion_mix": asdict(mix)}


def _threshold(head: str, scaled: Probabilities) -> float:
    """The threshold above which nine of ten val faces are."""
    top = (range_probabilities(scaled) if head == "age" else scaled).max(1)
    return round(float(np.quantile(top, UNSURE_SHARE)), 4)


def plot_answers(card: dict[str, Any], test: TraitEvaluation, folder: Path) -> None:
    """Draws the plots of a network's answers on test into a folder."""
    name, traits = card["name"], card["test"]["traits"]
    for trait, part in test.parts.items():
        confusion = plots.plot_confusion(
            f"{name} {trait}", part.classes, traits[trait]["confusion"]
        )
        plots.save(confusion, folder, f"{name}_{trait}_confusion")
        plots.save(plots.plot_reliability(part, trait), folder, f"{name}_{trait}_reliability")
    plots.save(plots.plot_selective(name, traits), folder, f"{name}_selective")
    if "age" in traits:
        plots.save(plots.plot_coverage(name, traits["age"]), folder, f"{name}_coverage")
