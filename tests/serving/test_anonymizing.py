"""Anonymizing as the workers do it, with the real networks."""

import cv2
import numpy as np
import pytest

from facetraits.errors import BadRequest
from facetraits.reading.traits import TRAITS
from facetraits.serving.job import Job
from facetraits.serving.worker import LocalWorker, ProcessWorker
from facetraits.settings import Settings
from facetraits.vision.decoding import decode_image
from facetraits.vision.hiding import STYLES, Hiding
from tests.photos import astronaut, encode, group


@pytest.fixture(scope="module")
def worker():
    return LocalWorker(Settings())


def pixels_of(data):
    return decode_image(data, 10**8, 10**8)


def faces_in(worker, data):
    return worker.run(Job(data, "again")).reading.faces


@pytest.mark.parametrize("style", STYLES)
def test_no_face_can_be_read_any_more(worker, style):
    analysis = worker.run(Job(encode(astronaut()), "one", hiding=Hiding(style)))
    assert len(analysis.reading.faces) == len(analysis.anonymized.boxes) == 1
    assert analysis.anonymized.media_type == "image/jpeg" and analysis.copy is None
    # A blurred face still has the shape of one, so it may be found, but nothing of it is sure.
    for face in faces_in(worker, analysis.anonymized.data):
        assert style == "blur"
        assert {d.trait for d in face.unsure if d.reason == "blurred"} == set(TRAITS)


def test_all_means_more_than_the_reading_has(worker):
    image, middles = group(3, 4, 90, 1600, 1250)
    analysis = worker.run(Job(encode(image), "many", hiding=Hiding("cover")))
    assert len(analysis.reading.faces) == 5  # max_faces
    hidden = pixels_of(analysis.anonymized.data)
    for x, y in middles:
        assert np.abs(hidden[int(y), int(x)].astype(int) - 64).max() < 8


def test_small_faces_that_no_reading_has_are_hidden(worker):
    image, middles = group(2, 3, 12, 640, 480)
    analysis = worker.run(Job(encode(image, ".png"), "small", hiding=Hiding("cover")))
    hidden = pixels_of(analysis.anonymized.data)
    assert all((hidden[round(y), round(x)] == 64).all() for x, y in middles)


def test_an_upside_down_face_among_upright_ones_is_hidden(worker):
    image, middles = group(1, 3, 120, 1000, 400)
    x, y = (round(value) for value in middles[2])
    part = image[y - 120 : y + 120, x - 120 : x + 120]
    part[:] = cv2.rotate(part, cv2.ROTATE_180)
    analysis = worker.run(Job(encode(image, ".png"), "head", hiding=Hiding("cover")))
    assert (pixels_of(analysis.anonymized.data)[y, x] == 64).all()


def test_only_the_chosen_faces_are_hidden(worker):
    image, _ = group(1, 3, 90, 1000, 400)
    data = encode(image, ".png")
    analysis = worker.run(Job(data, "some", hiding=Hiding("cover", (2, 2))))
    (box,) = analysis.anonymized.boxes
    assert box == analysis.reading.faces[1].box
    after = faces_in(worker, analysis.anonymized.data)
    assert len(after) == len(analysis.reading.faces) - 1


def test_a_face_that_is_not_there_is_an_error(worker):
    with pytest.raises(BadRequest, match="there is no face 2: the reading has 1"):
        worker.run(Job(encode(astronaut()), "two", hiding=Hiding("blur", (1, 2))))


def test_a_picture_without_faces_comes_back_without_metadata(worker):
    blank = encode(np.full((200, 300, 3), 120, np.uint8))
    analysis = worker.run(Job(blank, "none", hiding=Hiding()))
    assert analysis.anonymized.boxes == ()
    assert pixels_of(analysis.anonymized.data).shape == (200, 300, 3)


def test_the_kept_copy_has_the_faces_hidden(worker):
    data = encode(astronaut())
    analysis = worker.run(Job(data, "kept", keep_copy=True, hiding=Hiding("cover")))
    assert analysis.anonymized is None and len(analysis.reading.faces) == 1
    assert faces_in(worker, analysis.copy) == ()


def test_a_worker_process_sends_it_over_its_pipe():
    worker = ProcessWorker(Settings())
    try:
        analysis = worker.run(Job(encode(astronaut(), ".png"), "far", hiding=Hiding("pixelate")))
        assert analysis.anonymized.media_type == "image/png"
        assert len(analysis.anonymized.boxes) == 1
        with pytest.raises(BadRequest, match="there is no face 9"):
            worker.run(Job(encode(astronaut()), "nine", hiding=Hiding("blur", (9,))))
        assert worker.alive
    finally:
        worker.close()
