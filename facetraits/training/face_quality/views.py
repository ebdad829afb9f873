"""Faces of the data sets in a wide view: the network's framing with a margin around it.

With a margin, a face can be shifted, turned, and covered without showing an invented edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels, to_rgb
from facetraits.reading.geometry import Landmarks, similarity
from facetraits.training.data.datasets import Sample
from facetraits.training.data.framing import FRAMING, LandmarkCache
from facetraits.vision.crop import FRAMINGS, fit_face

VIEW_PX = 128
# The network's framing fills this share of a view's side.
FRAME_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Views:
    """Faces, or what a detector takes for one.

    Attributes:
        pixels: (n, VIEW_PX, VIEW_PX) gray or (n, VIEW_PX, VIEW_PX, 3) RGB uint8.
        points: (n, 5, 2) float32: the landmarks in the view, in its pixels.
        samples: the pictures that they are from; empty for what is no face.
    """

    pixels: NDArray[np.uint8]
    points: NDArray[np.float32]
    samples: tuple[Sample, ...] = ()

    def __len__(self) -> int:
        return len(self.pixels)


def view_of(picture: Pixels, landmarks: Landmarks, color: bool = False) -> tuple[Pixels, Landmarks]:
    """A face in a picture → its wide view and where its landmarks are in it.

    Raises:
        ValueError: for landmarks that all coincide.
    """
    frame = FRAMINGS[FRAMING]
    to_view = similarity(landmarks, ((frame - 0.5) * FRAME_SHARE + 0.5) * VIEW_PX)
    back = cv2.invertAffineTransform(to_view)
    corners = (frame * VIEW_PX) @ back[:, :2].T + back[:, 2]
    pixels = fit_face(
        picture, VIEW_PX, landmarks=np.asarray(corners, np.float32), framing=FRAMING, color=color
    )
    points = landmarks @ to_view[:, :2].T + to_view[:, 2]
    return pixels, np.asarray(points, np.float32)


def framed(view: Pixels, size_px: int) -> Pixels:
    """A wide view → the middle part that serving sees, at that size in pixels."""
    edge = round(VIEW_PX * (1 - FRAME_SHARE) / 2)
    middle = view[edge : VIEW_PX - edge, edge : VIEW_PX - edge]
    return as_pixels(cv2.resize(middle, (size_px, size_px), interpolation=cv2.INTER_AREA))


def read_views(samples: Sequence[Sample], cache: LandmarkCache, color: bool = False) -> Views:
    """The faces of some samples; those without a detected face are left out."""
    pixels, points, kept = [], [], []
    for sample in samples:
        try:
            picture = sample.load()
        except ValueError:
            continue
        landmarks = cache.of(sample, picture)
        if landmarks is None:
            continue
        shown, where = view_of(to_rgb(picture) if color else picture, landmarks, color)
        pixels.append(shown)
        points.append(where)
        kept.append(sample)
    shape = (0, VIEW_PX, VIEW_PX, 3) if color else (0, VIEW_PX, VIEW_PX)
    return Views(
        np.stack(pixels) if pixels else np.zeros(shape, np.uint8),
        np.array(points, np.float32).reshape(-1, 5, 2),
        tuple(kept),
    )
