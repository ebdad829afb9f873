"""Small data sets in the layouts that people download, made of noise."""

import csv

import cv2
import numpy as np
import pytest

from facetraits.reading.traits import EMOTIONS


def noise(seed, side, channels=3):
    rng = np.random.default_rng(seed)
    shape = (8, 8, channels) if channels > 1 else (8, 8)
    coarse = rng.integers(0, 256, shape, np.uint8)
    return cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)


def write_picture(path, seed, side=48, channels=3):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), noise(seed, side, channels))
    return path


def write_votes(path, rows):
    """rows: (usage, name, votes by name)."""
    names = [*EMOTIONS, "unknown", "NF"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Usage", "Image name", *names])
        for usage, name, votes in rows:
            writer.writerow([usage, name, *(votes.get(n, 0) for n in names)])


@pytest.fixture
def fer_folder(tmp_path):
    """FER+ folders: two training pictures, one of each other kind, one not a face."""
    names = {
        "FER2013Train": ["fer0000000", "fer0000001"],
        "FER2013Valid": ["fer0028638"],
        "FER2013Test": ["fer0032220", "fer0032221"],
    }
    for folder, files in names.items():
        for seed, name in enumerate(files):
            write_picture(tmp_path / "FER2013" / folder / f"{name}.png", seed, channels=1)
    write_votes(
        tmp_path / "fer2013new.csv",
        [
            ("Training", "fer0000000.png", {"neutral": 4, "sadness": 6}),
            ("Training", "fer0000001.png", {"happiness": 10}),
            ("PublicTest", "fer0028638.png", {"surprise": 5, "fear": 5}),
            ("PrivateTest", "fer0032220.png", {"NF": 10}),
            ("PrivateTest", "fer0032221.png", {"contempt": 7, "neutral": 3}),
        ],
    )
    return tmp_path
