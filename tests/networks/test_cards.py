"""Cards on disk: what serving needs of them, checked when they are read."""

from __future__ import annotations

import json
import shutil

import pytest

from facetraits.errors import BadWeights
from facetraits.networks.cards import read_card, read_trait_card
from facetraits.paths import Paths


@pytest.fixture
def traitnet(tmp_path):
    folder = tmp_path / "traitnet"
    folder.mkdir()
    shutil.copy(Paths.found().models / "traitnet" / "card.json", folder)
    return folder


def test_the_committed_cards_are_read_as_they_are_written():
    card = read_trait_card(Paths.found().models / "traitnet")
    written = json.loads((Paths.found().models / "traitnet" / "card.json").read_text())
    assert [head.name for head in card.heads] == [head["name"] for head in written["heads"]]
    assert card.age_intervals.depths == tuple(written["age_intervals"]["depths"])
    assert (card.size_px, card.channels) == (written["size_px"], written["channels"])
    assert set(card.unsure_below) == {"age", "gender", "emotion"}
    assert read_card(Paths.found().models / "baseline_age").labels[-1] == "66-116"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"size_px": 0}, r"Expected `int` >= 1 - at `\$.size_px`"),
        ({"size_px": 96.5}, r"Expected `int`, got `float` - at `\$.size_px`"),
        ({"channels": 2}, r"Invalid enum value 2 - at `\$.channels`"),
        ({"heads": None}, r"got `null` - at `\$.heads`"),
        ({"age_intervals": {"coverage": 0.8, "ages": [1], "depths": []}}, "0 depths for 1"),
        (
            {"age_intervals": {"coverage": 0.8, "ages": [2, 1], "depths": [0, 0]}},
            "are not ascending",
        ),
    ],
)
def test_a_card_that_makes_no_sense_stops_the_start(traitnet, change, says):
    path = traitnet / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(BadWeights, match=rf"card\.json is not a model card: .*{says}"):
        read_trait_card(traitnet)


def test_a_temperature_is_above_zero(traitnet):
    path = traitnet / "card.json"
    card = json.loads(path.read_text())
    card["heads"][1]["temperature"] = 0
    path.write_text(json.dumps(card))
    with pytest.raises(BadWeights, match=r"> 0.0 - at `\$.heads\[1\].temperature`"):
        read_trait_card(traitnet)
