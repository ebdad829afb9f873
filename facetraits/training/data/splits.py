"""Which side of the split a picture is on, decided by its pixels.

UTKFace holds hundreds of photos twice, often under different ages, and
facial-age is a part of UTKFace under other names. A split by file name would put
copies of one photo on both sides. So the split is keyed by what the picture
looks like: a 16x16 difference hash (Krawetz 2013), the same for near-duplicates
and for the same photo under another name. ``utkface_splits.npz`` lists the
digest of each such hash with its side; it holds no pixels.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.errors import BadData

SPLITS = ("train", "val", "test")
TABLE = Path(__file__).with_name("utkface_splits.npz")
_HASH_SIDE = 16


def difference_hash(picture: Image.Image) -> bytes:
    """256 bits: is each of 16x16 cells brighter than its left neighbor?"""
    small = picture.convert("L").resize((_HASH_SIDE + 1, _HASH_SIDE), Image.Resampling.LANCZOS)
    cells = np.asarray(small)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes()


def digest(picture: Image.Image) -> int:
    """The first 64 bits of the BLAKE2b of the difference hash."""
    short = hashlib.blake2b(difference_hash(picture), digest_size=8).digest()
    return int.from_bytes(short, "big")


@cache
def _table() -> dict[int, str]:
    with np.load(TABLE) as table:
        pairs = zip(table["digest"], table["split"], strict=True)
        return {int(key): SPLITS[side] for key, side in pairs}


def utkface_split(encoded: bytes) -> str | None:
    """ "train", "val" or "test" for an encoded UTKFace or facial-age picture.

    None for a picture that is not in the table: it is used for nothing, since it
    may belong to somebody's held-out set.

    Raises:
        OSError: where the bytes are no picture.
    """
    with Image.open(io.BytesIO(encoded)) as picture:
        return _table().get(digest(picture))


def visual_key(encoded: bytes) -> int:
    """The same for near-duplicates of a picture. Raises OSError where the bytes are none."""
    with Image.open(io.BytesIO(encoded)) as picture:
        return digest(picture)


def held_out_share(key: int) -> float:
    """A visual key → a number in [0, 1), the same on every machine."""
    return stable_fraction(f"{key:016x}")


def stable_fraction(key: str) -> float:
    """A number in [0, 1) that depends on the key alone, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big") / 2**64


def ckplus_split(person: str) -> str:
    """CK+48 by person ("S011"): 70% train, 15% val, 15% test of the people."""
    share = stable_fraction(f"ck+{person}")
    return "train" if share < 0.7 else "val" if share < 0.85 else "test"


def write_table(digests: Iterable[tuple[int, str]], path: Path = TABLE) -> None:
    """Writes the table from (digest, split) pairs.

    Raises:
        BadData: where one digest stands on two sides.
    """
    sides: dict[int, str] = {}
    for key, split in digests:
        if sides.setdefault(key, split) != split:
            raise BadData(f"near-duplicates {key:016x} are in both {sides[key]} and {split}")
    keys = sorted(sides)
    np.savez_compressed(
        path,
        digest=np.array(keys, np.uint64),
        split=np.array([SPLITS.index(sides[k]) for k in keys], np.uint8),
    )


def make_table(pictures: Path, splits_csv: Path) -> None:
    """Makes the table from a folder of UTKFace pictures and its ``file,split`` CSV."""
    with splits_csv.open(newline="") as file:
        rows = [(row["file"], row["split"]) for row in csv.DictReader(file)]

    def pairs() -> Iterable[tuple[int, str]]:
        for name, split in rows:
            with Image.open(pictures / name) as picture:
                yield digest(picture), split

    write_table(pairs())
