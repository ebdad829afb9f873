"""traitnet's batches: a share of each comes from each part, with random augmentation.

Nothing here imports Keras, so processes that only make batches start fast and stay small.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels, to_rgb
from facetraits.training.fit.strong_augmentation import StrongAugmentation, change
from facetraits.training.model.targets import Targets
from facetraits.vision.crop import fit_face

Batch = tuple[NDArray[np.uint8], dict[str, Targets]]

# Few pairs are mixed evenly: in most, one face dominates.
_MIX_BETA = 0.4

_SETTINGS = "settings.json"


@dataclass(frozen=True, slots=True)
class Part:
    """The pictures of one data set.

    Attributes:
        pixels: (n, s, s) gray or (n, s, s, 3) RGB uint8.
        targets: head → (n, classes), with rows of 0 for unknown labels.
        share: share of each batch, relative to the other parts.
        picks: indices of the pictures in one pass, with rare ones repeated; None: each once.
    """

    pixels: NDArray[np.uint8]
    targets: dict[str, Targets]
    share: float = 1.0
    picks: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.pixels)


@dataclass(slots=True)
class Mixture:
    """Batches that depend only on (seed, epoch, batch), on any machine and in any process.

    Attributes:
        parts: each contributes its share of every batch, and starts over when exhausted.
        batch_size, seed, channels, strong_augmentation, mixup, cutmix, small_px, small_epochs:
            as in the run's configuration.
        mixed_epochs: number of epochs with mixup and cutmix; None: all of them.
    """

    parts: Sequence[Part]
    batch_size: int
    seed: int
    channels: int
    strong_augmentation: StrongAugmentation
    mixup: float
    cutmix: float
    small_px: int = 64
    small_epochs: int = 0
    mixed_epochs: int | None = None
    _orders: dict[tuple[int, int], NDArray[np.int64]] = field(default_factory=dict, init=False)

    def __len__(self) -> int:
        """Batches per epoch, so that an epoch has as many pictures as there are."""
        return max(1, sum(map(len, self.parts)) // self.batch_size)

    def batch(self, epoch: int, index: int) -> Batch:
        """(b, s, s, channels) uint8 and head → (b, classes)."""
        rng = np.random.default_rng((self.seed, epoch, index))
        counts = self._counts()
        place = epoch * len(self) + index
        side = self.small_px if epoch < self.small_epochs else None
        mixed = self.mixed_epochs is None or epoch < self.mixed_epochs
        made = [
            self._from(number, first=place * count, count=count, rng=rng, side=side, mixed=mixed)
            for number, count in enumerate(counts)
        ]
        pixels = np.concatenate([part[0] for part in made])
        return pixels, {
            head: np.concatenate([part[1][head] for part in made]) for head in made[0][1]
        }

    def _counts(self) -> list[int]:
        """Pictures of each part in a batch; the first gets the rounding remainder."""
        total = sum(part.share for part in self.parts)
        counts = [int(self.batch_size * part.share / total) for part in self.parts]
        return [counts[0] + self.batch_size - sum(counts), *counts[1:]]

    def _from(
        self, number: int, first: int, count: int, rng: Generator, side: int | None, mixed: bool
    ) -> Batch:
        part = self.parts[number]
        chosen = self._chosen(number, first, count)
        faces = [self._changed(np.array(part.pixels[i]), side, rng) for i in chosen]
        targets = {head: rows[chosen] for head, rows in part.targets.items()}
        return self._mixed(np.stack(faces), targets, rng) if mixed else (np.stack(faces), targets)

    def _changed(self, face: Pixels, side: int | None, rng: Generator) -> Pixels:
        if side is not None:
            face = fit_face(face, side, color=face.ndim == 3)
        return self._shown(change(face, self.strong_augmentation, rng))

    def _shown(self, face: Pixels) -> Pixels:
        return to_rgb(face) if self.channels == 3 else face[..., None]

    def _chosen(self, number: int, first: int, count: int) -> list[int]:
        """Indices of the part's next pictures, in a new order for each pass."""
        size = len(self._picks(number))
        return [
            int(self._order(number, place // size)[place % size])
            for place in range(first, first + count)
        ]

    def _picks(self, number: int) -> NDArray[np.int64]:
        part = self.parts[number]
        return np.arange(len(part)) if part.picks is None else part.picks

    def _order(self, number: int, turn: int) -> NDArray[np.int64]:
        if (number, turn) not in self._orders:
            if len(self._orders) > 8:
                self._orders.clear()
            rng = np.random.default_rng((self.seed, number, turn))
            self._orders[number, turn] = rng.permutation(self._picks(number))
        return self._orders[number, turn]

    def _mixed(
        self, faces: NDArray[np.uint8], targets: dict[str, Targets], rng: Generator
    ) -> Batch:
        """Blends or patches all pictures with neighbors from the same part, or none."""
        draw = rng.random()
        keep = float(rng.beta(_MIX_BETA, _MIX_BETA))
        keep = max(keep, 1 - keep)
        if draw < self.mixup:
            other = np.roll(faces, 1, axis=0)
            mixed = cv2.addWeighted(faces.ravel(), keep, other.ravel(), 1 - keep, 0.0)
            faces = as_pixels(mixed).reshape(faces.shape)
        elif draw < self.mixup + self.cutmix:
            faces, keep = _patched(faces, keep, rng)
        else:
            return faces, targets
        blend = {
            head: (keep * rows + (1 - keep) * np.roll(rows, 1, axis=0)).astype(np.float32)
            for head, rows in targets.items()
        }
        return faces, blend

    def save(self, folder: Path) -> None:
        """Writes files that other processes open with :meth:`open`, without copies in memory."""
        folder.mkdir(parents=True, exist_ok=True)
        settings = {
            known.name: getattr(self, known.name)
            for known in fields(self)
            if known.name != "parts" and known.init
        }
        settings["strong_augmentation"] = asdict(self.strong_augmentation)
        settings["shares"] = [part.share for part in self.parts]
        (folder / _SETTINGS).write_text(json.dumps(settings))
        for number, part in enumerate(self.parts):
            np.save(folder / f"{number}-pixels.npy", part.pixels)
            np.save(folder / f"{number}-picks.npy", self._picks(number))
            np.savez(folder / f"{number}-targets.npz", allow_pickle=False, **part.targets)

    @classmethod
    def open(cls, folder: Path) -> Mixture:
        """Opens what :meth:`save` wrote; the pictures stay on disk."""
        parts: list[Part] = []
        known = json.loads((folder / _SETTINGS).read_text())
        shares = known.pop("shares")
        for path in sorted(folder.glob("*-pixels.npy")):
            with np.load(folder / path.name.replace("pixels.npy", "targets.npz")) as stored:
                targets = {head: stored[head] for head in stored.files}
            picks = np.load(folder / path.name.replace("pixels", "picks"))
            share = shares[len(parts)]
            parts.append(
                Part(np.load(path, mmap_mode="r"), targets=targets, share=share, picks=picks)
            )
        return cls(
            parts,
            **{**known, "strong_augmentation": StrongAugmentation(**known["strong_augmentation"])},
        )


def _patched(
    faces: NDArray[np.uint8], keep: float, rng: Generator
) -> tuple[NDArray[np.uint8], float]:
    """Replaces a square of each face with its neighbor's; also returns the remaining share."""
    side = faces.shape[1]
    length = int(side * np.sqrt(1 - keep))
    top, left = (int(rng.integers(0, side - length + 1)) for _ in range(2))
    patched = faces.copy()
    inside = (slice(None), slice(top, top + length), slice(left, left + length))
    patched[inside] = np.roll(faces, 1, axis=0)[inside]
    return patched, 1 - (length / side) ** 2


_mixture: Mixture | None = None


def open_mixture(folder: Path) -> None:
    """Sets up a batch worker process."""
    global _mixture
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training process stops it, not the keyboard
    cv2.setNumThreads(1)
    _mixture = Mixture.open(folder)


def make_batch(epoch: int, index: int) -> Batch:
    """A batch from the mixture that this process has opened."""
    assert _mixture is not None  # opened when the process started
    return _mixture.batch(epoch, index)
