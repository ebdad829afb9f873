"""APPA-REAL (Agustsson et al. 2017): faces with their real ages. Research use only."""

from __future__ import annotations

import csv
import io
from functools import partial
from pathlib import Path, PurePosixPath

from facetraits.errors import BadData
from facetraits.reading.traits import AGE_MAX
from facetraits.training.data.archives import find_files
from facetraits.training.data.datasets import Sample, Skipped, decode
from facetraits.training.data.splits import held_out_share, visual_key

FOLDER = "APPA-REAL"
_TEST_SHARE, _VAL_SHARE = 0.1, 0.2


def load_appa_real(data_dir: Path, skipped: Skipped) -> list[Sample]:
    """The published training pictures, split 80/10/10 by appearance.

    Raises:
        BadData: if there are pictures but no gt_train.csv.
    """
    files = find_files(data_dir, FOLDER)
    if not files:
        return []
    tables = find_files(data_dir, FOLDER, ("gt_train.csv",))
    if not tables:
        raise BadData(f"no APPA-REAL ages: looked for gt_train.csv in {FOLDER}/")
    ages = {}
    for read in tables.values():
        for row in csv.DictReader(io.StringIO(read().decode("utf-8-sig"))):
            ages[row["file_name"]] = int(float(row["real_age"]))
    samples = []
    for path, read in files.items():
        name, age = f"{FOLDER}/{path}", ages.get(PurePosixPath(path).name)
        if age is None or not 0 <= age <= AGE_MAX:
            skipped.add("without an age in gt_train.csv", name)
            continue
        try:
            share = held_out_share(visual_key(read()))
        except OSError:
            skipped.add("not a readable picture", name)
            continue
        split = "test" if share < _TEST_SHARE else "val" if share < _VAL_SHARE else "train"
        samples.append(Sample(name, split, partial(decode, read), age=age))
    return samples
