"""FER2013 in its usual layouts, with FER+ votes if available.

1. FER+ folders: `FER2013Train/ FER2013Valid/ FER2013Test/ferNNNNNNN.png`, with
   `fer2013new.csv` (or `ferplus.csv`) anywhere next to them.
2. One table with the columns emotion, pixels and Usage (`fer2013.csv`,
   `icml_face_data.csv`), or Kaggle's `train.csv`, which has only the training rows.
   FER+ votes are used if their table is there. They are matched by row, as in FER+'s own
   script: its picture names count only the rows that have one.
3. Class folders: `train/CLASS/*`, `test/CLASS/*`, and `validation/CLASS/*`.

Usage Training, PublicTest and PrivateTest are train, val and test.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from facetraits.errors import BadData
from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.archives import (
    PICTURES,
    Files,
    ReadBytes,
    all_files,
    named,
    seen_in,
)
from facetraits.training.data.datasets import Sample, Skipped, decode, one_hot, parse_pixels
from facetraits.training.data.splits import stable_fraction
from facetraits.training.data.tables import Row, header_of, rows_of

Shares = tuple[float, ...]
OwnLabels = dict[str, int]

_CLASS_FOLDERS = {
    "angry": "anger",
    "happy": "happiness",
    "sad": "sadness",
} | {name: name for name in FER2013_CLASSES}
_FOLDER_SPLITS = {"fer2013train": "train", "fer2013valid": "val", "fer2013test": "test"}
_USAGE_SPLITS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
_ROOTS = {
    "train": "train",
    "test": "test",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
}
_VOTES = ("fer2013new.csv", "ferplus.csv")
_TABLES = ("fer2013.csv", "icml_face_data.csv", "train.csv")
# Folders of other data sets that also contain train/.
_OTHERS = {"utkface", "fairface", "appa-real", "lfw", "ck+48", "ck+", "facial-age"}
# Below this correlation, the matched picture is probably a different one.
_LEAST_MATCH = 0.8


@dataclass(frozen=True, slots=True)
class Vote:
    """The FER+ votes for one row of FER2013.

    Attributes:
        name: the picture's name in FER+'s folders, or "" if FER+ omits the row.
        usage: "Training", "PublicTest", or "PrivateTest".
        shares: of ``EMOTIONS``, or None if the annotators saw no face or no emotion.
    """

    name: str
    usage: str
    shares: Shares | None


def load_fer2013(data_dir: Path, skipped: Skipped, needed: bool = True) -> list[Sample]:
    """FER2013 in data_dir, in the first layout that is found.

    Raises:
        BadData: if it is needed and not found, or if the folders have no votes.
    """
    files = all_files(data_dir)
    for layout in (_folders, _table, _class_folders):
        samples = list(layout(files, skipped))
        if samples:
            return samples
    if needed:
        raise BadData(
            "no FER2013 pictures: looked for FER2013Train/fer*.png with fer2013new.csv, for "
            "fer2013.csv, icml_face_data.csv or train.csv, and for train/CLASS/*; download "
            "them from Kaggle's 'Challenges in Representation Learning', and the votes from "
            "Microsoft's FER+" + skipped.words() + seen_in(data_dir)
        )
    return []


def _votes(files: Files) -> list[Vote]:
    """FER+'s rows, in the order of FER2013's; empty if there is no table."""
    found = named(files, *_VOTES)
    if found is None:
        return []
    path, read = found
    try:
        return [
            Vote(row["image name"] or "", row["usage"] or "", vote_shares(row))
            for row in rows_of(path, read)
        ]
    except (KeyError, ValueError, TypeError) as error:
        raise BadData(f"{path} is not the FER+ table of votes: {error!r}") from error


def vote_shares(row: Row) -> Shares | None:
    """A row of FER+'s CSV → shares of ``EMOTIONS``.

    None if most voted "unknown" or "NF" (no face), or nobody voted, as in the FER+ paper.
    """
    lower = {name.lower(): int(value or "none") for name, value in row.items() if _is_count(name)}
    votes = [lower[name] for name in EMOTIONS]
    if sum(votes) == 0 or max(lower["unknown"], lower["nf"]) >= max(votes):
        return None
    return tuple(vote / sum(votes) for vote in votes)


def _is_count(name: str) -> bool:
    return name.lower() in {*EMOTIONS, "unknown", "nf"}


def _own_labels(files: Files) -> OwnLabels:
    """Picture name → index in ``FER2013_CLASSES``, if `fer2013_labels.csv` is available.

    FER+'s pictures do not come with FER2013's own labels. The table was made by matching the
    pictures of both sets; poor matches have no label.
    """
    found = named(files, "fer2013_labels.csv")
    if found is None:
        return {}
    path, read = found
    try:
        return {
            str(row["image"]): FER2013_CLASSES.index(_CLASS_FOLDERS[str(row["fer2013_label"])])
            for row in rows_of(path, read)
            if float(str(row["match"])) >= _LEAST_MATCH
        }
    except (KeyError, ValueError) as error:
        raise BadData(
            f"{path} must have the columns image, fer2013_label, match: {error!r}"
        ) from error


def _folders(files: Files, skipped: Skipped) -> Iterator[Sample]:
    pictures = dict(_ferplus_pictures(files))
    if not pictures:
        return
    votes = {vote.name: vote for vote in _votes(files) if vote.name}
    if not votes:
        raise BadData("no FER+ votes: looked for fer2013new.csv next to FER2013Train/")
    own = _own_labels(files)
    for path, (split, read) in pictures.items():
        name = PurePosixPath(path).name
        if split is None or name not in votes:
            skipped.add("not in FER+'s folders and votes", path)
            continue
        shares = votes[name].shares
        if shares is None:
            skipped.add("the crowd saw no face or no emotion", path)
            continue
        load, label = partial(decode, read), own.get(name)
        yield Sample(path, split, load, emotion=shares, emotion_fer=label)


def _ferplus_pictures(files: Files) -> Iterator[tuple[str, tuple[str | None, ReadBytes]]]:
    """FER2013/FOLDER/NAME → its split, and its bytes."""
    for path, read in files.items():
        parts = PurePosixPath(path).parts
        lower = [part.lower() for part in parts[:-1]]
        at = next((i for i, part in enumerate(lower) if part in _FOLDER_SPLITS), None)
        if path.lower().endswith(PICTURES):
            if at is not None:
                split = _FOLDER_SPLITS[lower[at]]
                yield "FER2013/" + "/".join(parts[at:]), (split, read)
            elif "fer2013" in lower and "test" not in lower and "train" not in lower:
                yield "FER2013/" + "/".join(parts[lower.index("fer2013") + 1 :]), (None, read)


def _table(files: Files, skipped: Skipped) -> Iterator[Sample]:
    found = _fer_table(files)
    if found is None:
        return
    path, read = found
    file = PurePosixPath(path).name
    votes = _votes(files)
    for index, row in enumerate(rows_of(path, read)):
        where = f"{file} row {index + 2}"
        try:
            usage = (row["usage"] or "").strip() if "usage" in row else "Training"
            split = _USAGE_SPLITS[usage]
            own = int(row["emotion"] or "")
            label = one_hot(FER2013_CLASSES[own])
            load = partial(parse_pixels, row["pixels"])
        except (KeyError, ValueError, IndexError):
            skipped.add("a row without emotion, pixels, Usage", where)
            continue
        name, shares = f"fer{index:07d}.png", label
        if votes:
            vote = _vote_of(votes, index=index, usage=usage, where=where)
            if vote.shares is None:
                skipped.add("the crowd saw no face or no emotion", where)
                continue
            name, shares = vote.name or name, vote.shares
        yield Sample(f"fer2013.csv/{name}", split, load, emotion=shares, emotion_fer=own)


def _vote_of(votes: list[Vote], index: int, usage: str, where: str) -> Vote:
    if index >= len(votes) or votes[index].usage != usage:
        raise BadData(
            f"the FER+ table does not match {where}: its rows must be those of fer2013.csv, "
            f"in order; it has {len(votes):,} rows"
        )
    return votes[index]


def _fer_table(files: Files) -> tuple[str, ReadBytes] | None:
    """The table with FER2013's pictures; tables with a Usage column are preferred."""
    tables: list[tuple[bool, int, str, ReadBytes]] = []
    for name in _TABLES:
        for path, read in files.items():
            if PurePosixPath(path).name.lower() == name:
                header = set(header_of(read()))
                if name != "train.csv" or {"emotion", "pixels"} <= header:
                    tables.append(("usage" not in header, len(tables), path, read))
    return min(tables)[2:] if tables else None


