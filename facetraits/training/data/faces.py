"""Samples as arrays: every picture goes once through the same `fit_face` as in serving."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from facetraits.errors import BadData
from facetraits.pixels import Pixels
from facetraits.training.data.datasets import Sample, Skipped, load_ckplus, load_utkface
from facetraits.training.data.fer2013 import load_fer2013
from facetraits.vision.crop import fit_face


@dataclass(frozen=True, slots=True)
class Faces:
    """Samples with their pixels.

    Attributes:
        samples: n samples.
        pixels: (n, size_px, size_px) gray uint8, in the same order; (n, size_px, size_px, 3)
            RGB if traitnet uses colors.
    """

    samples: list[Sample]
    pixels: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.samples)

    def of_split(self, split: str) -> Faces:
        return self.where([sample.split == split for sample in self.samples])

    def where(self, chosen: Sequence[bool]) -> Faces:
        """The samples selected by a mask."""
        if all(chosen):
            return self  # no copy, because it may be gigabytes
        keep = np.flatnonzero(chosen)
        return Faces([self.samples[i] for i in keep], self.pixels[keep])


def resized(pixels: NDArray[np.uint8], size_px: int) -> NDArray[np.uint8]:
    """(n, s, s) gray or (n, s, s, 3) RGB uint8 → the same, resized if needed."""
    if pixels.shape[1] == size_px:
        return pixels
    return np.stack([fit_face(face, size_px, color=face.ndim == 3) for face in pixels])


def to_input(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n, s, s) uint8 → (n, s, s, 1) float32, still 0..255."""
    return pixels[..., None].astype(np.float32)


def gather(trait: str, data_dir: Path, skipped: Skipped) -> list[Sample]:
    """All samples in data_dir with a label for a trait.

    Raises:
        BadData: if the data set for the trait is missing.
    """
    if trait == "emotion":
        ckplus = load_ckplus(data_dir, skipped, needed=False)
        return load_fer2013(data_dir, skipped, needed=not ckplus) + ckplus
    samples = load_utkface(data_dir, skipped)
    return [s for s in samples if getattr(s, trait) is not None]


def load_faces(
    samples: Sequence[Sample],
    size_px: int,
    skipped: Skipped,
    progress: bool = True,
    cut: Callable[[Sample, Pixels], Pixels] | None = None,
) -> Faces:
    """Reads and fits every sample; unreadable ones are recorded and skipped.

    Args:
        cut: turns the picture of a sample into network input; by default, all of it, in gray.
            Raises ValueError with the reason for a picture that should not be used.

    Raises:
        BadData: if none could be read.
    """

    def fit(sample: Sample) -> Pixels | str:
        try:
            picture = sample.load()
            return cut(sample, picture) if cut else fit_face(picture, size_px)
        except (ValueError, OSError) as error:
            return str(error)

    with ThreadPoolExecutor() as pool:
        fitted = list(
            tqdm(
                pool.map(fit, samples),
                total=len(samples),
                desc=f"reading faces at {size_px}x{size_px}",
                unit="face",
                disable=not progress,
            )
        )
    kept, pixels = [], []
    for sample, face in zip(samples, fitted, strict=True):
        if isinstance(face, str):
            skipped.add(face, sample.name)
        else:
            kept.append(sample)
            pixels.append(face)
    if not kept:
        raise BadData("none of the pictures could be read")
    return Faces(kept, np.stack(pixels))
