"""Averages of a face's answers over the frames of its track.

The answer from a single frame is noisy. Over a track, probabilities are averaged in log
space, and ages with a trimmed mean. The age interval narrows only as far as the errors are
independent, and errors for one face are mostly not (see ``ERROR_CORRELATION``).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.model import (
    AgeReading,
    Doubt,
    EmotionReading,
    Face,
    GenderReading,
    ambiguous,
)

ERROR_CORRELATION = {"traitnet": 0.97, "baseline": 0.79}
"""Correlation of the age errors of two frames of one face, on val (docs/model-card.md)."""

MEMORY_FRAMES = 60
DOUBT_FRAMES = 15
"""How many of a face's latest frames vote on its doubts, at most."""

# Expressions change, so older frames lose half their weight in this time.
_EMOTION_HALF_LIFE_S = 0.4
_TRIMMED = 0.2
_LEAST_PROBABILITY = 1e-4

Vector = NDArray[np.float64]


@dataclass(slots=True)
class History:
    """A face's answers in at most ``MEMORY_FRAMES`` frames."""

    ages: deque[AgeReading] = field(default_factory=lambda: deque(maxlen=MEMORY_FRAMES))
    ranges: deque[Vector] = field(default_factory=lambda: deque(maxlen=MEMORY_FRAMES))
    genders: deque[float] = field(default_factory=lambda: deque(maxlen=MEMORY_FRAMES))
    doubts: deque[frozenset[Doubt]] = field(default_factory=lambda: deque(maxlen=DOUBT_FRAMES))
    scores: Vector | None = None
    valence: Vector | None = None


class Averages:
    """Averages the answers of single frames.

    Args:
        unsure_below: trait → the probability below which an averaged answer is "ambiguous";
            for a missing trait, the doubts of the individual frames decide.
        nets: the networks in use: "traitnet" or "baseline".
        doubt_frames: how many of the latest frames vote on doubts, up to ``DOUBT_FRAMES``.
    """

    def __init__(
        self, unsure_below: Mapping[str, float], nets: str, doubt_frames: int = DOUBT_FRAMES
    ) -> None:
        self._unsure_below = unsure_below
        self._doubt_frames = doubt_frames
        self._error_correlation = ERROR_CORRELATION[nets]

    def of(self, history: History, face: Face, passed_s: float) -> Face:
        """Adds a frame's face to its history, and returns it with the averages.

        Args:
            passed_s: time in seconds since the face's previous frame.
        """
        _remember(history, face, passed_s)
        age, gender, emotion = (
            _age(history, self._error_correlation),
            _gender(history),
            _emotion(history, face.emotion),
        )
        sure = {
            "age": max(age.ranges.values()),
            "gender": gender.probability,
            "emotion": emotion.probability,
        }
        below = self._unsure_below
        doubts = [
            d
            for d in _voted(history, self._doubt_frames)
            if not (d.reason == "ambiguous" and d.trait in below)
        ]
        # Judge the averages: confident frames that contradict each other give an ambiguous average.
        doubts += ambiguous(sure, below)
        doubts.sort(key=lambda doubt: (doubt.trait, doubt.reason))
        return replace(
            face,
            age=age,
            gender=gender,
            emotion=emotion,
            unsure=tuple(doubts),
        )


def _remember(history: History, face: Face, passed_s: float) -> None:
    history.ages.append(face.age)
    history.ranges.append(_log(face.age.ranges))
    female = face.gender.probability
    female = female if face.gender.value == "female" else 1 - female
    history.genders.append(_logit(female))
    history.doubts.append(frozenset(face.unsure))
    keep = 0.0 if history.valence is None else 0.5 ** (passed_s / _EMOTION_HALF_LIFE_S)
    history.valence = _mixed(history.valence, face.emotion.valence, keep)
    if face.emotion.scores is not None:
        history.scores = _mixed(history.scores, face.emotion.scores, keep)


def _mixed(mean: Vector | None, latest: Mapping[str, float], keep: float) -> Vector:
    """Averages in log space."""
    new = _log(latest)
    return new if mean is None else keep * mean + (1 - keep) * new


def _age(history: History, error_correlation: float) -> AgeReading:
    count = len(history.ages)
    value = trimmed_mean([age.value for age in history.ages])
    narrower = math.sqrt(error_correlation + (1 - error_correlation) / count)
    below = sum(age.value - age.low for age in history.ages) / count
    above = sum(age.high - age.value for age in history.ages) / count
    ranges = _probabilities(np.mean(history.ranges, axis=0), history.ages[-1].ranges)
    return AgeReading(
        value=value,
        low=max(0.0, value - narrower * below),
        high=value + narrower * above,
        coverage=history.ages[-1].coverage,
        range=max(ranges, key=lambda name: ranges[name]),
        ranges=ranges,
    )


def trimmed_mean(values: Sequence[float]) -> float:
    """The mean without the lowest and highest fifth, so that one outlier does not affect it."""
    cut = int(len(values) * _TRIMMED)
    kept = sorted(values)[cut : len(values) - cut]
    return sum(kept) / len(kept)


def _gender(history: History) -> GenderReading:
    female = 1 / (1 + math.exp(-sum(history.genders) / len(history.genders)))
    return GenderReading("female", female) if female >= 0.5 else GenderReading("male", 1 - female)


def _emotion(history: History, latest: EmotionReading) -> EmotionReading:
    assert history.valence is not None  # set by the first frame
    valence = _probabilities(history.valence, latest.valence)
    scores = None
    if history.scores is not None and latest.scores is not None:
        scores = _probabilities(history.scores, latest.scores)
    answers = scores or valence
    dominant = max(answers, key=lambda name: answers[name])
    return EmotionReading(dominant, answers[dominant], valence, scores=scores)


def _voted(history: History, frames: int) -> list[Doubt]:
    """Doubts in at least half of the recent frames: a single blurred frame does not count."""
    recent = list(history.doubts)[-frames:]
    every = set().union(*recent)
    return [d for d in every if sum(d in frame for frame in recent) >= len(recent) / 2]


def _log(probabilities: Mapping[str, float]) -> Vector:
    return np.log(np.maximum(np.fromiter(probabilities.values(), np.float64), _LEAST_PROBABILITY))


def _probabilities(logs: Vector, names: Mapping[str, float]) -> dict[str, float]:
    shares = np.exp(logs - logs.max())
    return dict(zip(names, (shares / shares.sum()).tolist(), strict=True))


def _logit(probability: float) -> float:
    bounded = min(1 - _LEAST_PROBABILITY, max(_LEAST_PROBABILITY, probability))
    return math.log(bounded / (1 - bounded))
