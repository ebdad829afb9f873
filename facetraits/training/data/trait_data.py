"""All of traitnet's training data: people with ages, and expressions with votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.errors import BadData
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

DATA_SETS: dict[str, tuple[str, ...]] = {
    "utkface": ("UTKFace", "facial-age"),
    "fairface": ("FairFace",),
    "appa-real": ("APPA-REAL",),
    "lfw": ("LFW",),
    "fer2013": ("FER2013", "fer2013.csv", "train", "test"),
    "ckplus": ("CK+48",),
}
"""Data set, as the command line calls it → the first parts of its samples' names."""

FIRST_SETS = ("utkface", "fer2013", "ckplus")
"""What every network so far learned from: the card's headline figures are of these."""

LANDMARKS = "landmarks.npz"
"""What keeps landmarks from run to run, in the folder of all runs; no network changes them."""


@dataclass(frozen=True, slots=True)
class TraitData:
    """Faces of both kinds, in traitnet's framing.

    Attributes:
        people: UTKFace and facial-age, in color if the network uses color.
        expressions: FER2013 and CK+48, always (n, s, s) gray.
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
        """(n, s, s, channels) uint8: the network's input, in the order of `samples`."""
        return np.concatenate([as_input(faces, channels) for faces in self])

    def of_sets(self, sets: Sequence[str]) -> TraitData:
        """The faces of some of ``DATA_SETS``."""
        names = names_of(sets)
        return TraitData(
            *(faces.where([sample.dataset in names for sample in faces.samples]) for faces in self)
        )

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
    landmarks: Path,
    splits: tuple[str, ...] = ("train", "val", "test"),
    progress: bool = True,
    sets: Sequence[str] = tuple(DATA_SETS),
    keep: bool = True,
) -> TraitData:
    """Reads the data sets in data_dir, or the files that `pack` made from them.

    Args:
        size_px, channels: of the network's input.
        landmarks: the file with the landmark cache.
        splits, sets: the splits and the keys of ``DATA_SETS`` to read.
        keep: whether to update the cache file.

    Raises:
        BadData: if a required data set is missing, or no picture can be read.
    """
    packed = unpack(data_dir, size_px=size_px, channels=channels, splits=splits)
    if packed is not None:
        return TraitData(*packed).of_sets(sets)
    wanted = [s for s in find_samples(data_dir, skipped, sets) if s.split in splits]
    if not wanted:
        raise BadData(f"no {', '.join(sets)} pictures in {data_dir}" + skipped.words())
    cache = LandmarkCache(landmarks)
    kinds = (True, channels == 3), (False, False)
    keys: dict[str, int] = {}

    def cut(sample: Sample, picture: Pixels, color: bool) -> Pixels:
        keys[sample.name] = digest(Image.fromarray(picture))
        return cache.cut(sample, picture=picture, size_px=size_px, color=color)

    data = TraitData(
        *(
            _load(
                [sample for sample in wanted if is_of_people(sample) == people],
                size_px=size_px,
                skipped=skipped,
                progress=progress,
                cut=partial(cut, color=color),
                color=color,
            )
            for people, color in kinds
        )
    )
    if keep:
        cache.save()
    return without_copies(data, keys, skipped)


def without_copies(data: TraitData, keys: Mapping[str, int], skipped: Skipped) -> TraitData:
    """Removes training pictures that look like a val or test picture of any data set.

    Args:
        keys: sample name → the digest of the picture's appearance.
    """
    held_out = {keys[sample.name] for sample in data.samples if sample.split != "train"}

    def kept(faces: Faces) -> Faces:
        looks_new = [s.split != "train" or keys[s.name] not in held_out for s in faces.samples]
        for sample, is_new in zip(faces.samples, looks_new, strict=True):
            if not is_new:
                skipped.add("looks like a picture of val or test", sample.name)
        return faces.where(looks_new)

    return TraitData(*(kept(faces) for faces in data))


def _load(
    samples: list[Sample],
    size_px: int,
    skipped: Skipped,
    progress: bool,
    cut: Callable[[Sample, Pixels], Pixels],
    color: bool,
) -> Faces:
    """Like ``load_faces``, but also works without any samples."""
    if samples:
        return load_faces(samples, size_px=size_px, skipped=skipped, progress=progress, cut=cut)
    shape = (0, size_px, size_px, 3) if color else (0, size_px, size_px)
    return Faces([], np.zeros(shape, np.uint8))


def find_samples(data_dir: Path, skipped: Skipped, sets: Sequence[str]) -> list[Sample]:
    """All pictures of some of ``DATA_SETS``, if they are there.

    Raises:
        BadData: if UTKFace or FER2013 is requested and missing.
    """
    load: dict[str, Callable[[Path, Skipped], list[Sample]]] = {
        "utkface": load_utkface,
        "fairface": load_fairface,
        "appa-real": load_appa_real,
        "lfw": load_lfw,
        "fer2013": load_fer2013,
        "ckplus": partial(load_ckplus, needed=False),
    }
    return [sample for name in sets for sample in load[name](data_dir, skipped)]


def by_set(data: TraitData) -> dict[str, TraitData]:
    """Key of ``DATA_SETS`` → its faces, if there are any."""
    parts = {name: data.of_sets((name,)) for name in DATA_SETS}
    return {name: part for name, part in parts.items() if len(part)}


def names_of(sets: Sequence[str]) -> set[str]:
    """Keys of ``DATA_SETS`` → the first parts of their samples' names."""
    return {name for key in sets for name in DATA_SETS[key]}
