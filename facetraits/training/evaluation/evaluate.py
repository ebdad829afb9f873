"""Evaluates a network with the same files that serving runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from facetraits.errors import BadData
from facetraits.networks.calibration import Probabilities, with_temperature
from facetraits.networks.cards import (
    RUNTIME,
    Card,
    read_card,
    read_checked,
    read_trait_card,
)
from facetraits.networks.runtime import Runtime, TraitAnswers
from facetraits.paths import Paths
from facetraits.pixels import to_gray
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.faces import Faces, gather, load_faces
from facetraits.training.data.framing import LandmarkCache
from facetraits.training.data.trait_data import (
    FIRST_SETS,
    LANDMARKS,
    TraitData,
    find_samples,
    read_traits,
)
from facetraits.training.evaluation.answers import Evaluation
from facetraits.training.evaluation.conditions import Flags, conditions
from facetraits.training.evaluation.trait_answers import Scored, TraitEvaluation
from facetraits.training.evaluation.trait_answers import score as trait_score
from facetraits.training.model.targets import labels

TRAITNET = "traitnet"


def evaluate(
    net: str,
    data_dir: Path,
    split: str,
    skipped: Skipped,
    paths: Paths,
    on: str | None = None,
) -> Evaluation | TraitEvaluation:
    """Evaluates a network on one split, with faces cropped and served as in the app.

    Args:
        on: a key of ``DATA_SETS``; None: the data of the headline figures.
        paths: of the networks and the landmark cache.

    Raises:
        BadWeights: if the network's files cannot be used.
        BadData: if the data is missing, or has no labels for the network's trait.
    """
    folder = paths.models / net
    sets = FIRST_SETS if on is None else (on,)
    if net == TRAITNET:
        return evaluate_traitnet(
            folder, data_dir=data_dir, split=split, skipped=skipped, paths=paths, sets=sets
        )
    card = read_card(folder)
    runtime = Runtime(read_checked(folder, RUNTIME, card))
    if on is None:
        every, cut = gather(card.trait, data_dir, skipped), None
    else:
        every = find_samples(data_dir, skipped, sets)
        cache = LandmarkCache(paths.runs / LANDMARKS)
        cut = partial(cache.cut, size_px=card.size_px, color=False, framing=card.framing)
    samples = [s for s in every if s.split == split and getattr(s, card.trait) is not None]
    if not samples:
        raise BadData(f"{on} in {data_dir} has no labels for {card.trait}" + skipped.words())
    faces = load_faces(samples, card.size_px, skipped, cut=cut)
    return score(card, split=split, faces=faces, raw=answer(runtime, faces))


def evaluate_traitnet(
    folder: Path,
    data_dir: Path,
    split: str,
    skipped: Skipped,
    paths: Paths,
    sets: Sequence[str] = FIRST_SETS,
) -> TraitEvaluation:
    """The same for traitnet's files in any folder, on some of ``DATA_SETS``."""
    card = read_trait_card(folder)
    landmarks = paths.runs / LANDMARKS
    data = read_traits(
        data_dir,
        size_px=card.size_px,
        channels=card.channels,
        skipped=skipped,
        landmarks=landmarks,
        splits=(split,),
        sets=sets,
    )
    return score_traits(folder, split, data)


def score_traits(folder: Path, split: str, data: TraitData) -> TraitEvaluation:
    """Evaluates traitnet's files on faces that are already loaded.

    Raises:
        BadWeights: if the files cannot be used.
    """
    card = read_trait_card(folder)
    answers = TraitAnswers(card, read_checked(folder, RUNTIME, card))
    raw = answers.raw(data.shown(card.channels))
    scored = Scored(
        card.name,
        split=split,
        samples=data.samples,
        scaled=answers.scaled(raw),
        raw=raw,
        conditions=_conditions(data),
    )
    return trait_score(scored, answers.intervals, card.unsure_below)


