"""Faces carried elsewhere are the same faces, and come in pieces."""

import numpy as np
import pytest

from facetraits.errors import BadData
from facetraits.training.data.datasets import Sample, one_hot
from facetraits.training.data.faces import Faces
from facetraits.training.data.packing import pack, unpack
from tests.training.conftest import noise


def kinds(count=6, side=32):
    people = [Sample(f"UTKFace/{i}", "train", None, 20 + i, i % 2, 3) for i in range(count)]
    moods = [
        Sample(f"FER2013/{i}", "val" if i else "train", None, emotion=one_hot("fear"))
        for i in range(count)
    ]
    return (
        Faces(people, np.stack([noise(i, side) for i in range(count)])),
        Faces(moods, np.stack([noise(i, side, 1) for i in range(count)])),
    )


def test_what_is_packed_comes_back(tmp_path):
    people, moods = kinds()
    pack((people, moods), tmp_path)
    back, back_moods = unpack(tmp_path, 32, 3, ("train", "val"))
    assert [(s.name, s.age, s.gender, s.race) for s in back.samples] == [
        (s.name, s.age, s.gender, s.race) for s in people.samples
    ]
    assert back_moods.samples[0].emotion == one_hot("fear")
    assert np.abs(back.pixels.astype(int) - people.pixels).mean() < 8
    assert np.abs(back_moods.pixels.astype(int) - moods.pixels).mean() < 8


def test_pieces_are_small_and_sides_are_chosen(tmp_path):
    paths = pack(kinds(), tmp_path, piece_bytes=2000)
    assert len(paths) > 4
    people, moods = unpack(tmp_path, 16, 1, ("train",))
    assert people.pixels.shape == (6, 16, 16)
    assert len(moods) == 1


def test_no_pack_is_none_and_a_bad_one_is_named(tmp_path):
    assert unpack(tmp_path, 32, 3, ("train",)) is None
    pack(kinds(), tmp_path)
    with pytest.raises(BadData, match="32 pixels; at least 64"):
        unpack(tmp_path, 64, 3, ("train",))
    np.savez(tmp_path / "traits-0-999.npz", other=np.zeros(3))
    with pytest.raises(BadData, match=r"traits-0-999\.npz was not written by pack"):
        unpack(tmp_path, 32, 3, ("train",))
