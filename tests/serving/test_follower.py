"""Which frames of a camera are searched, classified, or only followed."""

from dataclasses import replace

import numpy as np
import pytest

from facetraits.serving.follower import (
    CLASSIFY_EVERY_S,
    CLASSIFY_EVERY_S_IF_OTHERS_WAIT,
    Follower,
)
from facetraits.serving.job import Job
from facetraits.serving.worker import LocalWorker
from facetraits.settings import Settings
from facetraits.vision.tracking import Tracker
from tests.photos import astronaut, encode

FPS = 30


@pytest.fixture(scope="module")
def worker():
    return LocalWorker(Settings())


class Camera:
    """A follower that sees pictures through a real worker, and what it asked for."""

    def __init__(self, worker, others_wait=False):
        self.follower = Follower(Tracker())
        self.asked = []
        self._worker = worker
        self._others_wait = others_wait
        self._sign = 1
        self.took_ms = []

    def looks_at_another(self):
        """From now on, the same pictures show a face that looks like none before."""
        self._sign = -1

    def sees(self, jpeg, now_s):
        def analyze(hints):
            self.asked.append(hints)
            found = self._worker.run(Job(jpeg, "id", hints))
            self.took_ms.append(found.reading.processing_ms["total"])
            faces = self._changed(found.reading.faces)
            placed = None if found.placed is None else self._changed(found.placed)
            return replace(found, reading=replace(found.reading, faces=faces), placed=placed)

        return self.follower.read(now_s, analyze, self._others_wait)

    def _changed(self, faces):
        return tuple(replace(face, look=self._sign * face.look) for face in faces)

    @property
    def classified(self):
        return [hints.want_traits for hints in self.asked]


@pytest.mark.parametrize(
    ("others_wait", "every_s"),
    [(False, CLASSIFY_EVERY_S), (True, CLASSIFY_EVERY_S_IF_OTHERS_WAIT)],
)
def test_a_settled_face_is_classified_a_few_times_per_second(worker, others_wait, every_s):
    camera, jpeg = Camera(worker, others_wait), encode(astronaut())
    readings = [camera.sees(jpeg, number / FPS) for number in range(2 * FPS)]
    assert camera.classified[:5] == [True] * 5
    second = camera.classified[FPS:]
    # Full searches classify as well.
    assert 1 / every_s - 1 <= sum(second) <= 1 / every_s + 5
    assert len(camera.asked) == len(readings)
    numbers = {face.track_id for reading in readings for face in reading.faces}
    assert numbers == {1}
    assert [len(reading.faces) for reading in readings] == [1] * len(readings)
    assert readings[-1].faces[0].frames == sum(camera.classified)
    assert list(readings[-1].processing_ms) == ["decode", "detect", "classify", "total"]


def test_a_followed_face_has_its_new_place_and_its_latest_traits(worker):
    camera = Camera(worker)
    for number in range(6):
        (before,) = camera.sees(encode(astronaut()), number / FPS).faces
    moved = np.roll(astronaut(), -10, axis=1)
    (after,) = camera.sees(encode(moved), 5.5 / FPS).faces
    assert camera.classified[-1] is False
    assert after.box.x == pytest.approx(before.box.x - 10, abs=3)
    assert after.box_ratio.left == pytest.approx(after.box.x / moved.shape[1])
    assert (after.age, after.gender, after.emotion) == (before.age, before.gender, before.emotion)
    assert (after.unsure, after.frames) == (before.unsure, before.frames)


def test_somebody_else_in_the_same_place_is_classified_in_the_same_frame(worker):
    camera = Camera(worker)
    jpeg = encode(astronaut())
    for number in range(6):
        camera.sees(jpeg, number / FPS)
    camera.looks_at_another()
    reading = camera.sees(jpeg, 5.5 / FPS)
    assert camera.classified[-2:] == [False, True]
    assert [(face.track_id, face.frames) for face in reading.faces] == [(2, 1)]
    assert reading.processing_ms["total"] == pytest.approx(sum(camera.took_ms[-2:]))


def test_a_lost_face_makes_the_frame_be_searched_and_classified(worker):
    camera = Camera(worker)
    for number in range(6):
        camera.sees(encode(astronaut()), number / FPS)
    empty = astronaut() // 50 + 100
    assert camera.sees(encode(empty), 5.3 / FPS).faces == ()
    assert camera.sees(encode(astronaut()), 5.6 / FPS).faces[0].track_id == 1
    assert camera.classified[-2:] == [False, True]


@pytest.mark.parametrize("fps", [10, 10.02])
def test_ten_frames_per_second_are_all_classified(worker, fps):
    camera, jpeg = Camera(worker), encode(astronaut())
    for number in range(20):
        camera.sees(jpeg, number / fps)
    assert camera.classified == [True] * 20


def test_a_frame_of_another_width_is_followed(worker):
    camera = Camera(worker)
    for number in range(6):
        (before,) = camera.sees(encode(astronaut()), number / FPS).faces
    half = np.ascontiguousarray(astronaut()[::2, ::2])
    reading = camera.sees(encode(half), 5.5 / FPS)
    (after,) = reading.faces
    assert camera.classified[-1] is False
    assert (reading.width, after.track_id, after.frames) == (256, 1, before.frames)
    assert after.box.width == pytest.approx(before.box.width / 2, rel=0.15)
