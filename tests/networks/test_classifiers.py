"""The committed networks on a real face, and their files' safety."""

import json
import shutil

import numpy as np
import pytest

from facetraits.errors import BadWeights
from facetraits.networks.cards import RUNTIME, read_card
from facetraits.networks.classifiers import BaselineClassifier, TraitClassifier, age_from_ranges
from facetraits.paths import Paths
from facetraits.training.model.nets import NETS
from facetraits.vision.detection import FaceDetector
from tests.photos import astronaut


@pytest.fixture(scope="module")
def classifier():
    return BaselineClassifier(Paths.found().models)


@pytest.fixture
def models(tmp_path):
    """A copy of the committed models, to damage."""
    shutil.copytree(Paths.found().models, tmp_path / "models")
    return tmp_path / "models"


def test_a_portrait_looks_as_people_see_it(classifier):
    (face,) = FaceDetector().find(astronaut())
    (traits,) = classifier([classifier.cut(astronaut(), face.landmarks)])
    assert traits.gender.value == "female"
    assert traits.emotion.dominant == "positive"
    assert sum(traits.age.ranges.values()) == pytest.approx(1, abs=1e-6)
    assert sum(traits.emotion.valence.values()) == pytest.approx(1, abs=1e-6)


def test_many_crops_answer_as_one_by_one(classifier):
    crops = [classifier.cut(astronaut()[30:230, x : x + 200], None) for x in (100, 120, 140)]
    assert classifier(crops) == [classifier([crop])[0] for crop in crops]
    assert classifier([]) == []


def test_a_face_and_its_mirror_image_have_the_same_traits():
    traitnet = TraitClassifier(Paths.found().models)
    crop = traitnet.cut(astronaut()[30:230, 100:300], None)
    flipped = (crop[0][:, ::-1],)
    (traits,), (mirrored,) = traitnet([crop]), traitnet([flipped])
    assert traits.age.value == pytest.approx(mirrored.age.value, abs=1e-3)
    assert traits.emotion.scores == pytest.approx(mirrored.emotion.scores, abs=1e-4)

    # Each of the two alone gives other answers; theirs are in between.
    alone = [traitnet([view], mirrored=False)[0] for view in (crop, flipped)]
    low, high = sorted(one.gender.probability for one in alone)
    assert high - low > 1e-4
    assert low <= traits.gender.probability <= high


def test_an_age_interval_holds_the_likeliest_range():
    two_humps = np.array([0.35, 0.0, 0.0, 0.3, 0.3, 0.05, 0.0])
    age = age_from_ranges(two_humps)
    assert age.range == "1-2"
    assert age.low == 0
    assert age.high == 45


def test_a_sure_age_has_its_own_range():
    age = age_from_ranges(np.array([0, 0.95, 0.05, 0, 0, 0, 0]))
    assert (age.value, age.low, age.high, age.coverage) == (6.0, 3, 9, 0.8)


@pytest.mark.parametrize("name", NETS)
def test_the_cards_are_of_the_nets(name):
    card = read_card(Paths.found().models / name)
    spec = NETS[name]
    assert (card.trait, card.labels, card.size_px, card.framing) == (
        spec.trait,
        spec.labels,
        spec.size_px,
        spec.framing,
    )


def test_other_weights_than_the_cards_stop_the_start(models):
    path = models / "baseline_age" / RUNTIME
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadWeights, match=r"runtime\.tflite has sha256"):
        BaselineClassifier(models)


def test_missing_weights_stop_the_start(models):
    (models / "baseline_gender" / RUNTIME).unlink()
    with pytest.raises(BadWeights, match=r"runtime\.tflite is missing"):
        BaselineClassifier(models)


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "baseline_age"}'])
def test_a_damaged_card_stops_the_start(models, text):
    (models / "baseline_age" / "card.json").write_text(text)
    with pytest.raises(BadWeights, match="is not a model card"):
        BaselineClassifier(models)


def test_a_missing_card_stops_the_start(models):
    (models / "baseline_age" / "card.json").unlink()
    with pytest.raises(BadWeights, match=r"card\.json is missing"):
        BaselineClassifier(models)


def test_the_cards_figures_are_whole():
    for name in NETS:
        card = json.loads((Paths.found().models / name / "card.json").read_text())
        for split in ("val", "test"):
            accuracy = card[split]["figures"]["accuracy"]
            assert accuracy["low"] <= accuracy["value"] <= accuracy["high"]
            assert sum(map(sum, card[split]["confusion"])) == card[split]["faces"]
