"""Faces are hidden so that nothing brings them back."""

import cv2
import numpy as np
import pytest

from facetraits.errors import BadRequest
from facetraits.reading.geometry import Box
from facetraits.vision.hiding import STYLES, Hiding, hide_faces

BOX = Box(60, 50, 80, 100)


def noise(height=200, width=220, seed=3):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("style", STYLES)
def test_the_whole_box_is_changed_and_nothing_far_from_it(style):
    image = noise()
    before = image.copy()
    changed = hide_faces(image, [BOX], style)
    assert changed[50:150, 60:140].all()
    assert (image[changed == 0] == before[changed == 0]).all()
    assert not changed[:20].any() and not changed[:, :35].any() and not changed[:, 170:].any()


def test_a_cover_leaves_nothing_of_a_face():
    one, other = noise(seed=1), noise(seed=2)
    changed = hide_faces(one, [BOX], "cover")
    hide_faces(other, [BOX], "cover")
    assert (one[changed > 0] == other[changed > 0]).all()


@pytest.mark.parametrize("style", ["blur", "pixelate"])
@pytest.mark.parametrize("face_px", [16, 80, 800])
def test_at_most_64_colors_of_a_face_decide_everything(style, face_px):
    """Two faces with equal means in a grid of 8 cells are the same when hidden."""
    cell = 2 * -(-face_px * 3 // 32)  # an eighth of 1.5 times the face, and even
    side = 8 * cell
    face = side / 1.5
    box = Box((side - face) / 2, (side - face) / 2, face, face)
    flat = np.kron(noise(8, 8)[..., :1], np.ones((cell, cell, 1), np.uint8))
    flat = np.repeat(flat // 2 + 64, 3, axis=2)
    pattern = np.where(np.indices((side, side)).sum(axis=0) % 2, 20, -20)
    detailed = (flat + pattern[..., None]).astype(np.uint8)
    changed = hide_faces(flat, [box], style)
    hide_faces(detailed, [box], style)
    assert np.abs(flat.astype(int) - detailed)[changed > 0].max() <= 1


def test_pixelated_faces_have_few_colors():
    image = noise()
    changed = hide_faces(image, [BOX], "pixelate")
    assert len(np.unique(image[changed > 0], axis=0)) <= 64


def test_a_blurred_face_has_no_fine_detail():
    image = noise()
    hide_faces(image, [BOX], "blur")
    inside = image[80:120, 80:120].astype(np.float32)
    finest = np.abs(cv2.Laplacian(inside, cv2.CV_32F)).mean()
    assert finest < 0.05 * np.abs(cv2.Laplacian(noise().astype(np.float32), cv2.CV_32F)).mean()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    "box", [Box(0, 0, 220, 200), Box(0, 0, 0.4, 0.4), Box(219.5, 199.5, 0.5, 0.5), Box(0, 90, 3, 9)]
)
def test_faces_at_the_edges_and_of_any_size(style, box):
    image = noise()
    changed = hide_faces(image, [box], style)
    left, top = int(box.x), int(box.y)
    assert changed[
        top : int(np.ceil(box.y + box.height)), left : int(np.ceil(box.x + box.width))
    ].all()


def test_a_box_outside_changes_nothing():
    image = noise()
    assert not hide_faces(image, [Box(500, 10, 20, 20), Box(-90, 10, 20, 20)], "blur").any()
    assert (image == noise()).all()


def test_without_faces_nothing_changes():
    image = noise()
    assert not hide_faces(image, [], "blur").any()
    assert (image == noise()).all()


@pytest.mark.parametrize(
    ("faces", "numbers"), [("all", ()), ("1", (1,)), ("3,1", (3, 1)), ("1000", (1000,))]
)
def test_faces_are_all_or_numbers(faces, numbers):
    assert Hiding.parse("cover", faces) == Hiding("cover", numbers)


@pytest.mark.parametrize(
    "faces", ["", "0", "-1", "1,", "1;2", "one", "1.5", "ALL", "٣", "1,,2", "01"]
)
def test_other_faces_are_refused(faces):
    with pytest.raises(BadRequest, match="faces="):
        Hiding.parse("blur", faces)


def test_unknown_styles_and_numbers_are_refused():
    with pytest.raises(BadRequest, match="style='erase' is not one of blur, pixelate, cover"):
        Hiding("erase")
    with pytest.raises(BadRequest, match="faces=0 is below 1"):
        Hiding("blur", (2, 0))
