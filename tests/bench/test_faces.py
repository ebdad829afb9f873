import json

import numpy as np
import pytest

from bench.peers.faces import ALIGNED, Faces, portraits, scaled, some, whole, write_job
from facetraits.errors import BadData
from tests.bench.fakes import expression, person
from tests.training.conftest import noise


def test_a_tight_cut_is_the_middle():
    picture = noise(1, 100)
    cut = scaled(picture, 0.7)
    assert cut.box == (15, 15, 85, 85)
    assert np.array_equal(cut.picture, picture)
    assert np.array_equal(cut.tight().picture, picture[15:85, 15:85])


def test_a_margin_repeats_the_edge():
    picture = noise(2, 48, channels=1)
    cut = scaled(picture, 1.5)
    assert cut.picture.shape == (72, 72, 3)
    assert cut.box == (0, 0, 72, 72)
    assert np.array_equal(cut.picture[12:60, 12:60, 0], picture)
    assert (cut.picture[:12, 12] == picture[0, 0]).all()


@pytest.mark.parametrize("boxed", [True, False])
def test_a_job_holds_the_pictures_as_they_are(tmp_path, boxed):
    cuts = [scaled(noise(3, 100), 0.7), whole(noise(4, 48, channels=1))]
    job = json.loads(write_job(tmp_path, cuts, ["age"], "faceres", boxed).read_text())
    first, second = job["faces"]
    side = 100 if boxed else 70
    assert (first["height"], first["width"]) == (side, side)
    assert first["box"] == ([15, 15, 85, 85] if boxed else [0, 0, 70, 70])
    content = np.fromfile(job["pixels"], np.uint8)
    assert len(content) == 3 * (side**2 + 48**2)
    assert np.array_equal(content[3 * side**2 :].reshape(48, 48, 3), cuts[1].picture)
    assert second["box"] == [0, 0, 48, 48]


def test_some_are_always_the_same_whatever_the_order():
    samples = [person(age, 0) for age in range(20)]
    few = some(samples, 5)
    assert [s.name for s in few] == [s.name for s in some(samples[::-1], 5)]
    assert len(some(samples, None)) == len(some(samples, 99)) == 20


def test_portraits_have_both_sizes():
    sides = [cut.picture.shape for cut in portraits(4)]
    assert sides == [(200, 200, 3), (48, 48, 3)] * 2


def test_landmarks_of_expressions_are_found_once_for_all_runs(tmp_path, monkeypatch):
    people = [person(30, 1), person(5, 0, "val")]
    crowd = [expression("happiness"), expression("fear", split="val")]
    monkeypatch.setattr("bench.peers.faces.load_utkface", lambda folder, skipped: people)
    monkeypatch.setattr("bench.peers.faces.load_fer2013", lambda folder, skipped: crowd)
    kept = tmp_path / "landmarks.npz"
    faces = Faces(tmp_path, None, 10, kept)
    assert faces.of("people", "val") == people[1:]
    assert faces.of("expressions", "test") == crowd[:1]
    with np.load(kept) as landmarks:
        # Both are the same blank picture, which has none.
        assert np.isnan(landmarks["points"]).all() and len(landmarks["keys"]) == 1
    assert faces.cut(crowd[0], ALIGNED, 48).picture.shape == (48, 48, 3)


def test_no_data_is_said(tmp_path):
    with pytest.raises(BadData, match="no UTKFace pictures"):
        Faces(tmp_path, None, 10, tmp_path / "landmarks.npz")
