"""The composition of traitnet's batches: shares of the data sets, with rare faces oversampled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.datasets import Sample
from facetraits.training.data.faces import Faces
from facetraits.training.data.trait_data import TraitData
from facetraits.training.fit.batches import Part
from facetraits.training.model.targets import head_targets

# Share of a batch → its data sets. Most faces are people with an age. FairFace has a larger
# share than its age bins alone would justify, because it is balanced over races.
STREAMS: tuple[tuple[float, frozenset[str]], ...] = (
    (0.30, frozenset({"UTKFace", "facial-age", "APPA-REAL"})),
    (0.35, frozenset({"FairFace"})),
    (0.07, frozenset({"LFW"})),
    (0.28, frozenset({"FER2013", "fer2013.csv", "train", "test", "CK+48"})),
)

# How often a face is used in a pass in which others are used once.
_YEARS = ((0, 10, 1), (10, 20, 3), (20, 60, 1), (60, 200, 2))
_BINS = {0: 3, 10: 2, 60: 2, 70: 3}
_EMOTIONS = {"disgust": 5, "contempt": 3, "fear": 4, "anger": 2}
_RARE_IN_LFW = 6
_FER2013 = {"disgust": 3, "fear": 2}
# Exact ages are worth more than estimated ones, and they are few.
_TIMES_APPA_REAL = 2


def times_seen(sample: Sample) -> int:
    """How often a sample is used in one pass through its stream."""
    times = 1
    if sample.age is not None:
        times = next(n for low, high, n in _YEARS if low <= sample.age < high)
        times *= _TIMES_APPA_REAL if sample.dataset == "APPA-REAL" else 1
    if sample.age_bin is not None:
        times = _BINS.get(sample.age_bin[0], 1)
    if sample.emotion is not None:
        emotion = EMOTIONS[int(np.argmax(sample.emotion))]
        times = _EMOTIONS.get(emotion, 1)
        if sample.dataset == "LFW" and emotion not in ("neutral", "happiness"):
            times = _RARE_IN_LFW
    if sample.emotion_fer is not None:
        times = max(times, _FER2013.get(FER2013_CLASSES[sample.emotion_fer], 1))
    return times


def parts_of(train: TraitData) -> list[Part]:
    """The parts of a mixture, one for each stream that has pictures."""
    parts = []
    for share, names in STREAMS:
        for faces in train:
            chosen = [i for i, s in enumerate(faces.samples) if s.dataset in names]
            if chosen:
                parts.append(_part(faces, np.array(chosen), share))
    return parts


def _part(faces: Faces, chosen: NDArray[np.int64], share: float) -> Part:
    samples = [faces.samples[i] for i in chosen]
    picks = np.repeat(np.arange(len(samples)), [times_seen(sample) for sample in samples])
    return Part(faces.pixels[chosen], targets=head_targets(samples), share=share, picks=picks)
