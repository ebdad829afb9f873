"""Figures of every trait, from answers made for the test."""

import numpy as np
import pytest

from facetraits.networks.calibration import AgeIntervals
from facetraits.reading.traits import AGE_YEARS, EMOTIONS, HEADS
from facetraits.training.data.datasets import Sample, one_hot
from facetraits.training.evaluation.trait_answers import Scored, score

COUNT = 40


def sure(classes, chosen):
    rows = np.full((len(chosen), classes), 1e-6)
    rows[np.arange(len(chosen)), chosen] = 1
    return rows / rows.sum(1, keepdims=True)


@pytest.fixture
def result():
    """40 people aged 2 and 36, two years off; 40 expressions, of which half agree."""
    people = [
        Sample(f"UTKFace/{i}", "test", None, 36 if i % 2 else 2, i % 2, 1) for i in range(COUNT)
    ]
    split_vote = tuple(0.5 if name in ("anger", "neutral") else 0.0 for name in EMOTIONS)
    moods = [
        Sample(
            f"FER2013/{i}",
            "test",
            None,
            emotion=one_hot("surprise") if i % 2 else split_vote,
            emotion_fer=5 if i % 4 else None,
        )
        for i in range(COUNT)
    ]
    surprise = EMOTIONS.index("surprise")
    predictions = {
        "age": sure(AGE_YEARS, [s.age + 2 for s in people] + [30] * COUNT),
        "gender": sure(2, [s.gender for s in people[:30]] + [0] * 10 + [0] * COUNT),
        "emotion": sure(8, [0] * COUNT + [surprise] * COUNT),
        "emotion_fer": sure(7, [0] * COUNT + [5] * COUNT),
    }
    assert predictions.keys() == HEADS.keys()
    scored = Scored("traitnet", "test", people + moods, predictions, predictions, {})
    return score(scored, AgeIntervals(0.8, (20.0, 21.0), (0.4, 0.49999)), {"gender": 0.9})


def test_age_is_scored_in_years(result):
    figures = result.parts["age"].figures()
    assert figures["mae_years"]["value"] == pytest.approx(2, abs=0.01)
    assert figures["mae_under_10_years"]["value"] == pytest.approx(2, abs=0.01)
    assert "range_middle_mae_years" not in figures
    # 4 years for a child of 2 is another range; 38 for 36 is the same.
    assert figures["accuracy"]["value"] == 0.5
    # Children's intervals are narrow here and miss, adults' are as wide as life.
    assert figures["interval_coverage"]["value"] == 0.5


def test_race_and_gender_are_also_groups_together(result):
    groups = result.parts["age"].to_dict()["groups"]
    assert list(groups) == ["race: Black"]  # the others have twenty faces: too few
    assert groups["race: Black"]["mae_years"] == pytest.approx(2, abs=0.01)
    members = result.parts["age"].members()
    assert len(members["race and gender: Black male"]) == COUNT // 2


def test_each_trait_is_scored_on_the_faces_that_tell_it(result):
    sizes = {trait: len(part.samples) for trait, part in result.parts.items()}
    assert sizes == {"age": 40, "gender": 40, "emotion": 40, "emotion_fer": 30, "valence": 20}
    assert result.parts["valence"].figures()["accuracy"]["value"] == 1
    assert result.parts["emotion"].figures()["accuracy"]["value"] == 0.5


def test_the_sure_and_the_curve_are_told(result):
    told = result.to_dict()["traits"]["gender"]["selective"]
    assert (told["answered"], told["accuracy"]) == (1.0, 0.875)
    assert told["curve"][-1] == [1.0, 0.875]
    assert "answered" not in result.to_dict()["traits"]["valence"]["selective"]


def test_bins_of_ages_are_scored_by_what_falls_into_them():
    bins = [(0, 2), (10, 19), (70, 100)]
    samples = [
        Sample(f"FairFace/{i}", "test", None, gender=i % 2, age_bin=b, race_name="East Asian")
        for i, b in enumerate(bins * 12)
    ]
    predictions = {
        "age": sure(AGE_YEARS, [1, 15, 60] * 12),
        "gender": sure(2, [s.gender for s in samples]),
        "emotion": sure(8, [0] * 36),
        "emotion_fer": sure(7, [0] * 36),
    }
    scored = Scored("traitnet", "test", samples, predictions, predictions, {})
    parts = score(scored, AgeIntervals(0.8, (20.0,), (0.4,)), {}).parts
    assert set(parts) == {"age_bin", "gender"}
    bin_part = parts["age_bin"].to_dict()
    assert bin_part["figures"]["accuracy"]["value"] == pytest.approx(2 / 3, abs=1e-4)
    assert set(bin_part["groups"]) == {"race: East Asian"}
    assert "age: 10-19" in parts["age_bin"].members()
    assert "race and gender: East Asian female" in parts["gender"].members()


def test_bias_has_a_sign(result):
    assert result.parts["age"].figures()["bias_years"]["value"] == pytest.approx(2, abs=0.01)
