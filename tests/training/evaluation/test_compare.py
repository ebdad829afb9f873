"""Two evaluations side by side, and what follows from it."""

import json

import numpy as np
import pytest

from facetraits.cli import main
from facetraits.errors import BadData
from facetraits.training.evaluation.compare import Answers, as_text, compare, is_regression


def answers(right, trait="gender", split="val", first=0, classes=2):
    """A face per entry of right: whether it was answered right."""
    right = np.asarray(right)
    labels = np.arange(len(right)) % classes
    answered = np.where(right, labels, (labels + 1) % classes)
    names = tuple(f"UTKFace/{first + i}" for i in range(len(right)))
    return Answers("net", trait, split, names, labels, np.eye(classes)[answered])


def share(wrong, of=400):
    return np.arange(of) >= wrong


def test_fewer_errors_are_better_and_more_are_worse():
    better = compare(answers(share(80)), answers(share(40)))[0]
    assert (better.verdict, better.a, better.b) == ("better", 0.8, 0.9)
    assert 0 < better.low < 0.1 < better.high
    worse = compare(answers(share(40)), answers(share(80)))
    assert worse[0].verdict == "worse"
    assert is_regression(worse)


def test_a_handful_of_faces_is_no_evidence():
    found = compare(answers(share(40)), answers(share(42)))
    assert found[0].verdict == "no evidence"
    assert not is_regression(found)
    assert "no evidence" in as_text(found)


def test_pairing_sees_what_two_intervals_would_not():
    """Eight faces of 400 gained and none lost: intervals of 0.80 and 0.82 overlap widely."""
    assert compare(answers(share(80)), answers(share(72)))[0].verdict == "better"


def test_age_is_also_compared_within_one_range():
    found = compare(answers(share(10), "age", classes=7), answers(share(10), "age", classes=7))
    assert [d.figure for d in found] == ["accuracy", "within_one"]


def test_only_shared_faces_count():
    a, b = answers(share(0)), answers(share(0), first=300)
    assert compare(a, b)[0].a == 1.0
    with pytest.raises(BadData, match="no faces in common"):
        compare(a, answers(share(0), first=1000))


@pytest.mark.parametrize("other", [{"trait": "age"}, {"split": "test"}])
def test_other_questions_cannot_be_compared(other):
    with pytest.raises(BadData, match="nothing to compare"):
        compare(answers(share(1)), answers(share(1), **other))


def write(path, wrong):
    one = answers(share(wrong))
    rows = [
        {"name": n, "label": int(y), "probabilities": list(map(float, p)), "headline": True}
        for n, y, p in zip(one.names, one.labels, one.probabilities, strict=True)
    ]
    path.write_text(
        json.dumps({"net": "baseline_gender", "trait": "gender", "split": "val", "answers": rows})
    )
    return str(path)


def test_the_command_ends_with_1_on_a_regression(tmp_path, capsys):
    good, bad = write(tmp_path / "a.json", 20), write(tmp_path / "b.json", 60)
    assert main(["compare", good, bad]) == 1
    assert "worse" in capsys.readouterr().out
    assert main(["compare", bad, good]) == 0
    assert main(["compare", good, good, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])[0]["verdict"] == "no evidence"


@pytest.mark.parametrize("content", [None, "not JSON", '{"answers": 3}', '{"answers": [{}]}'])
def test_other_files_end_in_one_line(tmp_path, capsys, content):
    path = tmp_path / "odd.json"
    if content is not None:
        path.write_text(content)
    assert main(["compare", str(path), str(path)]) == 2
    assert str(path) in capsys.readouterr().err
