"""The tests' photos: NASA's portrait of Eileen Collins, in the public domain (scikit-image)."""

from functools import cache

import cv2
import numpy as np
from skimage import data

# Where the face is in the 512x512 original: left, top, right, bottom of its middle.
FACE_MIDDLE = (220, 110)


@cache
def astronaut():
    """(512, 512, 3) uint8 RGB, one clear face."""
    return np.ascontiguousarray(data.astronaut())


def encode(image, suffix=".jpg", quality=90):
    """(h, w, 3) RGB uint8 → encoded bytes."""
    parameters = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
    ok, encoded = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), parameters)
    assert ok
    return encoded.tobytes()


def group(rows, columns, face_px, width, height):
    """The face, rows x columns times, each about face_px wide, on gray; and their middles."""
    crop = astronaut()[40:220, 140:300]
    scale = face_px / 90
    small = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.full((height, width, 3), 120, np.uint8)
    middles = []
    for row in range(rows):
        for column in range(columns):
            x = int((column + 0.5) * width / columns - small.shape[1] / 2)
            y = int((row + 0.5) * height / rows - small.shape[0] / 2)
            canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
            middles.append((x + 80 * scale, y + 70 * scale))
    return canvas, middles
