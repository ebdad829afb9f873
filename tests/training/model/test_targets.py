"""Soft targets and labels."""

import numpy as np
import pytest

from facetraits.reading.traits import AGE_RANGES, EMOTIONS, HEADS
from facetraits.training.data.datasets import Sample, one_hot
from facetraits.training.model.targets import (
    age_target,
    head_labels,
    head_targets,
    labels,
    soft_targets,
    valence_target,
    year_target,
)


def sample(**known):
    return Sample("UTKFace/x", "train", lambda: np.zeros((1, 1), np.uint8), **known)


@pytest.mark.parametrize("age", [0, 1, 5, 15, 24, 36, 55, 90, 116])
def test_an_age_inside_its_range_is_mostly_that_range(age):
    target = age_target(age)
    assert sum(target) == pytest.approx(1)
    assert AGE_RANGES[int(np.argmax(target))].low <= age <= AGE_RANGES[int(np.argmax(target))].last


def test_an_age_on_an_edge_is_shared_by_neighbours():
    target = age_target(45)
    assert 0.3 < target[4] < 0.7
    assert target[4] + target[5] > 0.99


def test_valence_sums_votes():
    shares = [0.0] * len(EMOTIONS)
    shares[EMOTIONS.index("happiness")] = 0.3
    shares[EMOTIONS.index("surprise")] = 0.2
    shares[EMOTIONS.index("fear")] = 0.4
    shares[EMOTIONS.index("neutral")] = 0.1
    assert valence_target(shares) == pytest.approx([0.5, 0.1, 0.4])


def test_labels_and_soft_targets_agree():
    samples = [sample(gender=0), sample(gender=1)]
    assert labels("gender", samples).tolist() == [0, 1]
    assert soft_targets("gender", samples).argmax(1).tolist() == [0, 1]
    emotional = [sample(emotion=one_hot("anger")), sample(emotion=one_hot("happiness"))]
    assert labels("emotion", emotional).tolist() == [2, 0]
    assert labels("age", [sample(age=0), sample(age=116)]).tolist() == [0, 6]


def test_a_sample_without_the_trait_is_refused():
    with pytest.raises(ValueError, match="has no label for gender"):
        soft_targets("gender", [sample(age=3)])


def test_heads_have_targets_where_something_is_known():
    person = Sample("UTKFace/a", "train", None, age=110, gender=1, race=0)
    mood = Sample("FER2013/a", "train", None, emotion=one_hot("fear"), emotion_fer=2)
    targets = head_targets([person, mood])
    assert {head: rows.shape for head, rows in targets.items()} == {
        head: (2, len(names)) for head, names in HEADS.items()
    }
    sums = {head: rows.sum(1).round(4).tolist() for head, rows in targets.items()}
    assert sums == {"age": [1, 0], "gender": [1, 0], "emotion": [0, 1], "emotion_fer": [0, 1]}
    assert targets["age"][0].argmax() == 100  # one class for a hundred and above
    assert head_labels("age", [person, mood]).tolist() == [100, -1]
    assert head_labels("emotion_fer", [person, mood]).tolist() == [-1, 2]


def test_the_spread_of_an_age_grows_with_it():
    def spread(age):
        shares, years = np.array(year_target(age)), np.arange(101)
        return np.sqrt((shares * (years - age) ** 2).sum())

    assert spread(2) < 0.8 < 3 < spread(60)
