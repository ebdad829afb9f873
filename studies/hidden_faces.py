"""How many faces anonymizing hides, compared with those that a reading finds, on poor pictures.

    python -m studies.hidden_faces --data DIR [--each N]

Takes the same pictures of the train splits each time, N of LFW and of APPA-REAL each, whose one
face is in the middle; each lies on a gray canvas of 640x480 pixels, as it is and made worse.
A face counts as found if the middle is in a box. "extra" are boxes that do not contain it:
some are faces in the background, most are none.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from facetraits.pixels import Pixels, as_pixels
from facetraits.vision.detection import FaceDetector
from studies.turned_photos import pictures

_ARCHIVES = {"lfw.tar": "", "appa-real.tar": "train"}
_CANVAS = (480, 640)


def _scaled(photo: Pixels, longer_px: int) -> Pixels:
    scale = longer_px / max(photo.shape[:2])
    return as_pixels(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))


def _dark(photo: Pixels) -> Pixels:
    noise = np.random.default_rng(1).normal(0, 6, photo.shape)
    return np.clip(photo * 0.08 + noise, 0, 255).astype(np.uint8)


WAYS: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda photo: photo,
    "32 px wide": lambda photo: _scaled(photo, 32),
    "20 px wide": lambda photo: _scaled(photo, 20),
    "out of focus": lambda photo: as_pixels(cv2.GaussianBlur(photo, (0, 0), 5)),
    "dark, noisy": _dark,
    "eyes hidden": lambda photo: _with_band(photo),
    "upside down": lambda photo: np.ascontiguousarray(photo[::-1, ::-1]),
    "on its side": lambda photo: np.ascontiguousarray(np.rot90(photo)),
}


def _with_band(photo: Pixels) -> Pixels:
    """A black band over the upper half of the middle."""
    changed = photo.copy()
    height = photo.shape[0]
    changed[int(0.36 * height) : int(0.5 * height)] = 0
    return changed


def on_canvas(photo: Pixels) -> Pixels:
    """(480, 640, 3) RGB uint8, the photo in its middle, on gray."""
    canvas = np.full((*_CANVAS, 3), 127, np.uint8)
    height, width = photo.shape[:2]
    top, left = (_CANVAS[0] - height) // 2, (_CANVAS[1] - width) // 2
    canvas[top : top + height, left : left + width] = photo
    return canvas


def main() -> None:
    parser = argparse.ArgumentParser(prog="studies.hidden_faces", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--each", type=int, default=300, metavar="N")
    options = parser.parse_args()
    detector = FaceDetector()
    photos = [
        photo
        for name, part in _ARCHIVES.items()
        for photo in pictures(options.data / name, part, options.each)
    ]
    print(f"{len(photos)} faces{'':8}{'reading %':>12}{'hidden %':>12}{'extra boxes each':>20}")
    for way, change in WAYS.items():
        read = hidden = extra = 0
        for photo in photos:
            canvas = on_canvas(change(photo))
            known = [face.box for face in detector.find_turned(canvas).faces]
            boxes = known + [face.box for face in detector.find_doubtful(canvas)]
            middle = (_CANVAS[1] / 2, _CANVAS[0] / 2)
            read += any(box.contains(*middle) for box in known)
            over = [box.contains(*middle) for box in boxes]
            hidden += any(over)
            extra += len(over) - sum(over)
        count = len(photos)
        print(
            f"{way:16}{100 * read / count:12.1f}{100 * hidden / count:12.1f}{extra / count:20.2f}"
        )


if __name__ == "__main__":
    main()
