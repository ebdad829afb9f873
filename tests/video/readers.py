"""Quick readers for videos: a fake one that knows where the face is drawn, and the real one."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from facetraits.networks.classifiers import unsure_below
from facetraits.paths import Paths
from facetraits.serving.worker import make_reader
from facetraits.video.frames import Video
from facetraits.video.read import read_video
from facetraits.vision.tracking import Tracker
from tests.video.videos import opened

NETS = "traitnet"
PLACE_EVERY = 25


@cache
def real_reader():
    return make_reader(NETS, 5, Paths.found().models)


def make_tracker():
    return Tracker(unsure_below(NETS, Paths.found().models), NETS)


class Steps:
    """Notes what it is told; raises after so many places."""

    def __init__(self, stop_after=None):
        self.reports, self.places, self.sizes = [], [], []
        self.folder, self._stop_after = None, stop_after

    def report(self, progress, **detail):
        self.reports.append((progress, detail))

    def save_place(self, place):
        self.places.append(place)
        if self.folder is not None:
            self.sizes.append({p.name: p.stat().st_size for p in self.folder.iterdir()})
        if len(self.places) == self._stop_after:
            raise Interrupted


class Interrupted(Exception):
    """The process was killed here."""


def read(data, out, wanted, progress=None, reader=None, **options):
    """Reads a video's bytes to a folder, with a place every PLACE_EVERY frames; its summary."""
    out.mkdir(exist_ok=True)
    progress = progress or Steps()
    return read_video(
        opened(data),
        out,
        wanted,
        reader=reader or real_reader(),
        make_tracker=make_tracker,
        progress=progress,
        nets=NETS,
        place_every_frames=PLACE_EVERY,
        **options,
    )


def frames(path):
    """The time and the pixels of each frame."""
    with path.open("rb") as file, Video(file) as made:
        return [(frame.time_s, frame.pixels) for frame in made.frames()]


def detail(pixels, box):
    """How much there is to see in a box: left, top, right, bottom."""
    left, top, right, bottom = box
    return cv2.Laplacian(pixels[top:bottom, left:right], cv2.CV_64F).std()


def difference(a, b):
    """The mean absolute difference of two pictures."""
    return np.abs(a.astype(float) - b.astype(float)).mean()
