"""Scores a network from the files that serving runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from facetraits.calibration import Probabilities, with_temperature
from facetraits.classification import Runtime
from facetraits.training.conditions import conditions
from facetraits.training.datasets import Skipped
from facetraits.training.evaluation import Evaluation
from facetraits.training.faces import Faces, gather, load_faces
from facetraits.training.targets import labels
from facetraits.weights import MODELS_DIR, RUNTIME, Card, read_card, read_checked


def evaluate(net: str, data_dir: Path, split: str, skipped: Skipped) -> Evaluation:
    """The committed network on one side of the split, cut and served as in the app.

    Raises:
        BadWeights: where the network's files are not usable.
        BadData: where the data is missing.
    """
    folder = MODELS_DIR / net
    card = read_card(folder)
    runtime = Runtime(read_checked(folder, RUNTIME, card))
    samples = [s for s in gather(card.trait, data_dir, skipped) if s.split == split]
    faces = load_faces(samples, card.size_px, skipped)
    return score(card, split, faces, answer(runtime, faces))


def evaluate_folder(folder: Path, split: str, faces: Faces) -> Evaluation:
    """A network's files on faces that are already read.

    Raises:
        BadWeights: where the files are not usable.
    """
    card = read_card(folder)
    runtime = Runtime(read_checked(folder, RUNTIME, card))
    return score(card, split, faces, answer(runtime, faces))


def answer(runtime: Runtime, faces: Faces) -> Probabilities:
    """(n, classes) probabilities before temperature scaling."""
    return np.asarray(runtime(faces.pixels[..., None].astype(np.float32)), np.float64)


def score(card: Card, split: str, faces: Faces, raw: Probabilities) -> Evaluation:
    """Answers beside the right labels."""
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
    """A card's figures of one split as a table for people."""
    lines = [f"{net} on {result['split']}: {result['faces']} faces (95% intervals)"]
    lines += [
        f"  {name:24} {f['value']:8.4f}   {f['low']:.4f} .. {f['high']:.4f}"
        for name, f in result["figures"].items()
    ]
    lines += ["by group, accuracy:"]
    lines += [
        f"  {name:24} {g['value']:8.4f}   {g['low']:.4f} .. {g['high']:.4f}   {g['faces']} faces"
        for name, g in result["groups"].items()
    ]
    gap = result["largest_gap"]
    if gap:
        lines.append(
            f"largest gap: {gap['best']} is {gap['accuracy_gap']:.4f} above {gap['worst']}"
        )
    return "\n".join(lines)


def write(result: Evaluation, path: Path) -> None:
    """The figures and every answer, for `compare`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = {"net": result.net, "trait": result.trait, **result.to_dict()}
    content = {**figures, "answers": result.answers()}
    path.write_text(json.dumps(content) + "\n")
