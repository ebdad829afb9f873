"""Covers hide what they say, blurs are as strong as told, and false alarms are rare."""

import cv2
import numpy as np
import pytest
from skimage import data

from facetraits.networks.face_quality import QUALITIES
from facetraits.training.face_quality import non_faces
from facetraits.training.face_quality.blurs import BLURS
from facetraits.training.face_quality.covers import BESIDE, OVER_EYES, OVER_MOUTH, Sheet, hidden
from facetraits.training.face_quality.examples import of_faces, of_non_faces
from facetraits.training.face_quality.thresholds import ALLOWED, thresholds
from facetraits.training.face_quality.views import VIEW_PX, Views, framed, view_of
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from tests.photos import astronaut


@pytest.fixture(scope="module")
def view():
    (face,) = FaceDetector().find(astronaut())
    return view_of(astronaut(), face.landmarks)


def drawn(view, draw, seed):
    sheet = Sheet(view[0], view[1], (), np.random.default_rng(seed))
    draw(sheet)
    cover = sheet.done()
    return hidden(sheet, cover), cover.over(view[0])


def test_the_middle_of_a_view_is_what_serving_sees(view):
    (face,) = FaceDetector().find(astronaut())
    served = fit_face(astronaut(), 64, face.landmarks).astype(float)
    assert np.abs(framed(view[0], 64) - served).mean() < 4


@pytest.mark.parametrize("kind", OVER_MOUTH)
def test_covers_of_the_mouth_hide_it(view, kind):
    found = [drawn(view, OVER_MOUTH[kind], seed)[0][1] for seed in range(10)]
    assert sum(found) >= 8


@pytest.mark.parametrize("kind", OVER_EYES)
def test_covers_of_the_eyes_hide_them(view, kind):
    found = [drawn(view, OVER_EYES[kind], seed)[0][0] for seed in range(10)]
    assert sum(found) >= 6


def test_what_is_beside_hides_neither_but_changes_the_picture(view):
    (draw,) = BESIDE.values()
    for seed in range(10):
        (eyes, mouth), picture = drawn(view, draw, seed)
        assert not (eyes or mouth)
        assert (picture != view[0]).any()


@pytest.mark.parametrize("kind", BLURS)
def test_blurs_of_one_strength_soften_alike(kind):
    """Each spreads a bright point by about the deviation that it is given."""
    point = np.zeros((65, 65), np.uint8)
    point[30:35, 30:35] = 255
    soft = BLURS[kind](point, 4.0, np.random.default_rng(0)).astype(float)
    rows, columns = np.mgrid[:65, :65]
    middle = (soft * rows).sum() / soft.sum(), (soft * columns).sum() / soft.sum()
    spread = (soft * ((rows - middle[0]) ** 2 + (columns - middle[1]) ** 2)).sum() / soft.sum()
    # Along both axes together; motion blurs along one only.
    assert 3 < np.sqrt(spread / (1 if kind == "motion" else 2)) < 6.5


def test_examples_know_what_was_done_to_them(view):
    views = Views(np.stack([view[0]] * 40), np.stack([view[1]] * 40))
    rng = np.random.default_rng(1)
    faces, others = of_faces(views, [data.brick()[:128, :128]], rng), of_non_faces(views, rng)
    none, eyes, mouth, blur = range(len(QUALITIES))
    assert faces.pixels.shape == others.pixels.shape == (40, 64, 64, 1)
    assert not faces.targets[:, none].any()
    assert 0 < faces.targets[:, eyes].sum() < 20
    assert 0 < faces.targets[:, mouth].sum() < 20
    assert 0 < (faces.targets[:, blur] > 0).sum() < 40
    assert (others.targets[:, none] == 1).all()
    assert (others.weights.sum(axis=1) == 1).all()


def test_no_data_set_has_more_false_alarms_than_allowed():
    rng = np.random.default_rng(2)
    sets = {name: rng.random((4000, 4)) * most for name, most in (("a", 1.0), ("b", 0.7))}
    above = thresholds(sets)
    for column, name in enumerate(QUALITIES):
        assert max((s[:, column] > above[name]).mean() for s in sets.values()) <= ALLOWED[name]


def test_places_beside_a_face_do_not_show_it():
    (face,) = FaceDetector().find(astronaut())
    rng = np.random.default_rng(3)
    places = [non_faces.beside(astronaut(), face.landmarks, rng) for _ in range(50)]
    eyes_px = float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))
    for place in (place for place in places if place is not None):
        size_px = float(np.hypot(*(place[1] - place[0])))
        apart = np.abs(place.mean(0) - face.landmarks.mean(0)).max()
        assert apart > eyes_px or size_px < 0.6 * eyes_px


def test_pictures_are_split_by_their_content(tmp_path):
    for seed in range(30):
        noise = np.random.default_rng(seed).integers(0, 255, (40, 40, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{seed}.png"), noise)
    parts = {s: non_faces.pictures_of(tmp_path, s) for s in ("train", "val", "test")}
    assert sum(map(len, parts.values())) == 30
    assert len(parts["train"]) > 15
    found = non_faces.random_places(parts["train"], np.random.default_rng(0))
    views = non_faces.views_of(found, most=5)
    assert views.pixels.shape == (5, VIEW_PX, VIEW_PX)