def _class_folders(files: Files, skipped: Skipped) -> Iterator[Sample]:
    for path, read in files.items():
        parts = PurePosixPath(path).parts
        lower = [part.lower() for part in parts[:-1]]
        root = next((part for part in lower if part in _ROOTS), None)
        if root is None or _OTHERS & set(lower) or not path.lower().endswith(PICTURES):
            continue
        name = "/".join([_ROOTS[root], *parts[lower.index(root) + 1 :]])
        emotion = _CLASS_FOLDERS.get(lower[-1])
        if emotion is None:
            skipped.add("not a FER2013 class folder", name)
            continue
        split = _class_folder_split(_ROOTS[root], name)
        own, shares = FER2013_CLASSES.index(emotion), one_hot(emotion)
        yield Sample(name, split, partial(decode, read), emotion=shares, emotion_fer=own)


def _class_folder_split(root: str, path: str) -> str:
    """The split from Kaggle's names; without one, a tenth of train is val."""
    usage = PurePosixPath(path).name.split("_")[0]
    if usage in _USAGE_SPLITS:
        return _USAGE_SPLITS[usage]
    if root != "train":
        return "val" if root == "validation" else root
    below = PurePosixPath(path).relative_to("train")
    return "val" if stable_fraction(str(below)) < 0.1 else "train"
