"""Packs traitnet's faces into a few small files, to copy to a training machine without data sets.

`python -m facetraits pack` writes them: already cropped and framed, as JPEGs, with their
labels. Use them only for training; calibrate and evaluate with the data sets themselves,
because the app does not see recompressed pictures. They contain the data sets' pictures:
for research only, never to be committed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facetraits.errors import BadData
from facetraits.pixels import Pixels, as_pixels
from facetraits.training.data.datasets import Sample
from facetraits.training.data.faces import Faces
from facetraits.vision.crop import fit_face

_PATTERN = "traits-*.npz"
_QUALITY = 92
_PIECE_BYTES = 30_000_000
_KNOWN = (
    "name",
    "split",
    "age",
    "gender",
    "race",
    "emotion",
    "emotion_fer",
    "age_bin",
    "race_name",
)


def pack(kinds: Sequence[Faces], folder: Path, piece_bytes: int = _PIECE_BYTES) -> list[Path]:
    """Writes faces into files of about this maximum size.

    Args:
        kinds: people in color, expressions in gray.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for kind, faces in enumerate(kinds):
        for part in _pieces(faces, piece_bytes):
            path = folder / f"traits-{kind}-{len(paths):03d}.npz"
            known = [{key: getattr(sample, key) for key in _KNOWN} for sample, _ in part]
            np.savez(
                path,
                known=np.array(json.dumps({"size_px": faces.pixels.shape[1], "samples": known})),
                jpegs=np.concatenate([jpeg for _, jpeg in part]),
                ends=np.cumsum([len(jpeg) for _, jpeg in part]),
            )
            paths.append(path)
    return paths


def _pieces(faces: Faces, piece_bytes: int) -> Iterator[list[tuple[Sample, Pixels]]]:
    part: list[tuple[Sample, Pixels]] = []
    size = 0
    for sample, face in zip(faces.samples, faces.pixels, strict=True):
        jpeg = _encoded(face)
        if part and size + len(jpeg) > piece_bytes:
            yield part
            part, size = [], 0
        part.append((sample, jpeg))
        size += len(jpeg)
    if part:
        yield part


def _encoded(face: Pixels) -> Pixels:
    bgr = face if face.ndim == 2 else cv2.cvtColor(face, cv2.COLOR_RGB2BGR)
    return as_pixels(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])


def unpack(
    folder: Path, size_px: int, channels: int, splits: Sequence[str]
) -> tuple[Faces, Faces] | None:
    """People and expressions from a folder's packs, or None if it has none.

    Raises:
        BadData: if the packs are smaller than the network's input, or damaged.
    """
    paths = sorted(folder.glob(_PATTERN))
    if not paths:
        return None
    kinds: tuple[list[Any], list[Any]] = ([], [])
    for path in paths:
        try:
            kind = int(path.stem.split("-")[1])
            kinds[kind].extend(
                _read(path, size_px=size_px, color=kind == 0 and channels == 3, splits=splits)
            )
        except (ValueError, KeyError, IndexError, cv2.error) as error:
            raise BadData(f"{path} was not written by pack: {error!r}") from error
    if not all(kinds):
        raise BadData(
            f"{folder} has only one kind of pack; both traits-0-* and traits-1-* are needed"
        )
    people, expressions = (
        Faces([sample for sample, _ in kind], np.stack([face for _, face in kind]))
        for kind in kinds
    )
    return people, expressions


def _read(
    path: Path, size_px: int, color: bool, splits: Sequence[str]
) -> Iterator[tuple[Sample, Pixels]]:
    with np.load(path) as stored:
        known = json.loads(str(stored["known"]))
        jpegs = np.split(stored["jpegs"], stored["ends"][:-1])
    if known["size_px"] < size_px:
        raise BadData(
            f"{path} has faces of {known['size_px']} pixels; at least {size_px} are needed"
        )
    flag = cv2.IMREAD_COLOR_RGB if color else cv2.IMREAD_GRAYSCALE
    for values, jpeg in zip(known["samples"], jpegs, strict=True):
        if values["split"] in splits:
            for key in ("emotion", "age_bin"):
                values[key] = values.get(key) and tuple(values[key])
            face = fit_face(as_pixels(cv2.imdecode(jpeg, flag)), size_px, color=color)
            yield Sample(load=_gone, **values), face


def _gone() -> Pixels:
    raise ValueError("a packed face has no original picture")
