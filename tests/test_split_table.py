"""The table of UTKFace's split is made again from the pictures and a CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.training.data.splits import SPLITS
from tools.split_table import main

NAMES = {"31_1_2_2017.jpg": "train", "24_0_1_2017.jpg": "val", "9_1_0_2017.jpg": "test"}


def made(folder: Path) -> tuple[list[str], Path]:
    """The tool's arguments, for three pictures in a folder as it is downloaded."""
    (folder / "UTKFace").mkdir()
    for seed, name in enumerate(NAMES):
        pixels = np.random.default_rng(seed).integers(0, 256, (40, 40, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "UTKFace" / name)
    splits, out = folder / "splits.csv", folder / "out.npz"
    splits.write_text("file,split\n" + "".join(f"{n},{side}\n" for n, side in NAMES.items()))
    return [str(folder), str(splits), str(out)], out


def test_each_picture_is_on_its_side(tmp_path: Path) -> None:
    arguments, out = made(tmp_path)
    assert main(arguments) == 0
    with np.load(out) as table:
        assert table["hash"].shape == (3, 32)
        assert sorted(SPLITS[side] for side in table["split"]) == ["test", "train", "val"]


def test_a_table_is_compared_and_left_alone(tmp_path: Path) -> None:
    arguments, out = made(tmp_path)
    main(arguments)
    assert main([*arguments, "--check"]) == 0
    with np.load(out) as table:
        np.savez(out, hash=table["hash"], split=table["split"][::-1])
    other = out.read_bytes()
    assert main([*arguments, "--check"]) == 1
    assert out.read_bytes() == other
