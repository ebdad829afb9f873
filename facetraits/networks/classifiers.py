"""The networks behind one interface: cropped faces in, their traits out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from facetraits.networks.calibration import (
    Probabilities,
    range_probabilities,
    shortest_run,
    valence_probabilities,
)
from facetraits.networks.cards import (
    RUNTIME,
    Card,
    read_card,
    read_checked,
    read_trait_card,
)
from facetraits.networks.face_quality import FaceQuality
from facetraits.networks.runtime import Net, TraitAnswers
from facetraits.pixels import Pixels
from facetraits.reading.geometry import Landmarks
from facetraits.reading.model import (
    AgeReading,
    Doubt,
    EmotionReading,
    GenderReading,
    Traits,
    ambiguous,
)
from facetraits.reading.traits import AGE_RANGES, EMOTIONS, GENDERS, TRAITS, VALENCES
from facetraits.settings import BASELINE_NETS
from facetraits.vision.crop import fit_face
from facetraits.vision.pipeline import Classify, Crop
from facetraits.vision.quality import view_of

AGE_COVERAGE = 0.8


class BaselineClassifier:
    """The student project's three networks, one trait each. Not thread-safe.

    Args:
        models_dir: contains a folder for each of them.

    Raises:
        BadWeights: if their files are missing or are not those of their cards.
    """

    name = "baseline"

    def __init__(self, models_dir: Path) -> None:
        nets = [Net(models_dir / name) for name in BASELINE_NETS]
        self._age, self._gender, self._emotion = nets
        self._unsure_below = {net.card.trait: net.card.unsure_below for net in nets}

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop:
        """A face in an (h, w, 3) RGB or (h, w) gray picture, framed for each network."""
        nets = (self._age, self._gender, self._emotion)
        return tuple(net.cut(image, landmarks) for net in nets)

    def __call__(self, crops: Sequence[Crop], mirrored: bool = True) -> list[Traits]:
        # Its cards' figures are for each face as it is, so `mirrored` changes nothing.
        if not crops:
            return []
        ages, genders, emotions = zip(*crops, strict=True)
        answers = zip(self._age(ages), self._gender(genders), self._emotion(emotions), strict=True)
        return [self._traits(*answer) for answer in answers]

    def _traits(self, age: Probabilities, gender: Probabilities, emotion: Probabilities) -> Traits:
        sure = {"age": age.max(), "gender": gender.max(), "emotion": emotion.max()}
        return Traits(
            age=age_from_ranges(age),
            gender=_gender(gender, self._gender.card.labels),
            emotion=_valence(emotion, self._emotion.card),
            unsure=ambiguous(sure, self._unsure_below),
        )


def age_from_ranges(probabilities: Probabilities) -> AgeReading:
    """(7,) probabilities of the ranges → the most probable one, its middle, and an interval."""
    best_index = int(probabilities.argmax())
    best = AGE_RANGES[best_index]
    first, last = shortest_run(probabilities, AGE_COVERAGE)
    # If the distribution has two peaks, the shortest run may miss the most probable range.
    first, last = min(first, best_index), max(last, best_index)
    return AgeReading(
        value=best.middle,
        low=AGE_RANGES[first].low,
        high=AGE_RANGES[last].last,
        coverage=AGE_COVERAGE,
        range=best.name,
        ranges={r.name: float(p) for r, p in zip(AGE_RANGES, probabilities, strict=True)},
    )


def _gender(probabilities: Probabilities, labels: Sequence[str]) -> GenderReading:
    best = int(probabilities.argmax())
    return GenderReading(labels[best], float(probabilities[best]))


def _valence(probabilities: Probabilities, card: Card) -> EmotionReading:
    scores = {name: float(p) for name, p in zip(card.labels, probabilities, strict=True)}
    dominant = max(scores, key=lambda name: scores[name])
    return EmotionReading(dominant, scores[dominant], valence=scores)


class TraitClassifier:
    """traitnet: all traits from one crop and one call. Not thread-safe.

    Args:
        models_dir: contains its folder.

    Raises:
        BadWeights: if its files are missing or are not those of its card.
    """

    name = "traitnet"

    def __init__(self, models_dir: Path) -> None:
        folder = models_dir / self.name
        self.card = read_trait_card(folder)
        self._unsure_below = self.card.unsure_below
        self._answers = TraitAnswers(self.card, read_checked(folder, RUNTIME, self.card))

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop:
        """A face in an (h, w, 3) RGB or (h, w) gray picture, framed for the network."""
        card = self.card
        return (
            fit_face(
                image,
                size_px=card.size_px,
                landmarks=landmarks,
                framing=card.framing,
                color=card.channels == 3,
            ),
        )

    def __call__(self, crops: Sequence[Crop], mirrored: bool = True) -> list[Traits]:
        if not crops:
            return []
        answers = self._answers(np.stack([crop for (crop,) in crops]), mirrored)
        ranges = range_probabilities(answers["age"])
        valence = valence_probabilities(answers["emotion"])
        return [
            self._traits({head: rows[i] for head, rows in answers.items()}, ranges[i], valence[i])
            for i in range(len(crops))
        ]

    def _traits(
        self, answers: dict[str, Probabilities], ranges: Probabilities, valence: Probabilities
    ) -> Traits:
        sure = {
            "age": ranges.max(),
            "gender": answers["gender"].max(),
            "emotion": answers["emotion"].max(),
        }
        return Traits(
            age=self._age(answers["age"], ranges),
            gender=_gender(answers["gender"], GENDERS),
            emotion=_emotion(answers["emotion"], valence),
            unsure=ambiguous(sure, self._unsure_below),
        )

    def _age(self, years: Probabilities, ranges: Probabilities) -> AgeReading:
        intervals = self._answers.intervals
        value, low, high = intervals.of(years)
        names = [r.name for r in AGE_RANGES]
        return AgeReading(
            value=value,
            low=low,
            high=high,
            coverage=intervals.coverage,
            range=names[int(ranges.argmax())],
            ranges=dict(zip(names, ranges.tolist(), strict=True)),
        )


def _emotion(scores: Probabilities, valence: Probabilities) -> EmotionReading:
    best = int(scores.argmax())
    return EmotionReading(
        dominant=EMOTIONS[best],
        probability=float(scores[best]),
        valence=dict(zip(VALENCES, valence.tolist(), strict=True)),
        scores=dict(zip(EMOTIONS, scores.tolist(), strict=True)),
    )


def unsure_below(nets: str, models_dir: Path) -> dict[str, float]:
    """For each trait, the probability below which an answer is "ambiguous".

    Raises:
        BadWeights: if a card is missing.
    """
    if nets == TraitClassifier.name:
        return read_trait_card(models_dir / nets).unsure_below
    cards = (read_card(models_dir / name) for name in BASELINE_NETS)
    return {card.trait: card.unsure_below for card in cards}


class CheckedClassifier:
    """A classifier whose answers are doubted if there is no usable face. Not thread-safe.

    Args:
        classify: answers.
        quality: finds what is no face, covered, or blurred.
    """

    def __init__(self, classify: Classify, quality: FaceQuality) -> None:
        self._classify = classify
        self._quality = quality

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop:
        """As the classifier does."""
        return self._classify.cut(image, landmarks)

    def __call__(self, crops: Sequence[Crop], mirrored: bool = True) -> list[Traits]:
        if not crops:
            return []
        found = self._quality.reasons([view_of(crop[0]) for crop in crops])
        return [
            replace(traits, unsure=(*traits.unsure, *_of_all(reasons)))
            for traits, reasons in zip(self._classify(crops, mirrored), found, strict=True)
        ]


def _of_all(reasons: tuple[str, ...]) -> tuple[Doubt, ...]:
    return tuple(Doubt(trait, reason) for reason in reasons for trait in TRAITS)


def load_classifier(nets: str, models_dir: Path) -> Classify:
    """The classifier with the name of some nets, with a check of what it is given.

    Raises:
        BadWeights: if a network's files are missing or are not those of its card.
    """
    return CheckedClassifier(CLASSIFIERS[nets](models_dir), FaceQuality(models_dir))


CLASSIFIERS: dict[str, Callable[[Path], Classify]] = {
    "baseline": BaselineClassifier,
    "traitnet": TraitClassifier,
}
