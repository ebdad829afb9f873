"""`facetraits pack`: packs training faces into files that are quick to read."""

from __future__ import annotations

import argparse
from pathlib import Path

from facetraits.cli.common import Verbs
from facetraits.paths import Paths


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("pack", help="pack traitnet's training faces into a few small files")
    verb.add_argument("--data", type=Path, required=True, metavar="DIR")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR")
    verb.add_argument("--size-px", type=int, default=112, metavar="PX")
    verb.set_defaults(command=_pack, extra="train")


def _pack(options: argparse.Namespace) -> int:
    from facetraits.training.data.datasets import Skipped
    from facetraits.training.data.packing import pack
    from facetraits.training.data.trait_data import LANDMARKS, read_traits

    landmarks = Paths.found().runs / LANDMARKS
    data = read_traits(
        options.data,
        size_px=options.size_px,
        channels=3,
        skipped=Skipped(),
        landmarks=landmarks,
        splits=("train", "val"),
    )
    for path in pack(list(data), options.out):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0
