"""Trained networks on disk: `models/NAME/` with weights, runtime file, and card.

The card says which files belong to it (by sha256) and how they were made. If a file
does not match its hash, the server does not start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Protocol, TypeVar

import msgspec
from msgspec import Meta

from facetraits.errors import BadWeights
from facetraits.networks.calibration import UNMIXED, AgeIntervals, EmotionMix

CARD = "card.json"
KERAS_WEIGHTS = "weights.keras"
RUNTIME = "runtime.tflite"

_Side = Annotated[int, Meta(ge=1)]
_Temperature = Annotated[float, Meta(gt=0)]
_Probability = Annotated[float, Meta(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Card:
    """The part of a card.json that serving needs; the rest is for people.

    Attributes:
        name: the network's, as in ``NETS``.
        trait: "age", "gender" or "emotion".
        labels: what its outputs stand for, in order.
        size_px: side of its square gray input.
        framing: key of ``crop.FRAMINGS``: how its training data was cropped.
        temperature: divides its logits; fitted on val (Guo et al. 2017).
        unsure_below: answers less probable than this are "ambiguous"; the tenth
            percentile of the top probability on val.
        sha256: file name → hex digest.
    """

    name: str
    trait: str
    labels: tuple[str, ...]
    size_px: _Side
    framing: str
    temperature: _Temperature
    unsure_below: _Probability
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class HeadCard:
    """One of traitnet's heads.

    Attributes:
        name: key of ``traits.HEADS``.
        labels: what its part of the output stands for, in order.
        temperature: divides its logits; fitted on val.
        unsure_below: answers less probable than this are "ambiguous". For age, this is
            the probability of the most probable range.
    """

    name: str
    labels: tuple[str, ...]
    temperature: _Temperature
    unsure_below: _Probability


@dataclass(frozen=True, slots=True)
class TraitCard:
    """The part of traitnet's card.json that serving needs.

    Attributes:
        name: "traitnet".
        size_px, channels: of its square input, gray (1) or RGB (3).
        framing: key of ``crop.FRAMINGS``.
        heads: in the order of its output.
        age_intervals: calibrated on val.
        emotion_mix: how the two heads of expressions become one answer.
        sha256: file name → hex digest.
    """

    name: str
    size_px: _Side
    channels: Literal[1, 3]
    framing: str
    heads: tuple[HeadCard, ...]
    age_intervals: AgeIntervals
    sha256: Mapping[str, str]
    emotion_mix: EmotionMix = UNMIXED

    @property
    def unsure_below(self) -> dict[str, float]:
        """Trait → the threshold of its head; FER2013's own labels are not served."""
        return {head.name: head.unsure_below for head in self.heads if head.name != "emotion_fer"}


class HashedFiles(Protocol):
    """Any card: it names the files that belong to it."""

    @property
    def sha256(self) -> Mapping[str, str]: ...


_AnyCard = TypeVar("_AnyCard")


def read_card(folder: Path) -> Card:
    """Reads `folder/card.json`.

    Raises:
        BadWeights: if it is missing, lacks a field or has one that makes no sense.
    """
    return read_as(folder, Card)


def read_trait_card(folder: Path) -> TraitCard:
    """Reads `folder/card.json` of traitnet.

    Raises:
        BadWeights: as :func:`read_card`.
    """
    return read_as(folder, TraitCard)


def read_as(folder: Path, cls: type[_AnyCard]) -> _AnyCard:
    """Reads `folder/card.json` as a card of another kind.

    Raises:
        BadWeights: as :func:`read_card`.
    """
    path = folder / CARD
    try:
        return msgspec.json.decode(path.read_bytes(), type=cls)
    except FileNotFoundError as error:
        raise BadWeights(f"{path} is missing: train the network, or restore models/") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadWeights(f"{path} is not a model card: {error}") from error


def read_checked(folder: Path, name: str, card: HashedFiles) -> bytes:
    """The bytes of a file in a model's folder.

    Raises:
        BadWeights: if it is missing or is not the one that the card names.
    """
    path = folder / name
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise BadWeights(f"{path} is missing: train the network, or restore models/") from error
    got, expected = hashlib.sha256(content).hexdigest(), card.sha256.get(name)
    if got != expected:
        raise BadWeights(f"{path} has sha256 {got[:12]}…, but its card says {str(expected)[:12]}…")
    return content


def sha256_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
