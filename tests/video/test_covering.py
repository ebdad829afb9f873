"""Blurred faces: also where they are not found, and over an interruption."""

import json

import cv2
import numpy as np
import pytest

from facetraits.paths import Paths
from facetraits.serving.worker import make_reader
from facetraits.video.wanted import Wanted
from tests.moving_face import FACE_AT, HEIGHT, WIDTH, couple, draw
from tests.video.readers import NETS, PLACE_EVERY, Interrupted, Steps, detail, frames, read
from tests.video.videos import video


def test_faces_are_blurred_in_frames_that_are_not_read(tmp_path):
    # A second passes between two readings; the face crosses the picture in it.
    moving = [draw(0, 0.25 + 0.5 * n / 24, 0) for n in range(25)]
    wanted = Wanted(per_second=1, json=True, copy=True, anonymize=True)
    summary = read(video(moving), tmp_path, wanted)
    assert summary["video"]["frames_read"] == 1
    copies, blurred = frames(tmp_path / "copy.mp4"), frames(tmp_path / "anonymized.mp4")
    for n, ((_, copy), (_, hidden)) in enumerate(zip(copies, blurred, strict=True)):
        x, y = int((0.25 + 0.5 * n / 24) * WIDTH), int(FACE_AT * HEIGHT)
        box = (x - 40, y - 50, x + 40, y + 50)
        assert detail(hidden, box) < detail(copy, box) / 3, n


def test_faces_beyond_the_limit_are_blurred_too(tmp_path):
    reader = make_reader(NETS, 1, Paths.found().models)
    read(video([couple()] * 12), tmp_path, Wanted(json=True, anonymize=True), reader=reader)
    lines = [json.loads(line) for line in (tmp_path / "frames.jsonl").read_text().splitlines()]
    assert {len(line["faces"]) for line in lines} == {1}
    for _, hidden in frames(tmp_path / "anonymized.mp4"):
        # The smaller face is on the left.
        assert detail(hidden, (125, 185, 195, 270)) < detail(couple(), (125, 185, 195, 270)) / 3


def textured(face):
    """A picture full of detail, with the face in its middle or without it."""
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    picture = cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    if face:
        picture[:, WIDTH // 4 : 3 * WIDTH // 4] = draw(0)[:, WIDTH // 4 : 3 * WIDTH // 4]
    return picture


# Whether there is a face, in the frames before and after a place is saved.
@pytest.mark.parametrize("before", [False, True], ids=["a new face", "a lost face"])
@pytest.mark.parametrize("places", [1, 2])
def test_faces_near_a_saved_place_are_blurred_as_without_an_interruption(tmp_path, before, places):
    pictures = [textured(before)] * (places * PLACE_EVERY) + [textured(not before)] * 12
    data, wanted = video(pictures), Wanted(copy=True, anonymize=True)
    read(data, tmp_path / "whole", wanted)
    steps = Steps(stop_after=places)
    with pytest.raises(Interrupted):
        read(data, tmp_path / "resumed", wanted, steps)
    place = json.loads(json.dumps(steps.places[-1]))
    read(data, tmp_path / "resumed", wanted, place=place)
    x, y = WIDTH // 2, int(FACE_AT * HEIGHT)
    box = (x - 30, y - 30, x + 30, y + 30)
    whole, resumed = (frames(tmp_path / run / "anonymized.mp4") for run in ("whole", "resumed"))
    assert [s for s, _ in resumed] == [s for s, _ in whole]
    copies = frames(tmp_path / "resumed" / "copy.mp4")
    assert len(copies) == len(resumed)
    # It hides eight frames before a new face, and more than that after a lost one.
    middle = places * PLACE_EVERY
    for n in range(middle - 8, middle + 12):
        assert detail(resumed[n][1], box) < detail(copies[n][1], box) / 3, n
        assert detail(resumed[n][1], box) == pytest.approx(detail(whole[n][1], box), abs=5), n
