"""How facetraits/training/data/utkface_splits.npz was made, to make it again.

`python -m tools.split_table DIR SPLITS.csv OUT.npz`: DIR has UTKFace as it is downloaded, the
CSV has `file,split` for each picture. `--check` writes nothing and only says whether OUT.npz
has the same content (exit code 1 where not).
"""

from __future__ import annotations

import argparse
import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.training.data.archives import Files, all_files
from facetraits.training.data.datasets import utkface_pictures
from facetraits.training.data.splits import difference_hash, write_table


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, metavar="DIR")
    parser.add_argument("splits", type=Path, metavar="SPLITS.csv")
    parser.add_argument("out", type=Path, metavar="OUT.npz")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args(arguments)
    pairs = pairs_of(utkface_pictures(all_files(options.data)), options.splits)
    if not options.check:
        write_table(pairs, options.out)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.npz"
        write_table(pairs, made)
        same = is_same(made, options.out)
    print("the same" if same else "it differs")
    return 0 if same else 1


def pairs_of(pictures: Files, splits: Path) -> Iterator[tuple[bytes, str]]:
    """(difference hash, split) of each picture that the CSV names."""
    with splits.open(newline="") as file:
        for row in csv.DictReader(file):
            with Image.open(io.BytesIO(pictures[row["file"]]())) as picture:
                yield difference_hash(picture), row["split"]


def is_same(one: Path, other: Path) -> bool:
    with np.load(one) as a, np.load(other) as b:
        return all(np.array_equal(a[name], b[name]) for name in ("hash", "split"))


if __name__ == "__main__":
    raise SystemExit(main())
