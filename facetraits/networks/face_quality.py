"""Whether what a detector found can be used: a face, not covered, and in focus.

A small network on the same 64 gray pixels on which brightness is measured
(:mod:`facetraits.vision.quality`). It knows nothing of the networks that classify.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from facetraits.networks.cards import RUNTIME, read_as, read_checked
from facetraits.networks.runtime import Runtime
from facetraits.pixels import Pixels

NAME = "face_quality"
QUALITIES = ("not_a_face", "eyes_covered", "mouth_covered", "blur")
"""The network's outputs, each 0..1."""

BLUR_RANGE = 0.06
"""An output `blur` of 1 means a Gaussian's deviation of this share of the framed face's side."""

REASON_OF = {
    "not_a_face": "not_a_face",
    "eyes_covered": "covered",
    "mouth_covered": "covered",
    "blur": "blurred",
}
"""Output → the reason to be unsure, in the order of their importance."""

_Threshold = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class QualityCard:
    """The part of its card.json that serving needs.

    Attributes:
        name: "face_quality".
        above: output → the value above which the reason applies; chosen on val.
        sha256: file name → hex digest.
    """

    name: str
    above: Mapping[str, _Threshold]
    sha256: Mapping[str, str]


class FaceQuality:
    """The network with its card. Not thread-safe.

    Args:
        models_dir: contains its folder.

    Raises:
        BadWeights: if its files are missing or are not those of its card.
    """

    def __init__(self, models_dir: Path) -> None:
        folder = models_dir / NAME
        self.card: QualityCard = read_as(folder, QualityCard)
        self._runtime = Runtime(read_checked(folder, RUNTIME, self.card))
        self._above = np.array([self.card.above[name] for name in QUALITIES])

    def measure(self, views: Sequence[Pixels]) -> NDArray[np.float32]:
        """n faces of (64, 64) gray uint8 in the framing "utkface" → (n, qualities), 0..1."""
        return self._runtime(np.stack(views)[..., None])

    def reasons(self, views: Sequence[Pixels]) -> list[tuple[str, ...]]:
        """For each face, why the answers about it should not be relied on."""
        return [
            tuple(dict.fromkeys(REASON_OF[QUALITIES[i]] for i in np.flatnonzero(row > self._above)))
            for row in self.measure(views)
        ]
