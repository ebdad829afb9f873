"""All that traitnet learns from: people with ages, and expressions with votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.networks.cards import MODELS_DIR
from facetraits.pixels import Pixels
from facetraits.training.data.appa_real import load_appa_real
from facetraits.training.data.datasets import Sample, Skipped, load_ckplus, load_utkface
from facetraits.training.data.faces import Faces, load_faces
from facetraits.training.data.fairface import load_fairface
from facetraits.training.data.fer2013 import load_fer2013
from facetraits.training.data.framing import LandmarkCache, is_of_people
from facetraits.training.data.lfw import load_lfw
from facetraits.training.data.packing import unpack
from facetraits.training.data.splits import digest

LANDMARKS = MODELS_DIR.parent / "runs" / "landmarks.npz"
"""Where landmarks are kept from run to run; they do not depend on a network."""


@dataclass(frozen=True, slots=True)
class TraitData:
    """Faces of both kinds, in traitnet's framing.

    Attributes:
        people: UTKFace and facial-age, with colors if the network sees them.
        expressions: FER2013 and CK+48, always (n, s, s) gray: they have no colors.
    """

    people: Faces
    expressions: Faces

    def __len__(self) -> int:
        return len(self.people) + len(self.expressions)

    def __iter__(self) -> Iterator[Faces]:
        return iter((self.people, self.expressions))

    @property
    def samples(self) -> list[Sample]:
        return self.people.samples + self.expressions.samples

    def of_split(self, split: str) -> TraitData:
        return TraitData(*(faces.of_split(split) for faces in self))

    def shown(self, channels: int) -> np.ndarray:
        """(n, s, s, channels) uint8: what the network is asked, in the order of `samples`."""
        return np.concatenate([as_input(faces, channels) for faces in self])

    def contents(self) -> str:
        """How many pictures there are of each data set."""
        counts = Counter(sample.dataset for sample in self.samples)
        return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def as_input(faces: Faces, channels: int) -> np.ndarray:
    """(n, s, s) gray or (n, s, s, 3) RGB uint8 → (n, s, s, channels) uint8."""
    pixels = faces.pixels if faces.pixels.ndim == 4 else faces.pixels[..., None]
    return pixels if pixels.shape[-1] == channels else np.repeat(pixels, channels, axis=3)


def read_traits(
    data_dir: Path,
    size_px: int,
    channels: int,
    skipped: Skipped,
    splits: tuple[str, ...] = ("train", "val", "test"),
    landmarks: Path = LANDMARKS,
    progress: bool = True,
) -> TraitData:
    """Reads UTKFace, FER2013 and CK+48 below data_dir, or what `pack` made of them.

    Args:
        size_px, channels: of the network's input.
        splits: the sides that are wanted.
        landmarks: file that keeps where the faces' landmarks are.

    Raises:
        BadData: where UTKFace or FER2013 is missing, or not one picture can be read.
    """
    packed = unpack(data_dir, size_px, channels, splits)
    if packed is not None:
        return TraitData(*packed)
    wanted = [s for s in all_samples(data_dir, skipped) if s.split in splits]
    cache = LandmarkCache(landmarks)
    kinds = (True, channels == 3), (False, False)
    keys: dict[str, int] = {}

    def cut(sample: Sample, picture: Pixels, color: bool) -> Pixels:
        keys[sample.name] = digest(Image.fromarray(picture))
        return cache.cut(sample, picture, size_px, color)

    data = TraitData(
        *(
            load_faces(
                [sample for sample in wanted if is_of_people(sample) == people],
                size_px,
                skipped,
                progress,
                cut=partial(cut, color=color),
            )
            for people, color in kinds
        )
    )
    cache.save()
    return without_copies(data, keys, skipped)


def without_copies(data: TraitData, keys: Mapping[str, int], skipped: Skipped) -> TraitData:
    """Leaves out of train what looks like a picture of val or test, of whatever data set.

    Args:
        keys: name of a sample → the digest of what its picture looks like.
    """
    held_out = {keys[sample.name] for sample in data.samples if sample.split != "train"}

    def kept(faces: Faces) -> Faces:
        rows = []
        for row, sample in enumerate(faces.samples):
            if sample.split == "train" and keys[sample.name] in held_out:
                skipped.add("looks like a picture of val or test", sample.name)
            else:
                rows.append(row)
        return Faces([faces.samples[row] for row in rows], faces.pixels[rows])

    return TraitData(*(kept(faces) for faces in data))


def all_samples(data_dir: Path, skipped: Skipped) -> list[Sample]:
    """Every picture that traitnet learns from, of the data sets that are there.

    Raises:
        BadData: where UTKFace or FER2013 is missing.
    """
    people = load_utkface(data_dir, skipped) + load_fairface(data_dir, skipped)
    people += load_appa_real(data_dir, skipped) + load_lfw(data_dir, skipped)
    ckplus = load_ckplus(data_dir, skipped, needed=False)
    return people + load_fer2013(data_dir, skipped) + ckplus
