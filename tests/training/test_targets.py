"""Soft targets and labels."""

import numpy as np
import pytest

from facetraits.training.datasets import Sample, one_hot
from facetraits.training.targets import age_target, labels, soft_targets, valence_target
from facetraits.traits import AGE_RANGES, EMOTIONS


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
    with pytest.raises(ValueError, match="says nothing about gender"):
        soft_targets("gender", [sample(age=3)])
