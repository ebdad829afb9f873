"""The data sets as downloaded, read into one kind of record.

- UTKFace (Zhang, Song, Qi 2017): aligned 200x200 faces with age, gender, race.
- facial-age: UTKFace's first part in folders by age (`001/` .. `110/`).
- FER2013 (Goodfellow et al. 2013) with FER+ votes (Barsoum et al. 2016): `fer.py`.
- CK+48 (Lucey et al. 2010): 48x48 last frames of posed sequences, by person.

All are research-only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

import cv2
import numpy as np

from facetraits.errors import BadData
from facetraits.pixels import Pixels
from facetraits.reading.traits import AGE_MAX, EMOTIONS, FER2013_CLASSES
from facetraits.training.data.archives import (
    PICTURES,
    Files,
    ReadBytes,
    all_files,
    below,
    named,
    seen_in,
)
from facetraits.training.data.splits import ckplus_split, utkface_split
from facetraits.training.data.tables import rows_of


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture and its labels.

    Attributes:
        name: data set and file, for messages.
        split: "train", "val" or "test".
        load: reads the pixels: (h, w, 3) RGB or (h, w) gray uint8. Raises
            ValueError for a picture that cannot be read.
        age: years, or None if unknown.
        gender: index in ``GENDERS``, or None.
        race: UTKFace's index in ``RACES``, or None. Only used for per-group figures.
        emotion: shares of the votes for each of ``EMOTIONS``, summing to 1, or None.
        emotion_fer: FER2013's own label, an index in ``FER2013_CLASSES``, or None.
        age_bin: first and last year of the age range, if the exact age is unknown.
        race_name: FairFace's label, only for per-group figures.
    """

    name: str
    split: str
    load: Callable[[], Pixels]
    age: int | None = None
    gender: int | None = None
    race: int | None = None
    emotion: tuple[float, ...] | None = None
    emotion_fer: int | None = None
    age_bin: tuple[int, int] | None = None
    race_name: str | None = None

    @property
    def dataset(self) -> str:
        """The first part of the name: "UTKFace", "FER2013", "CK+48" …"""
        return self.name.split("/")[0]


@dataclass(slots=True)
class Skipped:
    """Counts and lists what was skipped, and why."""

    reasons: dict[str, list[str]] = field(default_factory=dict)

    def add(self, reason: str, name: str) -> None:
        self.reasons.setdefault(reason, []).append(name)

    def lines(self, most: int = 5) -> Iterator[str]:
        """One line per reason, with the first few files."""
        for reason, names in sorted(self.reasons.items()):
            more = f" and {len(names) - most} more" if len(names) > most else ""
            yield f"skipped {len(names)}: {reason}: {', '.join(names[:most])}{more}"

    def words(self) -> str:
        """The end of an error message about missing data: "; skipped 3: …"."""
        return "".join(f"; {line}" for line in self.lines())


def decode(read: ReadBytes) -> Pixels:
    """Encoded picture → (h, w, 3) RGB uint8. Raises ValueError if it cannot be read."""
    data = np.frombuffer(read(), np.uint8)
    bgr = cv2.imdecode(data, cv2.IMREAD_COLOR) if data.size else None
    if bgr is None:
        raise ValueError("not a readable picture")
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)


_UTKFACE_PARTS = ("crop_part1", "part1", "part2", "part3")
# age_gender_race_date; a stray space before the ending is known and harmless.
_UTKFACE_NAME = re.compile(r"^(\d{1,3})_([01])_([0-4])_\d{8,}\s*\.")


def parse_utkface_name(name: str) -> tuple[int, int, int] | None:
    """ "31_1_2_2017….jpg" → (31, 1, 2): age, gender, race; None for a malformed name."""
    match = _UTKFACE_NAME.match(name)
    if match is None:
        return None
    age, gender, race = (int(part) for part in match.groups())
    return (age, gender, race) if age <= AGE_MAX else None


def _with_split(
    label: str, read: ReadBytes, skipped: Skipped, seen: set[bytes]
) -> tuple[str, bytes] | None:
    """(split, encoded bytes), or None after recording why the picture is skipped."""
    encoded = read()
    try:
        split = utkface_split(encoded)
    except OSError:
        skipped.add("not a readable picture", label)
        return None
    if split is None:
        skipped.add("looks like no picture of the split table (may be held out elsewhere)", label)
        return None
    # UTKFace's duplicates stay in val and test, because others report results on these sets.
    if encoded in seen and (split == "train" or not label.startswith("UTKFace/")):
        skipped.add("the same file twice", label)
        return None
    seen.add(encoded)
    return split, encoded


