"""Assigns each picture to a split by its pixels.

UTKFace contains hundreds of photos twice, often with different ages, and
facial-age is a part of UTKFace with other file names. A split by file name would put
copies of the same photo into both splits. So the split depends on the picture's
appearance: a 16x16 difference hash (Krawetz 2013), which is the same or nearly the same for
near-duplicates and for the same photo under another name. ``utkface_splits.npz``
(made by tools/split_table.py) lists each hash with its split. A hash only says which of
16x16 cells are brighter than their left neighbors, so faces cannot be reconstructed.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetraits.errors import BadData

SPLITS = ("train", "val", "test")
TABLE = Path(__file__).with_name("utkface_splits.npz")
_HASH_SIDE = 16
# Copies at 64 to 224 pixels and JPEG quality 75 to 95 differ from the original by at most 7
# of the 256 bits; half of all pictures differ from every other one by 56 or more.
_SAME_WITHIN_BITS = 8


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
def _table() -> tuple[dict[bytes, str], NDArray[np.uint8], list[str]]:
    """Hash → split, and the same as rows: (n, 32) uint8 and their splits."""
    with np.load(TABLE) as table:
        hashes, splits = table["hash"], [SPLITS[side] for side in table["split"]]
    known = {row.tobytes(): split for row, split in zip(hashes, splits, strict=True)}
    return known, hashes, splits


def utkface_split(encoded: bytes) -> str | None:
    """ "train", "val", or "test" for an encoded UTKFace or facial-age picture.

    A recompressed or resized copy counts as the original. None for a picture that matches
    nothing in the table: it is not used at all, because it may belong to a held-out set.

    Raises:
        OSError: if the bytes are not a picture.
    """
    with Image.open(io.BytesIO(encoded)) as picture:
        key = difference_hash(picture)
    known, hashes, splits = _table()
    if key in known or not len(hashes):
        return known.get(key)
    apart = np.bitwise_count(hashes ^ np.frombuffer(key, np.uint8)).sum(axis=1)
    nearest = int(apart.argmin())
    return splits[nearest] if apart[nearest] <= _SAME_WITHIN_BITS else None


def visual_key(encoded: bytes) -> int:
    """A key shared by near-duplicates of a picture. Raises OSError if it is not a picture."""
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


def write_table(hashes: Iterable[tuple[bytes, str]], path: Path = TABLE) -> None:
    """Writes the table from (difference hash, split) pairs.

    Raises:
        BadData: if the same hash is in two splits.
    """
    sides: dict[bytes, str] = {}
    for key, split in hashes:
        if sides.setdefault(key, split) != split:
            raise BadData(f"near-duplicates {key.hex()} are in both {sides[key]} and {split}")
    keys = sorted(sides)
    rows = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _HASH_SIDE**2 // 8)
    side_of = np.array([SPLITS.index(sides[key]) for key in keys], np.uint8)
    np.savez_compressed(path, hash=rows, split=side_of)
