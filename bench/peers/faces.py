"""The faces that every row answers: which they are, how they are cut, the file they travel in."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from skimage import data

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels, to_rgb
from facetraits.training.data.datasets import Sample, Skipped, load_utkface
from facetraits.training.data.fer2013 import load_fer2013
from facetraits.training.data.framing import LandmarkCache
from facetraits.training.data.trait_data import LANDMARKS

KINDS = ("people", "expressions")
"""UTKFace, which says ages and genders, and FER2013."""

WHOLE, ALIGNED = "whole", "aligned"
SCALES = {"70%": 0.7, "85%": 0.85, WHOLE: 1.0, "120%": 1.2, "140%": 1.4}
"""Framing → side of the face's box as a share of the picture's; above 1 the edge is repeated."""

_SEED = 2026
# What a person's face looks like where there is no data: NASA's portrait of Eileen Collins.
_PORTRAIT = slice(30, 230), slice(130, 330)


@dataclass(frozen=True, slots=True)
class Cut:
    """(h, w, 3) RGB uint8 with one face, and its box in it: left, top, right, bottom."""

    picture: Pixels
    box: tuple[int, int, int, int]

    def tight(self) -> Cut:
        """The box alone."""
        left, top, right, bottom = self.box
        return whole(self.picture[top:bottom, left:right])


def whole(picture: Pixels) -> Cut:
    """A picture that is all face."""
    rgb = to_rgb(picture)
    return Cut(rgb, (0, 0, rgb.shape[1], rgb.shape[0]))


def scaled(picture: Pixels, scale: float) -> Cut:
    """A picture's middle, or the picture with a margin that repeats its edge."""
    rgb = to_rgb(picture)
    height, width = rgb.shape[:2]
    moved_x, moved_y = (round((scale - 1) / 2 * side) for side in (width, height))
    if scale <= 1:
        return Cut(rgb, (-moved_x, -moved_y, width + moved_x, height + moved_y))
    padded = cv2.copyMakeBorder(rgb, moved_y, moved_y, moved_x, moved_x, cv2.BORDER_REPLICATE)
    return whole(as_pixels(padded))


class Faces:
    """The samples of both kinds, and their pictures.

    Args:
        data_dir: the data sets' folder.
        most: the maximum number per kind and split, for quick runs.
        of_val: the number per kind on val, which is only used to choose framings.

    Raises:
        BadData: where UTKFace or FER2013 is missing.
    """

    def __init__(
        self, data_dir: Path, most: int | None, of_val: int, landmarks: Path | None = None
    ) -> None:
        skipped = Skipped()
        every = {
            "people": load_utkface(data_dir, skipped),
            "expressions": load_fer2013(data_dir, skipped),
        }
        limits = {"val": min(of_val, most or of_val), "test": most}
        self._samples = {
            (kind, split): some([s for s in samples if s.split == split], limit)
            for kind, samples in every.items()
            for split, limit in limits.items()
        }
        self._cache = LandmarkCache(landmarks or Paths.found().runs / LANDMARKS)
        expressions = [s for split in limits for s in self._samples["expressions", split]]
        # Once for all runs: the framings are tried one after the other.
        for sample in expressions:
            self._cache.of(sample, sample.load())
        self._cache.save()

    def of(self, kind: str, split: str) -> list[Sample]:
        return self._samples[kind, split]

    def cut(self, sample: Sample, framing: str, aligned_px: int) -> Cut:
        picture = sample.load()
        if framing == ALIGNED:
            return whole(self._cache.cut(sample, picture, aligned_px, color=False))
        return scaled(picture, SCALES[framing])


def some(samples: list[Sample], limit: int | None) -> list[Sample]:
    """The readable ones, or as many of them, drawn by chance but always the same."""
    ordered = sorted(samples, key=lambda s: s.name)
    if limit is not None and limit < len(ordered):
        ordered = random.Random(_SEED).sample(ordered, limit)
    return [s for s in ordered if _readable(s)]


def _readable(sample: Sample) -> bool:
    try:
        return sample.load().size > 0
    except (ValueError, OSError):
        return False


def portraits(count: int) -> list[Cut]:
    """One face in both data sets' sizes, over and over: enough for times and memory."""
    person = as_pixels(data.astronaut()[_PORTRAIT])
    small = cv2.resize(
        cv2.cvtColor(person, cv2.COLOR_RGB2GRAY), (48, 48), interpolation=cv2.INTER_AREA
    )
    return [whole(person), whole(as_pixels(small))] * (count // 2)


def write_job(
    folder: Path, cuts: Iterable[Cut], traits: Sequence[str], model: str, boxed: bool
) -> Path:
    """The faces as raw RGB bytes in one file, and a JSON that says what is in it.

    A runner reads one face at a time, so that the file's size is not in its memory.
    """
    pixels, shapes = folder / "faces.rgb", []
    with pixels.open("wb") as file:
        for cut in cuts:
            given = cut if boxed else cut.tight()
            file.write(np.ascontiguousarray(given.picture).tobytes())
            height, width = given.picture.shape[:2]
            shapes.append({"height": height, "width": width, "box": list(given.box)})
    job: dict[str, Any] = {
        "pixels": str(pixels),
        "faces": shapes,
        "traits": list(traits),
        "model": model,
    }
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    return path