def _conditions(data: TraitData) -> dict[str, Flags]:
    """Conditions per data set, because FER2013 is coarser than UTKFace."""
    found = [conditions(gray(faces)) if len(faces) else {} for faces in data]
    names = [name for part in found for name in part]
    return {
        name: np.concatenate(
            [
                part.get(name, np.zeros(len(faces), bool))
                for part, faces in zip(found, data, strict=True)
            ]
        )
        for name in dict.fromkeys(names)
    }


def gray(faces: Faces) -> Faces:
    """The same faces in gray."""
    if faces.pixels.ndim == 3:
        return faces
    return Faces(faces.samples, np.stack([to_gray(face) for face in faces.pixels]))


def evaluate_folder(folder: Path, split: str, faces: Faces) -> Evaluation:
    """Evaluates a network's files on faces that are already loaded.

    Raises:
        BadWeights: if the files cannot be used.
    """
    card = read_card(folder)
    runtime = Runtime(read_checked(folder, RUNTIME, card))
    return score(card, split=split, faces=faces, raw=answer(runtime, faces))


def answer(runtime: Runtime, faces: Faces) -> Probabilities:
    """(n, classes) probabilities before temperature scaling."""
    return np.asarray(runtime(faces.pixels[..., None].astype(np.float32)), np.float64)


def score(card: Card, split: str, faces: Faces, raw: Probabilities) -> Evaluation:
    """Predictions with their labels."""
    return Evaluation(
        net=card.name,
        trait=card.trait,
        split=split,
        classes=card.labels,
        samples=faces.samples,
        labels=labels(card.trait, faces.samples),
        probabilities=with_temperature(raw, card.temperature),
        raw=raw,
        conditions=conditions(faces),
    )


def as_text(result: dict[str, Any], net: str) -> str:
    """A card's figures for one split as a text table."""
    if "traits" in result:
        parts = (
            _as_text({"split": result["split"], **part}, f"{net}: {trait}")
            for trait, part in result["traits"].items()
        )
        return "\n\n".join(parts)
    return _as_text(result, net)


def _as_text(result: dict[str, Any], net: str) -> str:
    lines = [f"{net} on {result['split']}: {result['faces']} faces (95% intervals)"]
    lines += [
        f"  {name:24} {f['value']:8.4f}   {f['low']:.4f} .. {f['high']:.4f}"
        for name, f in result["figures"].items()
    ]
    lines += _selective_lines(result.get("selective", {}))
    lines += ["by group, accuracy:"]
    lines += [f"  {name:24} {_group(group)}" for name, group in result["groups"].items()]
    gap = result["largest_gap"]
    if gap:
        lines.append(
            f"largest gap: {gap['best']} is {gap['accuracy_gap']:.4f} above {gap['worst']}"
        )
    return "\n".join(lines)


def _group(group: dict[str, float]) -> str:
    interval = f"{group['low']:.4f} .. {group['high']:.4f}"
    text = f"{group['value']:8.4f}   {interval}   {group['faces']} faces"
    if "mae_years" in group:
        text += (
            f", {group['mae_years']:.2f} years off (bias {group['bias_years']:+.2f}), "
            f"{group['interval_coverage']:.3f} in "
            f"intervals of {group['interval_width_years']:.1f} years"
        )
    return text


def _selective_lines(selective: dict[str, Any]) -> list[str]:
    lines = []
    if "answered" in selective:
        lines.append(
            f"  sure of {selective['answered']:.4f} of the faces, and right about "
            f"{selective['accuracy']:.4f} of those"
        )
    if "curve" in selective:
        points = [f"{right:.4f} of {share:.0%}" for share, right in selective["curve"][::2]]
        lines.append(f"  the surest are right: {', '.join(points)}")
    return lines


def write(result: Evaluation | TraitEvaluation, path: Path) -> None:
    """Writes the figures and all predictions, for `compare`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(_content(result)) + "\n")


def _content(result: Evaluation | TraitEvaluation) -> dict[str, Any]:
    if isinstance(result, TraitEvaluation):
        answers = {trait: _content(part) for trait, part in result.parts.items()}
        return {"net": result.net, **result.to_dict(), "answers_by_trait": answers}
    figures = {"net": result.net, "trait": result.trait, **result.to_dict()}
    return {**figures, "answers": result.answers()}
