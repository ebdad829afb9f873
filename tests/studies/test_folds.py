"""Folds ask each face with intervals that it did not calibrate."""

from facetraits.training.data.datasets import Sample
from studies.folds import measure
from tests.training.evaluation.test_conformal import made_up, teenagers_seen_older


def faces(ages):
    return [Sample(f"UTKFace/{i}", "val", None, int(a), i % 2, i % 5) for i, a in enumerate(ages)]


def test_on_faces_left_out_the_promise_holds():
    years, ages = made_up(1500, 7)
    row = measure(years, faces(ages), (1.0, 0.07))
    assert 0.77 < row.coverage < 0.83
    assert next(iter(row.decades)) == "age: 00-9"
    assert len(row.decades) == 9
    assert row.least[0].startswith("race and gender: ")
    assert row.least[1] <= row.coverage


def test_a_spread_over_everybody_leaves_out_those_who_are_guessed_too_old():
    years, ages = teenagers_seen_older(2000, 8)
    narrow, wide = (measure(years, faces(ages), spread) for spread in ((1.0, 0.07), (500.0, 0.0)))
    assert abs(wide.coverage - 0.8) < 0.03
    assert narrow.decades["age: 10-19"] > wide.decades["age: 10-19"] + 0.05
