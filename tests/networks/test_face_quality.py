"""What is no face, covered, or blurred is doubted; a portrait, clear or large, is not."""

import json
import shutil

import cv2
import numpy as np
import pytest
from skimage import data

from facetraits import Analyzer
from facetraits.errors import BadWeights
from facetraits.networks.cards import CARD, RUNTIME
from facetraits.networks.classifiers import load_classifier
from facetraits.networks.face_quality import NAME, QUALITIES, FaceQuality
from facetraits.paths import Paths
from facetraits.reading.traits import TRAITS
from facetraits.training.face_quality.covers import OVER_EYES, OVER_MOUTH, Sheet
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.quality import view_of
from tests.photos import astronaut

MODELS = Paths.found().models


@pytest.fixture(scope="module")
def quality():
    return FaceQuality(MODELS)


@pytest.fixture(scope="module")
def landmarks():
    (face,) = FaceDetector().find(astronaut())
    return face.landmarks


def seen(picture, landmarks):
    return view_of(fit_face(picture, 96, landmarks, color=True))


def covered(landmarks, draw, seed):
    gray = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2GRAY)
    sheet = Sheet(gray, landmarks, (), np.random.default_rng(seed))
    draw(sheet)
    return sheet.done().over(astronaut())


@pytest.mark.parametrize("scale", [0.5, 1, 4, 8])
def test_a_portrait_is_usable_at_any_size(quality, landmarks, scale):
    picture = cv2.resize(astronaut(), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    assert quality.reasons([seen(picture, landmarks * scale)]) == [()]


@pytest.mark.parametrize("picture", [data.coins, data.brick, data.grass, data.chelsea, data.coffee])
def test_animals_objects_and_textures_are_not_faces(quality, picture, landmarks):
    shown = picture()
    rgb = shown if shown.ndim == 3 else cv2.cvtColor(shown, cv2.COLOR_GRAY2RGB)
    rgb = cv2.resize(rgb, (512, 512))
    assert "not_a_face" in quality.reasons([seen(rgb, landmarks)])[0]


def test_most_covers_are_noticed(quality, landmarks):
    kinds = [*OVER_MOUTH.values(), *OVER_EYES.values()]
    pictures = [covered(landmarks, draw, seed) for draw in kinds for seed in range(6)]
    found = quality.reasons([seen(picture, landmarks) for picture in pictures])
    noticed = [bool({"covered", "not_a_face"} & set(reasons)) for reasons in found]
    assert np.mean(noticed) > 0.7


def test_blur_is_measured(quality, landmarks):
    side = float(np.ptp(landmarks[:, 1])) * 2.6  # of the framed face, about
    soft = [cv2.GaussianBlur(astronaut(), (0, 0), side * s) for s in (0.003, 0.02, 0.04, 0.06)]
    measured = quality.measure([seen(picture, landmarks) for picture in soft])
    blur = measured[:, QUALITIES.index("blur")]
    assert (np.diff(blur) > 0).all()
    assert "blurred" in quality.reasons([seen(soft[-1], landmarks)])[0]


def test_a_mask_is_a_reason_to_doubt_every_trait(landmarks):
    reading = Analyzer().analyze(covered(landmarks, OVER_MOUTH["scarf"], 2))
    doubted = {
        doubt.trait for face in reading.faces for doubt in face.unsure if doubt.reason == "covered"
    }
    assert doubted == set(TRAITS)


def test_the_answers_themselves_stay_the_same(landmarks):
    checked = load_classifier("baseline", MODELS)
    crops = [checked.cut(picture, landmarks) for picture in (astronaut(), astronaut()[:, ::-1])]
    assert checked([]) == []
    assert len(checked(crops)) == 2
    assert checked(crops[:1])[0].age == checked(crops)[0].age


def test_the_card_has_a_threshold_for_each_output(quality):
    assert set(quality.card.above) == set(QUALITIES)


def test_other_weights_than_the_cards_stop_the_start(tmp_path):
    shutil.copytree(MODELS / NAME, tmp_path / NAME)
    card = json.loads((tmp_path / NAME / CARD).read_text())
    (tmp_path / NAME / CARD).write_text(json.dumps({**card, "sha256": {RUNTIME: "0" * 64}}))
    with pytest.raises(BadWeights, match="its card says 000"):
        FaceQuality(tmp_path)
