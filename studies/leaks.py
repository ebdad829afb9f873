"""The student projects' own protocol compared with an honest one: how much is due to leaks.

- Age, as the siblings split it: photos are copied with changes first and split at random
  afterwards, so copies of one photo stand on both sides. Honest: photos are split first.
- Emotion on CK+48: three frames of each sequence, split at random, so a frame's
  neighbors are in training. Honest: split by person.

Both sides of each pair have the same network, number of faces, epochs and changes; only
who stands where differs. The test split takes no part.

    python -m studies.leaks --data DIR [--out FILE]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import EMOTIONS
from facetraits.training.data.datasets import Sample, Skipped, load_ckplus, load_utkface
from facetraits.training.data.faces import Faces, load_faces, to_input
from facetraits.training.evaluation import metrics
from facetraits.training.fit.augmentation import augment
from facetraits.training.fit.config import RECIPES, TrainConfig
from facetraits.training.model.targets import Labels, Targets, labels, soft_targets
from facetraits.training.recipes.baseline import Batches, compile_net
from studies import print_json

Probabilities = NDArray[np.float64]

_AGE_SIDE_PX = 100
_AGE_PHOTOS = (4_800, 1_200)
_AGE_COPIES = 3
_AGE_EPOCHS = 16
_CK_EPOCHS = 40
_CK_REPEATS = 3
_CK_TEST_SHARE = 0.2

# The siblings': happy and surprise, anger and sadness, and the rest called neutral.
_BASELINE_VALENCE = {"happiness": 0, "surprise": 0, "anger": 2, "sadness": 2}


@dataclass(frozen=True, slots=True)
class Side:
    """Faces with their targets, to learn from or to be asked about."""

    faces: Faces
    targets: Targets
    labels: Labels

    def part(self, indices: NDArray[np.int64]) -> Side:
        faces = Faces([self.faces.samples[i] for i in indices], self.faces.pixels[indices])
        return Side(faces, self.targets[indices], self.labels[indices])


def measure(data_dir: Path) -> dict[str, Any]:
    """Both pairs, as docs/leaks.json keeps them.

    Raises:
        BadData: where UTKFace or CK+48 is missing.
    """
    return {"emotion": _emotion(data_dir), "age": _age(data_dir)}


def _emotion(data_dir: Path) -> dict[str, Any]:
    faces = load_faces(load_ckplus(data_dir, Skipped()), 48, Skipped())
    right = np.array([_baseline_valence(sample) for sample in faces.samples], np.int64)
    whole = Side(faces, np.eye(3, dtype=np.float32)[right], right)
    config = replace(RECIPES["baseline_emotion"], epochs=_CK_EPOCHS, batch_size=32)
    rows: dict[str, list[tuple[Labels, Probabilities]]] = {"random": [], "by_person": []}
    for seed in range(_CK_REPEATS):
        for name, tested in (
            ("random", _random_share(len(faces), seed)),
            ("by_person", _some_people(faces.samples, seed)),
        ):
            train, test = whole.part(np.flatnonzero(~tested)), whole.part(np.flatnonzero(tested))
            rows[name].append(_trained_answers(replace(config, seed=seed), train, test))
    return {name: _figures(answers) for name, answers in rows.items()}


def _baseline_valence(sample: Sample) -> int:
    assert sample.emotion is not None  # CK+48 labels every picture
    return _BASELINE_VALENCE.get(EMOTIONS[int(np.argmax(sample.emotion))], 1)


def person_of(sample: Sample) -> str:
    """CK+48's S### of a picture."""
    return Path(sample.name).name.split("_")[0]


def _random_share(count: int, seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(count) < _CK_TEST_SHARE


def _some_people(samples: Sequence[Sample], seed: int) -> NDArray[np.bool_]:
    people = np.array([person_of(sample) for sample in samples])
    names = np.unique(people)
    chosen = names[_random_share(len(names), seed)]
    return np.isin(people, chosen)


def _age(data_dir: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    every = [s for s in load_utkface(data_dir, Skipped()) if s.age is not None]
    photos = [
        _some([s for s in every if s.split == split], count, rng)
        for split, count in zip(("train", "val"), _AGE_PHOTOS, strict=True)
    ]
    config = replace(RECIPES["baseline_age"], epochs=_AGE_EPOCHS)
    train, test = (_copies(config, part, rng) for part in photos)
    both = Faces(
        train.faces.samples + test.faces.samples,
        np.concatenate([train.faces.pixels, test.faces.pixels]),
    )
    mixed = Side(
        both,
        np.concatenate([train.targets, test.targets]),
        np.concatenate([train.labels, test.labels]),
    )
    order = rng.permutation(len(both))
    leaky = mixed.part(order[: len(train.faces)]), mixed.part(order[len(train.faces) :])
    return {
        "copies_split_at_random": _figures([_trained_answers(config, *leaky, _AGE_SIDE_PX)]),
        "photos_split_first": _figures(
            [_trained_answers(config, train=train, test=test, side_px=_AGE_SIDE_PX)]
        ),
    }


def _some(samples: list[Sample], count: int, rng: np.random.Generator) -> list[Sample]:
    return [samples[i] for i in rng.permutation(len(samples))[:count]]


def _copies(config: TrainConfig, samples: list[Sample], rng: np.random.Generator) -> Side:
    faces = load_faces(samples, _AGE_SIDE_PX, Skipped())
    copies = [augment(faces.pixels, config.augmentation, rng) for _ in range(_AGE_COPIES)]
    copied = Faces(faces.samples * _AGE_COPIES, np.concatenate(copies))
    return Side(copied, soft_targets("age", copied.samples), labels("age", copied.samples))


def _trained_answers(
    config: TrainConfig, train: Side, test: Side, side_px: int | None = None
) -> tuple[Labels, Probabilities]:
    batches = Batches(train.faces, train.targets, config, epoch=0)
    model = compile_net(config, len(batches), side_px)
    model.fit(batches, epochs=config.epochs, shuffle=False, verbose=2)
    parts = np.array_split(to_input(test.faces.pixels), max(1, len(test.faces) // 128))
    answers = np.concatenate([np.asarray(model(part, training=False)) for part in parts])
    return test.labels, answers.astype(np.float64)


def _figures(answers: list[tuple[Labels, Probabilities]]) -> dict[str, Any]:
    right = np.concatenate([pair[0] for pair in answers])
    probabilities = np.concatenate([pair[1] for pair in answers])

    def accuracy_of(chosen: Labels) -> float:
        return metrics.accuracy(right[chosen], probabilities[chosen])

    return {"faces": len(right), **metrics.interval(accuracy_of, np.arange(len(right)))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, metavar="FILE", help="also write it here")
    options = parser.parse_args()
    print_json(measure(options.data), options.out)


if __name__ == "__main__":
    main()
