"""Expressions of Labeled Faces in the Wild (Huang et al. 2007), by one rater, in color.

The rater's labels are Apache-2.0. Only used for expressions: elsewhere, people in LFW are
held out for gender.
"""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path, PurePosixPath

from facetraits.errors import BadData
from facetraits.reading.traits import EMOTIONS
from facetraits.training.data.archives import find_files
from facetraits.training.data.datasets import Sample, Skipped, decode
from facetraits.training.data.splits import stable_fraction

FOLDER = "LFW"
# One rater is less reliable than ten.
_TRUST = 0.85
_TEST_SHARE, _VAL_SHARE = 0.1, 0.2


def load_lfw(data_dir: Path, skipped: Skipped) -> list[Sample]:
    """The labeled pictures, split 80/10/10 by person.

    Raises:
        BadData: if there are pictures but no legend.csv.
    """
    files = find_files(data_dir, FOLDER)
    if not files:
        return []
    tables = find_files(data_dir, FOLDER, ("legend.csv",))
    if not tables:
        raise BadData(f"no LFW expressions: looked for legend.csv in {FOLDER}/")
    emotions = {}
    for read in tables.values():
        for row in csv.DictReader(io.StringIO(read().decode("utf-8-sig"))):
            emotions[row["image"]] = row["emotion"].strip().lower()
    samples = []
    for path, read in files.items():
        name, emotion = f"{FOLDER}/{path}", emotions.get(PurePosixPath(path).name)
        if emotion not in EMOTIONS:
            skipped.add("without an expression in legend.csv", name)
            continue
        share = stable_fraction(f"lfw{PurePosixPath(path).parent.name}")
        split = "test" if share < _TEST_SHARE else "val" if share < _VAL_SHARE else "train"
        load = partial(decode, read)
        samples.append(Sample(name, split, load, emotion=_trusted(emotion)))
    return samples


def _trusted(emotion: str) -> tuple[float, ...]:
    rest = (1 - _TRUST) / (len(EMOTIONS) - 1)
    return tuple(_TRUST if name == emotion else rest for name in EMOTIONS)
