"""A frame's way, with a classifier made for the test."""

import time

import numpy as np

from facetraits.reading.geometry import Box
from facetraits.reading.model import AgeReading, EmotionReading, GenderReading, Traits
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from facetraits.vision.hints import Hints
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.stopwatch import Stopwatch
from tests.photos import astronaut, group

SAID = Traits(
    AgeReading(36.5, 28, 45, 0.8, "28-45", {}),
    GenderReading("female", 0.9),
    EmotionReading("positive", 0.9, {}),
)


class Recorder:
    """A classify that remembers what it was asked."""

    def __init__(self):
        self.batches = []
        self.mirrored = []

    def cut(self, image, landmarks):
        return (fit_face(image, 96, landmarks, color=True),)

    def __call__(self, crops, mirrored=True):
        self.batches.append(crops)
        self.mirrored.append(mirrored)
        return [SAID] * len(crops)


def read(image, max_faces=5):
    classify = Recorder()
    reading = FrameReader(FaceDetector(), classify, "baseline", max_faces).read(image, "id")
    return reading, classify


def test_all_faces_of_a_frame_are_one_batch():
    photo, _ = group(2, 2, 60, 640, 480)
    reading, classify = read(photo)
    assert [len(batch) for batch in classify.batches] == [4]
    assert len(reading.faces) == 4
    assert (reading.width, reading.height) == (640, 480)
    assert {"detect", "classify", "total"} <= set(reading.processing_ms)


def test_no_more_faces_than_asked():
    photo, _ = group(2, 3, 60, 900, 480)
    assert len(read(photo, max_faces=2)[0].faces) == 2


def test_no_face_is_an_empty_reading():
    assert read(np.full((90, 120, 3), 127, np.uint8))[0].faces == ()


def test_a_small_face_is_unsure_of_everything():
    photo, _ = group(1, 1, 22, 320, 240)
    (face,) = read(photo)[0].faces
    assert [(d.trait, d.reason) for d in face.unsure] == [
        (trait, "small") for trait in ("age", "gender", "emotion")
    ]
    assert read(astronaut())[0].faces[0].unsure == ()


def test_a_dark_face_is_unsure_of_everything():
    (face,) = read(astronaut() // 12)[0].faces
    assert [(d.trait, d.reason) for d in face.unsure] == [
        (trait, "dark") for trait in ("age", "gender", "emotion")
    ]


def test_a_running_stopwatch_keeps_its_laps():
    watch = Stopwatch()
    watch.lap("decode")
    reading = FrameReader(FaceDetector(), Recorder(), "baseline").read(astronaut(), "id", watch)
    assert list(reading.processing_ms) == ["decode", "detect", "classify", "total"]


def test_a_step_that_is_repeated_has_the_sum_of_its_laps():
    watch = Stopwatch()
    time.sleep(0.02)
    watch.lap("decode")
    watch.lap("detect")
    time.sleep(0.02)
    watch.lap("decode")
    taken = watch.milliseconds()
    assert taken["decode"] >= 40
    assert taken["total"] >= taken["decode"] + taken["detect"]


class CountingDetector(FaceDetector):
    """Remembers which searches it was asked for."""

    def __init__(self):
        super().__init__()
        self.searches = []

    def find_within(self, image, longest_px, most=100):
        self.searches.append(longest_px)
        return super().find_within(image, longest_px, most)

    def find_near(self, image, boxes, most=100):
        self.searches.append("near")
        return super().find_near(image, boxes, most)


def test_mirror_images_are_for_photos_not_for_frames():
    _, classify = read(astronaut())
    FrameReader(FaceDetector(), classify, "baseline").follow(astronaut(), Hints(), "id")
    assert classify.mirrored == [True, False]


def follow(image, hints):
    detector = CountingDetector()
    reading = FrameReader(detector, Recorder(), "baseline").follow(image, hints, "id")
    return reading, detector.searches


def test_a_camera_frame_is_searched_where_its_faces_were():
    (face,) = read(astronaut())[0].faces
    reading, searches = follow(astronaut(), Hints((face.box,)))
    assert searches == ["near"]
    assert len(reading.faces) == 1
    look = reading.faces[0].look
    assert look.shape == (16, 16)
    assert abs(look.mean()) < 1e-3
    assert "look" not in str(reading.to_dict())


def test_where_a_face_is_not_found_again_the_whole_frame_is_searched():
    (face,) = read(astronaut())[0].faces
    reading, searches = follow(astronaut(), Hints((face.box, Box(400, 400, 60, 60))))
    assert searches == ["near", 320]
    assert len(reading.faces) == 1


def test_a_search_that_is_due_ignores_the_boxes():
    (face,) = read(astronaut())[0].faces
    assert follow(astronaut(), Hints((face.box,), 640))[1] == [640]
    assert follow(astronaut(), Hints())[1] == [320]
