"""Audience figures: sums over appearances, and what of them is published.

What is stored are sums over five minutes for each camera, with no row about a person. What is
published (docs/adr/0012) are counts in steps of five, for whole five-minute slots that are over,
and none below five.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

from facetraits.cameras.appearances import Appearance

SLOT_MS = 300_000
"""Figures are stored and published for slots of five minutes."""

STEP = 5
"""Published counts are multiples of this, and smaller ones are not published."""

COVERAGE = 0.8
# Of the standard normal distribution: 80% lie within as many standard deviations.
_DEVIATIONS = 1.2816


class Group(msgspec.Struct):
    """How many appearances belong to a group: the sum of its probabilities.

    Attributes:
        count: the expected number.
        variance: its variance, p(1 - p) summed, as if the errors were independent.
    """

    count: float = 0.0
    variance: float = 0.0

    def add(self, probability: float) -> None:
        self.count += probability
        self.variance += probability * (1 - probability)


class Sums(msgspec.Struct):
    """The sums over some appearances.

    Attributes:
        appearances: how many.
        seconds, facing_s: how long they were there, and how long turned to the camera.
        age, gender, expression: group → its count; `expression` is empty where it is off.
    """

    appearances: int = 0
    seconds: float = 0.0
    facing_s: float = 0.0
    age: dict[str, Group] = {}
    gender: dict[str, Group] = {}
    expression: dict[str, Group] = {}

    def add(self, appearance: Appearance) -> None:
        self.appearances += 1
        self.seconds += appearance.seconds
        self.facing_s += appearance.facing_s
        gender = {"female": appearance.female, "male": 1 - appearance.female}
        _add(self.age, appearance.ages)
        _add(self.gender, gender)
        _add(self.expression, appearance.valence or {})

    def merge(self, other: Self) -> None:
        self.appearances += other.appearances
        self.seconds += other.seconds
        self.facing_s += other.facing_s
        for own, theirs in zip(self._groups(), other._groups(), strict=True):
            for name, group in theirs.items():
                sums = own.setdefault(name, Group())
                sums.count += group.count
                sums.variance += group.variance

    def _groups(self) -> tuple[dict[str, Group], ...]:
        return self.age, self.gender, self.expression

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def from_json(cls, text: str) -> Self:
        return msgspec.json.decode(text, type=cls)


def _add(groups: dict[str, Group], probabilities: Mapping[str, float]) -> None:
    for name, probability in probabilities.items():
        groups.setdefault(name, Group()).add(probability)


def sums_of(appearances: Iterable[Appearance]) -> Sums:
    sums = Sums()
    for appearance in appearances:
        sums.add(appearance)
    return sums


@dataclass(frozen=True, slots=True)
class Count:
    """A published number of appearances: a multiple of `STEP`, and its interval."""

    count: int
    low: int
    high: int

    def to_dict(self) -> dict[str, int]:
        return {"count": self.count, "low": self.low, "high": self.high}


def published_count(count: float, variance: float) -> Count | None:
    """A count as it is published; None if it is below `STEP`.

    The interval follows from the rounded count, not from the count itself, which it would give
    away.
    """
    if count < STEP:
        return None
    rounded = STEP * math.floor(count / STEP + 0.5)
    if variance == 0:
        return Count(rounded, rounded - STEP // 2, rounded + STEP // 2)
    half = STEP / 2 + _DEVIATIONS * math.sqrt(variance)
    low = STEP * math.floor(max(0.0, rounded - half) / STEP)
    return Count(rounded, low, STEP * math.ceil((rounded + half) / STEP))


def published(sums: Sums) -> dict[str, Any]:
    """What may be published of some sums, as JSON; a group that is too small is null."""
    total = published_count(sums.appearances, 0)
    if total is None:
        return {
            "appearances": None,
            "seconds_mean": None,
            "facing_seconds_mean": None,
            "facing_seconds": None,
            "age": None,
            "gender": None,
            "expression": None,
        }
    facing = round(sums.facing_s / sums.appearances)
    return {
        "appearances": total.to_dict(),
        "seconds_mean": round(sums.seconds / sums.appearances),
        "facing_seconds_mean": facing,
        # From the two published numbers, so that it says nothing more than they do.
        "facing_seconds": facing * total.count,
        "age": _published_groups(sums.age),
        "gender": _published_groups(sums.gender),
        "expression": _published_groups(sums.expression) if sums.expression else None,
    }


def _published_groups(groups: Mapping[str, Group]) -> dict[str, Any]:
    counts = {name: published_count(g.count, g.variance) for name, g in groups.items()}
    return {name: count.to_dict() if count else None for name, count in counts.items()}


def slot_of(time_ms: int) -> int:
    """The beginning of the slot that a time is in, as Unix time in milliseconds."""
    return time_ms // SLOT_MS * SLOT_MS
