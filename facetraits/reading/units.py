"""The kinds of numbers and words in a reading, as annotations that msgspec reads.

A kind carries what every use of it shares: its range, the digits that the JSON keeps,
and its place in the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

DIGITS = "digits"
INTERNAL = "internal"


Ratio = Annotated[float, Meta(ge=0, le=1, extra={DIGITS: 4})]
"""A probability or a share, 0..1; four digits in the JSON."""

Px = Annotated[float, Meta(extra={DIGITS: 1})]
"""Pixels of the upright picture; one digit in the JSON."""

Years = Annotated[float, Meta(extra={DIGITS: 1})]
"""An age in years; one digit in the JSON."""

Milliseconds = Annotated[float, Meta(extra={DIGITS: 2})]
"""A duration; two digits in the JSON."""


def one_of(names: Sequence[str], description: str | None = None) -> Meta:
    """A word of a fixed list. The value's class checks it; this is for the schema."""
    return Meta(description=description, extra_json_schema={"enum": list(names)})


def keys(names: Sequence[str], description: str | None = None) -> Meta:
    """A mapping that has all of these keys, for the schema."""
    return Meta(description=description, extra_json_schema={"required": list(names)})


def internal() -> Meta:
    """A field that programs may use and the JSON never has."""
    return Meta(extra={INTERNAL: True})


def check_one_of(value: Any, names: Sequence[str], what: str) -> None:
    """Raises ValueError for a word that is not on the list."""
    if value not in names:
        raise ValueError(f"{what} {value!r} is not one of {', '.join(names)}")
