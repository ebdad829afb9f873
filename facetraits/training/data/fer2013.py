"""FER2013 in its three layouts, with FER+ votes where they are at hand.

1. FER+ folders: `FER2013/FER2013{Train,Valid,Test}/ferNNNNNNN.png` with
   `fer2013new.csv` (or `ferplus.csv`) beside them or in the data folder.
2. `fer2013.csv`: emotion, pixels, Usage; row N is ferNNNNNNN, so FER+ votes are used
   when their CSV is there.
3. Kaggle's class folders `train/CLASS/*` and `test/CLASS/*`.

Usage Training, PublicTest and PrivateTest are train, val and test.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np

from facetraits.errors import BadData
from facetraits.pixels import Pixels
from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.archives import find_files
from facetraits.training.data.datasets import Sample, Skipped, decode, one_hot
from facetraits.training.data.splits import stable_fraction

Votes = dict[str, tuple[float, ...] | None]
OwnLabels = dict[str, int]

_CLASS_FOLDERS = {
    "angry": "anger",
    "happy": "happiness",
    "sad": "sadness",
} | {name: name for name in FER2013_CLASSES}
_FOLDER_SPLITS = {"FER2013Train": "train", "FER2013Valid": "val", "FER2013Test": "test"}
_USAGE_SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
_SIDE_PX = 48
# Below this correlation the matched picture is likely another one.
_LEAST_MATCH = 0.8


def load_fer2013(data_dir: Path, skipped: Skipped, needed: bool = True) -> list[Sample]:
    """FER2013 below data_dir, in the first layout that is there.

    Raises:
        BadData: where needed and none was found, or where the folders have no votes.
    """
    for layout in (_folders, _single_csv, _class_folders):
        samples = list(layout(data_dir, skipped))
        if samples:
            return samples
    if needed:
        raise BadData(
            f"no FER2013 pictures: looked for {data_dir}/FER2013/FER2013Train/fer*.png with "
            f"fer2013new.csv, {data_dir}/fer2013.csv, and {data_dir}/train/CLASS/*; they come from "
            "Kaggle's 'Challenges in Representation Learning', the votes from Microsoft's FER+"
            + skipped.words()
        )
    return []


def _votes(data_dir: Path) -> Votes:
    """Picture name → vote shares, or None where the crowd saw no face or no emotion."""
    for folder in (data_dir, data_dir / "FER2013"):
        for name in ("fer2013new.csv", "ferplus.csv"):
            if (folder / name).is_file():
                return _read_votes(folder / name)
    return {}


def _read_votes(path: Path) -> Votes:
    try:
        return {_row_name(row, i): vote_shares(row) for i, row in enumerate(_rows(path))}
    except (KeyError, ValueError, TypeError) as error:
        raise BadData(f"{path} is not FER+'s table of votes: {error!r}") from error


def _rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV by the names of its columns; None for what a row lacks.

    Raises:
        BadData: where it is no text, or no CSV.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            yield from csv.DictReader(file)
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadData(f"{path} is not a CSV: {error}") from error


def _row_name(row: dict[str, str], index: int) -> str:
    return row["Image name"] or f"fer{index:07d}.png"


def vote_shares(row: dict[str, str]) -> tuple[float, ...] | None:
    """A row of FER+'s CSV → shares of ``EMOTIONS``.

    None where most voted "unknown" or "NF" (no face), or nobody voted, as in the FER+ paper.
    """
    votes = [int(row[name]) for name in EMOTIONS]
    if sum(votes) == 0 or max(int(row["unknown"]), int(row["NF"])) >= max(votes):
        return None
    return tuple(vote / sum(votes) for vote in votes)


def _own_labels(data_dir: Path) -> OwnLabels:
    """Picture name → index in ``FER2013_CLASSES``, where `fer2013_labels.csv` is at hand.

    FER+'s pictures do not carry FER2013's own labels; the table was made by matching the
    two sets' pictures, and a poor match is no label.
    """
    path = data_dir / "fer2013_labels.csv"
    if not path.is_file():
        return {}
    try:
        return {
            row["image"]: FER2013_CLASSES.index(_CLASS_FOLDERS[row["fer2013_label"]])
            for row in _rows(path)
            if float(row["match"]) >= _LEAST_MATCH
        }
    except (KeyError, ValueError, TypeError) as error:
        raise BadData(f"{path} is not image, fer2013_label, match: {error!r}") from error


def _folders(data_dir: Path, skipped: Skipped) -> Iterator[Sample]:
    files = find_files(data_dir, "FER2013")
    votes = _votes(data_dir) if files else {}
    own = _own_labels(data_dir) if files else {}
    if files and not votes:
        raise BadData(f"no FER+ votes: looked for fer2013new.csv in {data_dir} and its FER2013/")
    for path, read in files.items():
        parts = PurePosixPath(path)
        split = _FOLDER_SPLITS.get(parts.parent.name)
        if split is None or parts.name not in votes:
            skipped.add("not in FER+'s folders and votes", f"FER2013/{path}")
            continue
        shares = votes[parts.name]
        if shares is None:
            skipped.add("the crowd saw no face or no emotion", f"FER2013/{path}")
            continue
        load, label = partial(decode, read), own.get(parts.name)
        yield Sample(f"FER2013/{path}", split, load, emotion=shares, emotion_fer=label)


def _single_csv(data_dir: Path, skipped: Skipped) -> Iterator[Sample]:
    path = data_dir / "fer2013.csv"
    if not path.is_file():
        return
    votes = _votes(data_dir)
    for index, row in enumerate(_rows(path)):
        name, where = f"fer{index:07d}.png", f"fer2013.csv row {index + 2}"
        try:
            split = _USAGE_SPLITS[row["Usage"].strip()]
            own = int(row["emotion"])
            label = one_hot(FER2013_CLASSES[own])
            load = partial(_parse_pixels, row["pixels"])
        except (KeyError, ValueError, IndexError, AttributeError, TypeError):
            skipped.add("a row without emotion, pixels, Usage", where)
            continue
        shares = votes.get(name, label)
        if shares is None:
            skipped.add("the crowd saw no face or no emotion", where)
            continue
        yield Sample(f"fer2013.csv/{name}", split, load, emotion=shares, emotion_fer=own)


def _parse_pixels(text: str | None) -> Pixels:
    values = np.array((text or "").split(), np.uint8)
    if values.size != _SIDE_PX**2:
        raise ValueError(f"{values.size} pixels, not {_SIDE_PX}x{_SIDE_PX}")
    return values.reshape(_SIDE_PX, _SIDE_PX)


def _class_folders(data_dir: Path, skipped: Skipped) -> Iterator[Sample]:
    for root in ("train", "test"):
        for path, read in find_files(data_dir, root).items():
            parts = PurePosixPath(path)
            emotion = _CLASS_FOLDERS.get(parts.parent.name.lower())
            if emotion is None:
                skipped.add("not a FER2013 class folder", f"{root}/{path}")
                continue
            load = partial(decode, read)
            split = _class_folder_split(root, path)
            own, shares = FER2013_CLASSES.index(emotion), one_hot(emotion)
            yield Sample(f"{root}/{path}", split, load, emotion=shares, emotion_fer=own)


def _class_folder_split(root: str, path: str) -> str:
    """Kaggle's names tell the Usage; where they do not, a tenth of train/ becomes val."""
    for usage, split in _USAGE_SPLITS.items():
        if PurePosixPath(path).name.startswith(f"{usage}_"):
            return split
    if root == "test":
        return "test"
    return "val" if stable_fraction(path) < 0.1 else "train"
