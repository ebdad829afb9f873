"""A video for Chromium's fake camera: the astronaut's face moves from side to side."""

from __future__ import annotations

import math

import cv2
import numpy as np

from tests.photos import astronaut, encode

# Chromium plays such a file at 30 frames a second, whatever was meant.
WIDTH, HEIGHT, FPS = 640, 480, 30
SECONDS = 4
# How far down the face's middle is, as a share of the height.
FACE_AT = 0.48
# How far the face's middle is from the picture's, at most, as a share of the width.
SWING = 0.22


def draw(frame, center=0.5, swing=SWING):
    """(HEIGHT, WIDTH, 3) uint8 RGB: one frame; center and swing are shares of the width."""
    head = cv2.resize(astronaut()[20:260, 100:340], (280, 280), interpolation=cv2.INTER_AREA)
    rows = np.linspace(90, 150, HEIGHT, dtype=np.uint8)
    picture = np.repeat(np.repeat(rows[:, None, None], WIDTH, 1), 3, 2)
    x, y = center + swing * math.sin(2 * math.pi * frame / (FPS * SECONDS)), FACE_AT
    # The face's middle is half way across the cut-out and 3/8 of the way down.
    left, top = int(x * WIDTH) - 140, int(y * HEIGHT) - 105
    first = max(0, -left)
    last = min(280, WIDTH - left)
    picture[top : top + 280, left + first : left + last] = head[:, first:last]
    return picture


def scene():
    """All frames of the video, once to and fro."""
    return [draw(frame) for frame in range(FPS * SECONDS)]


def couple():
    """One picture of two faces side by side; the right one is the larger."""
    picture = draw(0, 0.72, 0)
    small = cv2.resize(astronaut()[20:260, 100:340], (200, 200), interpolation=cv2.INTER_AREA)
    picture[150:350, 60:260] = small
    return picture


def pan():
    """The same for the eye: the whole portrait, seen by a camera that sways a little."""
    portrait = cv2.resize(astronaut(), (820, 820), interpolation=cv2.INTER_CUBIC)
    for frame in range(FPS * SECONDS):
        turn = 2 * math.pi * frame / (FPS * SECONDS)
        left, top = 35 + int(25 * math.sin(turn)), 8 + int(8 * math.cos(turn))
        yield portrait[top : top + HEIGHT, left : left + WIDTH]


def write_mjpeg(path, pictures):
    """A file for --use-file-for-fake-video-capture; Chromium plays it round and round."""
    path.write_bytes(b"".join(encode(picture) for picture in pictures))
    return path
