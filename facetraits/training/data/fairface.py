"""FairFace (Kärkkäinen and Joo 2021): 108,501 faces, balanced over seven races, with age bins.

License: CC BY 4.0. The published pictures are tight crops; the labels are in separate tables.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from facetraits.errors import BadData
from facetraits.reading.traits import AGE_YEARS
from facetraits.training.data.archives import ReadBytes, find_files
from facetraits.training.data.datasets import Sample, Skipped, decode
from facetraits.training.data.splits import held_out_share, visual_key

FOLDER = "FairFace"
AGE_BINS: dict[str, tuple[int, int]] = {
    "0-2": (0, 2),
    "3-9": (3, 9),
    "10-19": (10, 19),
    "20-29": (20, 29),
    "30-39": (30, 39),
    "40-49": (40, 49),
    "50-59": (50, 59),
    "60-69": (60, 69),
    "more than 70": (70, AGE_YEARS - 1),
}
"""A label's text → its first and last year."""

# Spreadsheet programs turn these bins into dates.
_DATES = {"03-Sep": "3-9", "3-Sep": "3-9", "Sep-03": "3-9", "Oct-19": "10-19", "19-Oct": "10-19"}
_GENDERS = {"male": 0, "female": 1}
RACES = (
    "White",
    "Black",
    "Latino_Hispanic",
    "East Asian",
    "Southeast Asian",
    "Indian",
    "Middle Eastern",
)
_VAL_SHARE = 0.05


def load_fairface(data_dir: Path, skipped: Skipped) -> list[Sample]:
    """FairFace in data_dir, or nothing if it is not there.

    The published training pictures are train, except one in twenty (by appearance), which
    are val; the published validation pictures are test.

    Raises:
        BadData: if there are pictures but no labels.
    """
    files = find_files(data_dir, FOLDER)
    if not files:
        return []
    labels = dict(_labels(find_files(data_dir, FOLDER, (".csv",)), skipped))
    if not labels:
        raise BadData(f"no FairFace labels: looked for fairface_label_train.csv in {FOLDER}/")
    samples = []
    for path, read in files.items():
        name = f"{FOLDER}/{path}"
        known = labels.get(path)
        if known is None:
            skipped.add("not in FairFace's tables", name)
            continue
        bin_, gender, race = known
        split = _split(path, read)
        if split is None:
            skipped.add("not a readable picture", name)
            continue
        load = partial(decode, read)
        samples.append(Sample(name, split, load, gender=gender, race_name=race, age_bin=bin_))
    return samples


def _split(path: str, read: ReadBytes) -> str | None:
    if path.startswith("val/"):
        return "test"
    try:
        key = visual_key(read())
    except OSError:
        return None
    return "val" if held_out_share(key) < _VAL_SHARE else "train"


def _labels(
    tables: dict[str, ReadBytes], skipped: Skipped
) -> Iterator[tuple[str, tuple[tuple[int, int], int, str]]]:
    """Relative path → age bin, gender, race."""
    for table, read in tables.items():
        for number, row in enumerate(csv.DictReader(io.StringIO(read().decode("utf-8-sig")))):
            try:
                age = row["age"].strip()
                gender = _GENDERS[row["gender"].strip().lower()]
                yield row["file"], (AGE_BINS[_DATES.get(age, age)], gender, row["race"].strip())
            except (KeyError, AttributeError):
                skipped.add("a row without file, age, gender, race", f"{table} row {number + 2}")
