"""People and expressions side by side."""

import numpy as np
import pytest

from facetraits.cli.evaluate import DATA_SETS as SAID_SETS
from facetraits.errors import BadData
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.packing import pack
from facetraits.training.data.trait_data import (
    DATA_SETS,
    TraitData,
    by_set,
    read_traits,
    without_copies,
)
from tests.training.conftest import write_picture
from tests.training.data.test_packing import kinds


def test_both_kinds_are_shown_with_the_networks_channels():
    data = TraitData(*kinds(count=6, side=32))
    assert data.shown(3).shape == (12, 32, 32, 3)
    moods = data.shown(3)[6:]
    assert np.array_equal(moods[..., 0], moods[..., 2])
    assert np.array_equal(moods[..., 0], data.expressions.pixels)
    assert [s.dataset for s in data.samples] == ["UTKFace"] * 6 + ["FER2013"] * 6


def test_a_side_has_its_faces_of_both_kinds():
    train = TraitData(*kinds()).of_split("train")
    assert (len(train.people), len(train.expressions), len(train)) == (6, 1, 7)
    assert train.contents() == "FER2013 1, UTKFace 6"


def test_packs_stand_in_for_the_data_sets(tmp_path):
    pack(kinds(), tmp_path)
    data = read_traits(tmp_path, 16, 3, Skipped(), tmp_path / "none.npz", ("train",))
    assert data.people.pixels.shape == (6, 16, 16, 3)
    assert not (tmp_path / "none.npz").exists()  # nothing had to be found


def test_missing_data_is_named(tmp_path):
    with pytest.raises(BadData, match="no UTKFace pictures"):
        read_traits(tmp_path, 16, 3, Skipped(), tmp_path / "none.npz")


def test_what_looks_like_a_held_out_picture_is_not_learned_from():
    data, skipped = TraitData(*kinds(count=6)), Skipped()
    names = [sample.name for sample in data.samples]
    keys = {name: number for number, name in enumerate(names)}
    held_out = next(s.name for s in data.samples if s.split == "val")
    copy = next(s.name for s in data.people.samples if s.split == "train")
    keys[copy] = keys[held_out]

    kept = without_copies(data, keys, skipped)

    assert [s.name for s in kept.samples] == [name for name in names if name != copy]
    assert len(kept.people.pixels) == len(kept.people.samples)
    assert skipped.reasons == {"looks like a picture of val or test": [copy]}


def test_the_command_line_names_the_data_sets():
    assert tuple(DATA_SETS) == SAID_SETS


def test_one_data_set_is_read_alone(tmp_path):
    write_picture(tmp_path / "CK+48" / "happy" / "S001_1.png", 1, channels=1)
    ckplus = read_traits(
        tmp_path, 16, 3, Skipped(), landmarks=tmp_path / "kept.npz", sets=("ckplus",), keep=False
    )
    assert (len(ckplus.people), len(ckplus.expressions)) == (0, 1)
    assert by_set(ckplus).keys() == {"ckplus"}
    assert not (tmp_path / "kept.npz").exists()
    with pytest.raises(BadData, match="no fairface pictures"):
        read_traits(tmp_path, 16, 3, Skipped(), tmp_path / "none.npz", sets=("fairface",))
