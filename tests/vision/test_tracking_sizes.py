"""Clients change the size of their frames with the line: a face stays the same face."""

from dataclasses import replace

from facetraits.reading.geometry import Box
from facetraits.vision.hints import Hints
from facetraits.vision.tracking import Tracker
from tests.web.fakes import canned_face

# In the right half, where a change of size moves a box by more than its own width.
BOX = Box(300, 100, 40, 50)


def face_at(box):
    return replace(canned_face(), box=box)


def test_a_face_keeps_its_track_when_the_frames_grow_and_shrink():
    tracker = Tracker()
    numbers = {
        tracker.update([face_at(BOX.scaled(width / 320))], n / 10, width)[0].track_id
        for n, width in enumerate((320, 480, 640, 320))
    }
    assert numbers == {1}
    assert tracker.width == 320


def test_the_same_pixels_of_a_frame_of_another_size_are_another_face():
    tracker = Tracker()
    tracker.update([face_at(BOX)], 0.0, 320)
    assert tracker.update([face_at(BOX)], 0.1, 640)[0].track_id == 2


def test_hints_are_given_in_pixels_of_the_frame_that_is_read():
    hints = Hints((BOX,), width=320)
    assert hints.boxes_at(640) == (Box(600, 200, 80, 100),)
    assert hints.boxes_at(320) == (BOX,)
    assert Hints((BOX,)).boxes_at(640) == (BOX,)