def load_utkface(data_dir: Path, skipped: Skipped, needed: bool = True) -> list[Sample]:
    """UTKFace and facial-age in data_dir, without duplicates between the two.

    Raises:
        BadData: if they are needed and no picture was found.
    """
    samples: list[Sample] = []
    seen: set[bytes] = set()
    for path, read in utkface_pictures(all_files(data_dir)).items():
        name = PurePosixPath(path).name
        labels = parse_utkface_name(name)
        if labels is None:
            skipped.add("the name is not age_gender_race_date", f"UTKFace/{path}")
            continue
        known = _with_split(f"UTKFace/{path}", read=read, skipped=skipped, seen=seen)
        if known is not None:
            age, gender, race = labels
            load = partial(decode, read)
            samples.append(
                Sample(
                    f"UTKFace/{path}", split=known[0], load=load, age=age, gender=gender, race=race
                )
            )
    samples += _load_facial_age(data_dir, skipped, seen)
    if needed and not samples:
        raise BadData(
            f"no UTKFace pictures: looked for {data_dir}/UTKFace/**/AGE_GENDER_RACE_DATE.jpg, "
            f"a tar with UTKFace/, and {data_dir}/facial-age/NNN/*.png; "
            "download them from https://susanqq.github.io/UTKFace/"
            + skipped.words()
            + seen_in(data_dir)
        )
    return samples


def utkface_pictures(files: Files) -> Files:
    """UTKFace's pictures in any of its distributions: relative path → reader.

    `UTKFace/`, `crop_part1/`, the three parts of the uncropped photos, or
    pictures with UTKFace's file names anywhere.
    """
    found = below(files, "UTKFace")
    if found:
        return found
    parts = {}
    for path, read in files.items():
        names = PurePosixPath(path).parts
        lower = [name.lower() for name in names[:-1]]
        at = next((i for i, name in enumerate(lower) if name in _UTKFACE_PARTS), None)
        if at is not None and path.lower().endswith(PICTURES):
            parts["/".join(names[at:])] = read
        elif parse_utkface_name(names[-1]) and path.lower().endswith(PICTURES):
            parts[names[-1]] = read
    return parts


def _load_facial_age(data_dir: Path, skipped: Skipped, seen: set[bytes]) -> list[Sample]:
    samples = []
    for path, read in below(all_files(data_dir), "facial-age", "face_age").items():
        folder = PurePosixPath(path).parent.name
        if not folder.isdigit() or int(folder) > AGE_MAX:
            skipped.add("the folder is not an age", f"facial-age/{path}")
            continue
        known = _with_split(f"facial-age/{path}", read=read, skipped=skipped, seen=seen)
        if known is not None:
            load = partial(decode, read)
            samples.append(Sample(f"facial-age/{path}", known[0], load, age=int(folder)))
    return samples


_CKPLUS_EMOTIONS = {
    "anger": "anger",
    "contempt": "contempt",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "sadness": "sadness",
    "surprise": "surprise",
}


# The class numbers of ckextended.csv: FER2013's seven classes and contempt.
_CKEXTENDED_EMOTIONS = (*FER2013_CLASSES, "contempt")


def parse_pixels(text: str | None, side_px: int = 48) -> Pixels:
    """ "70 80 82 …" → (side_px, side_px) gray uint8. Raises ValueError otherwise."""
    values = np.array((text or "").split(), np.uint8)
    if values.size != side_px**2:
        raise ValueError(f"{values.size} pixels instead of {side_px}x{side_px}")
    return values.reshape(side_px, side_px)


def one_hot(emotion: str) -> tuple[float, ...]:
    """All votes for one emotion."""
    return tuple(float(name == emotion) for name in EMOTIONS)


def load_ckplus(data_dir: Path, skipped: Skipped, needed: bool = True) -> list[Sample]:
    """CK+48 in data_dir, split by person.

    Raises:
        BadData: if it is needed and no picture was found.
    """
    samples = []
    files = all_files(data_dir)
    for path, read in below(files, "CK+48", "CK+", "CKPlus").items():
        emotion = _CKPLUS_EMOTIONS.get(PurePosixPath(path).parent.name.lower())
        person = re.match(r"S\d{3}", PurePosixPath(path).name)
        if emotion is None or person is None:
            skipped.add("not CLASS/S###_….png", f"CK+48/{path}")
            continue
        split = ckplus_split(person.group())
        load = partial(decode, read)
        samples.append(Sample(f"CK+48/{path}", split, load, emotion=one_hot(emotion)))
    if not samples:
        samples = list(_ckplus_table(files, skipped))
    if needed and not samples:
        raise BadData(
            f"no CK+48 pictures: looked for {data_dir}/CK+48/CLASS/S###_….png, an archive with "
            "CK+48/ and ckextended.csv; they come from the CK+ database (Lucey et al. 2010)"
            + skipped.words()
            + seen_in(data_dir)
        )
    return samples


def _ckplus_table(files: Files, skipped: Skipped) -> Iterator[Sample]:
    """The pictures of `ckextended.csv`. It has no person IDs, so none of it is held out."""
    found = named(files, "ckextended.csv")
    if found is None:
        return
    path, read = found
    for index, row in enumerate(rows_of(path, read)):
        try:
            emotion = _CKEXTENDED_EMOTIONS[int(row["emotion"] or "")]
            load = partial(parse_pixels, row["pixels"])
        except (KeyError, ValueError, IndexError):
            skipped.add("a row without emotion and pixels", f"ckextended.csv row {index + 2}")
            continue
        name = f"CK+48/ckextended.csv/{index}"
        yield Sample(name, "train", load, emotion=one_hot(emotion))
