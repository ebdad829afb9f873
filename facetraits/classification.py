"""What a face looks like to the networks: apparent age, gender and emotion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from facetraits.calibration import Probabilities, shortest_run, with_temperature
from facetraits.geometry import Landmarks
from facetraits.images import Pixels, fit_face
from facetraits.results import AgeReading, Doubt, EmotionReading, GenderReading, Traits
from facetraits.traits import AGE_RANGES
from facetraits.weights import MODELS_DIR, RUNTIME, Card, read_card, read_checked

AGE_COVERAGE = 0.8

Crop = tuple[Pixels, ...]
"""One face as each of a classifier's networks wants it: (s, s) gray uint8 each."""


class Classify(Protocol):
    """What the pipeline needs of a classifier, or of a queue in front of one."""

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop: ...

    def __call__(self, crops: Sequence[Crop]) -> list[Traits]: ...


class Runtime:
    """One exported network in LiteRT. Not for two threads at once."""

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def __call__(self, faces: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, s, s, 1) pixels 0..255 → (n, classes) probabilities."""
        answers = []
        for face in faces:
            self._interpreter.set_tensor(self._input, face[None])
            self._interpreter.invoke()
            answers.append(self._interpreter.get_tensor(self._output)[0])
        return np.stack(answers)


class Net:
    """A trained network with its card: crops in, calibrated probabilities out.

    Raises:
        BadWeights: where its files are missing or not the card's.
    """

    def __init__(self, folder: Path) -> None:
        self.card: Card = read_card(folder)
        self._runtime = Runtime(read_checked(folder, RUNTIME, self.card))

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Pixels:
        return fit_face(image, self.card.size_px, landmarks, self.card.framing)

    def __call__(self, faces: Sequence[Pixels]) -> Probabilities:
        """n crops of (s, s) gray uint8 → (n, classes) probabilities."""
        batch = np.stack(faces)[..., None].astype(np.float32)
        return with_temperature(self._runtime(batch), self.card.temperature)


class SeedClassifier:
    """The seed's three networks, one trait each. Not for two threads at once."""

    name = "seed"

    def __init__(self, models_dir: Path = MODELS_DIR) -> None:
        self._age, self._gender, self._emotion = (
            Net(models_dir / name) for name in ("seed_age", "seed_gender", "seed_emotion")
        )

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Crop:
        """A face in an (h, w, 3) RGB or (h, w) gray picture, framed for each network."""
        nets = (self._age, self._gender, self._emotion)
        return tuple(net.cut(image, landmarks) for net in nets)

    def __call__(self, crops: Sequence[Crop]) -> list[Traits]:
        if not crops:
            return []
        ages, genders, emotions = zip(*crops, strict=True)
        answers = zip(self._age(ages), self._gender(genders), self._emotion(emotions), strict=True)
        return [self._traits(*answer) for answer in answers]

    def _traits(self, age: Probabilities, gender: Probabilities, emotion: Probabilities) -> Traits:
        doubts = (
            Doubt(net.card.trait, "ambiguous")
            for net, answer in ((self._age, age), (self._gender, gender), (self._emotion, emotion))
            if answer.max() < net.card.unsure_below
        )
        return Traits(
            age=age_from_ranges(age),
            gender=_gender(gender, self._gender.card),
            emotion=_valence(emotion, self._emotion.card),
            unsure=tuple(doubts),
        )


def age_from_ranges(probabilities: Probabilities) -> AgeReading:
    """(7,) probabilities of the ranges → the likeliest, its middle, and an interval of ranges."""
    likeliest = int(probabilities.argmax())
    best = AGE_RANGES[likeliest]
    first, last = shortest_run(probabilities, AGE_COVERAGE)
    # With two humps in the answer the shortest run may miss the likeliest range.
    first, last = min(first, likeliest), max(last, likeliest)
    return AgeReading(
        value=best.middle,
        low=AGE_RANGES[first].low,
        high=AGE_RANGES[last].last,
        coverage=AGE_COVERAGE,
        range=best.name,
        ranges={r.name: float(p) for r, p in zip(AGE_RANGES, probabilities, strict=True)},
    )


def _gender(probabilities: Probabilities, card: Card) -> GenderReading:
    best = int(probabilities.argmax())
    return GenderReading(card.labels[best], float(probabilities[best]))


def _valence(probabilities: Probabilities, card: Card) -> EmotionReading:
    scores = {name: float(p) for name, p in zip(card.labels, probabilities, strict=True)}
    dominant = max(scores, key=lambda name: scores[name])
    return EmotionReading(dominant, scores[dominant], valence=scores)


CLASSIFIERS = {"seed": SeedClassifier}
