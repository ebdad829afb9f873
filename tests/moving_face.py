"""A video for Chromium's fake camera: the astronaut's face moves from side to side."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .photos import astronaut

WIDTH, HEIGHT, FPS = 640, 480, 15
SECONDS = 4
# How far the face's middle is from the picture's, at most, as a share of the width.
SWING = 0.22


def middle_at(frame, centre=0.5, swing=SWING):
    """Where the face's middle is, as shares of the picture."""
    return centre + swing * math.sin(2 * math.pi * frame / (FPS * SECONDS)), 0.48


def draw(frame, centre=0.5, swing=SWING):
    """(HEIGHT, WIDTH, 3) uint8 RGB: one frame of the video."""
    head = cv2.resize(astronaut()[20:260, 100:340], (280, 280), interpolation=cv2.INTER_AREA)
    rows = np.linspace(90, 150, HEIGHT, dtype=np.uint8)
    picture = np.repeat(np.repeat(rows[:, None, None], WIDTH, 1), 3, 2)
    x, y = middle_at(frame, centre, swing)
    # The face's middle is half way across the cut-out and 3/8 of the way down.
    left, top = int(x * WIDTH) - 140, int(y * HEIGHT) - 105
    first = max(0, -left)
    last = min(280, WIDTH - left)
    picture[top : top + 280, left + first : left + last] = head[:, first:last]
    return picture


def write_mjpeg(path, centre=0.5, swing=SWING):
    """A file for --use-file-for-fake-video-capture; Chromium plays it round and round."""
    frames = (draw(frame, centre, swing) for frame in range(FPS * SECONDS))
    data = [cv2.imencode(".jpg", cv2.cvtColor(each, cv2.COLOR_RGB2BGR))[1] for each in frames]
    path.write_bytes(b"".join(each.tobytes() for each in data))
    return path
