"""Who stands where in the leaky and the honest protocol."""

import numpy as np
import pytest

from facetraits.training.data.datasets import Sample, one_hot
from studies import leaks


def ck(person, number, emotion="fear"):
    return Sample(
        f"CK+48/{emotion}/S{person:03d}_{number:03d}.png", "train", None, emotion=one_hot(emotion)
    )


def test_people_stay_on_one_side_and_random_frames_do_not():
    samples = [ck(person, number) for person in range(40) for number in range(9)]
    people = np.array([leaks.person_of(sample) for sample in samples])
    for seed in range(5):
        tested = leaks._some_people(samples, seed)
        assert 0 < tested.sum() < len(samples)
        assert not set(people[tested]) & set(people[~tested])
        at_random = leaks._random_share(len(samples), seed)
        assert len(set(people[at_random]) & set(people[~at_random])) > 20


@pytest.mark.parametrize(
    ("emotion", "valence"),
    [("happiness", 0), ("surprise", 0), ("anger", 2), ("sadness", 2), ("fear", 1), ("contempt", 1)],
)
def test_the_baselines_own_mapping(emotion, valence):
    assert leaks._baseline_valence(ck(1, 1, emotion)) == valence
