"""Figures of an evaluation: headline, groups, gaps."""

import numpy as np

from facetraits.reading.traits import AGE_RANGES
from facetraits.training.data.datasets import Sample, one_hot
from facetraits.training.evaluation.answers import Evaluation, group_indices, largest_gap


def load_nothing():
    return np.zeros((1, 1), np.uint8)


def evaluation(trait, samples, labels, answers, classes):
    p = np.eye(len(classes))[answers] * 0.9 + 0.1 / len(classes)
    return Evaluation(
        f"baseline_{trait}", trait, "test", tuple(classes), samples, np.array(labels), p, p
    )


def test_age_figures():
    samples = [Sample(f"UTKFace/{i}", "test", load_nothing, 36, 0, 0) for i in range(40)]
    answers = [4] * 30 + [5] * 8 + [0] * 2
    classes = [r.name for r in AGE_RANGES]
    figures = evaluation("age", samples, [4] * 40, answers, classes).figures()
    assert figures["accuracy"]["value"] == 0.75
    assert figures["within_one"]["value"] == 0.95
    expected = (30 * 0.5 + 8 * 19.5 + 2 * 34.5) / 40
    assert figures["range_middle_mae_years"]["value"] == round(expected, 4)


def test_groups_of_utkface_and_the_largest_gap():
    samples = [
        Sample(f"UTKFace/{i}", "test", load_nothing, 5 + 40 * (i % 2), i % 2, 2) for i in range(80)
    ]
    labels = [i % 2 for i in range(80)]
    answers = [1 if i % 4 == 0 else i % 2 for i in range(80)]  # half of the children wrong
    result = evaluation("gender", samples, labels, answers, ["male", "female"]).to_dict()
    assert result["groups"]["age: 00-9"]["value"] == 0.5
    assert result["groups"]["age: 40-49"] == {"faces": 40, "value": 1.0, "low": 1.0, "high": 1.0}
    assert set(result["groups"]) == {
        "age: 00-9",
        "age: 40-49",
        "gender: female",
        "gender: male",
        "race: Asian",
    }
    assert result["largest_gap"]["accuracy_gap"] == 0.5


def test_posed_faces_do_not_flatter_the_headline():
    fer = [Sample(f"FER2013/{i}", "test", load_nothing, emotion=one_hot("fear")) for i in range(40)]
    posed = [Sample(f"CK+48/{i}", "test", load_nothing, emotion=one_hot("fear")) for i in range(40)]
    answers = [0] * 20 + [2] * 20 + [2] * 40
    classes = ["positive", "neutral", "negative"]
    result = evaluation("emotion", fer + posed, [2] * 80, answers, classes).to_dict()
    assert result["faces"] == 40
    assert result["figures"]["accuracy"]["value"] == 0.5
    assert result["groups"]["data: CK+48"]["value"] == 1.0
    assert sum(map(sum, result["confusion"])) == 40


def test_small_groups_are_left_out():
    samples = [Sample("UTKFace/1", "test", load_nothing, 5, 0, 0)]
    assert evaluation("gender", samples, [0], [0], ["male", "female"]).groups() == {}
    assert largest_gap({}) is None
    assert group_indices("gender", samples)["race: White"] == [0]
