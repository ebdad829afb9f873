"""Whether a search at half the size would leave traces of all faces in a photo of 640x480.

    python -m studies.half_size_search --data DIR [--scenes N]

A search at half the size takes a quarter of the time. If every face left a trace there (a hit with
a low score), the photo would have to be searched at its full size only around traces. Takes the
same scenes each time: faces of LFW and FairFace (train), 16 to 190 pixels wide, in photos without
people. Counts the faces that the search at full size finds, the share of them with a trace, and
the traces where there is no face.
"""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import data as photos

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.vision.search import search_once
from facetraits.vision.yunet import SCORE, Rows, load_yunet
from studies.turned_photos import pictures

_ARCHIVES = {"lfw.tar": "", "fairface.tar": "train"}
_WIDTH, _HEIGHT = 640, 480
_FACES_PX = (16, 190)
_MOST_FACES = 16
_FACE_SCORE = 0.6
_TRACE_SCORES = (0.005, 0.01, 0.02, 0.05, 0.1, 0.3, _FACE_SCORE)
_WIDTHS_PX = (0, 12, 18, 24, 36, 48, 1_000)
_PICTURES, _SEED = 400, 5

Scores = NDArray[np.float32]
"""(n,) float32: one number for each face or trace."""


def scene(background: Pixels, faces: list[Pixels], chance: random.Random) -> Pixels:
    """(480, 640, 3) RGB uint8: up to 16 faces that do not overlap, in a photo."""
    canvas = as_pixels(cv2.resize(background, (_WIDTH, _HEIGHT)))
    taken = np.zeros((_HEIGHT, _WIDTH), bool)
    for _ in range(chance.choice((1, 1, 2, 4, 8, _MOST_FACES))):
        side = round(np.exp(chance.uniform(*np.log(_FACES_PX))))
        x, y = chance.randrange(_WIDTH - side), chance.randrange(_HEIGHT - side)
        place = slice(y, y + side), slice(x, x + side)
        if taken[place].any():
            continue
        taken[place] = True
        face = cv2.resize(chance.choice(faces), (side, side), interpolation=cv2.INTER_AREA)
        mask = np.zeros((side, side), np.float32)
        axes = (int(side * 0.46), int(side * 0.49))
        cv2.ellipse(mask, (side // 2, side // 2), axes, 0, 0, 360, 1.0, -1)
        # Without a soft edge, the detector could see the edge instead of the face.
        mask = cv2.GaussianBlur(mask, (0, 0), max(0.5, side * 0.02))[..., None]
        canvas[place] = (mask * face + (1 - mask) * canvas[place]).astype(np.uint8)
    return canvas


def contains(box: NDArray[np.float32], rows: Rows) -> NDArray[np.bool_]:
    """Which rows' centers are in a box (x, y, width, height)."""
    centers = rows[:, :2] + rows[:, 2:4] / 2
    return np.asarray(((centers > box[:2]) & (centers < box[:2] + box[2:4])).all(axis=1))


def measure(scenes: Iterable[Pixels]) -> tuple[Scores, Scores, Scores]:
    """Searches scenes at both sizes.

    Returns:
        The width of each face in pixels; the score of its best trace, 0 if there is none; and the
        score of each trace where there is no face.
    """
    yunet = load_yunet(Paths.found().models)
    widths, best, false = [], [], []
    for picture in scenes:
        found = search_once(yunet, picture, _WIDTH, _FACE_SCORE)
        traces = search_once(yunet, picture, _WIDTH // 2, _TRACE_SCORES[0])
        inside = np.array([contains(row[:4], traces) for row in found]).reshape(-1, len(traces))
        widths.append(found[:, 2])
        best.append((inside * traces[:, SCORE]).max(axis=1, initial=0))
        false.append(traces[~inside.any(axis=0), SCORE])
    return np.concatenate(widths), np.concatenate(best), np.concatenate(false)


def main() -> None:
    parser = argparse.ArgumentParser(prog="studies.half_size_search", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--scenes", type=int, default=400, metavar="N")
    options = parser.parse_args()
    chance = random.Random(_SEED)
    faces = [
        face
        for name, part in _ARCHIVES.items()
        for face in pictures(options.data / name, part, _PICTURES)
    ]
    backgrounds = [photos.coffee(), photos.chelsea(), photos.rocket(), photos.retina()]
    chosen = itertools.islice(itertools.cycle(backgrounds), options.scenes)
    widths, best, false = measure(scene(photo, faces, chance) for photo in chosen)
    bins = [(widths >= low) & (widths < high) for low, high in itertools.pairwise(_WIDTHS_PX)]
    print(f"{'faces from px':>18}" + "".join(f"{px:8}" for px in _WIDTHS_PX[:-1]) + f"{'false':>9}")
    print(f"{'found at 640':>18}" + "".join(f"{of_width.sum():8}" for of_width in bins))
    for score in _TRACE_SCORES:
        shares = "".join(f"{(best[of_width] >= score).mean():8.3f}" for of_width in bins)
        per_scene = (false >= score).sum() / options.scenes
        print(f"trace of {score:9.3f}{shares}{per_scene:9.1f}")


if __name__ == "__main__":
    main()
