"""The kinds of numbers and words in a reading, as annotations for msgspec.

Each kind sets its range, its rounding in the JSON, and its JSON Schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from msgspec import Meta

DIGITS = "digits"
INTERNAL = "internal"


Ratio = Annotated[float, Meta(ge=0, le=1, extra={DIGITS: 4})]
"""A probability or a share, 0..1; rounded to four digits in the JSON."""

Px = Annotated[float, Meta(extra={DIGITS: 1})]
"""Pixels of the upright picture; rounded to one digit in the JSON."""

Years = Annotated[float, Meta(extra={DIGITS: 1})]
"""An age in years; rounded to one digit in the JSON."""

Milliseconds = Annotated[float, Meta(extra={DIGITS: 2})]
"""A duration; rounded to two digits in the JSON."""


def one_of(names: Sequence[str], description: str | None = None) -> Meta:
    """Describes a word from a fixed list in the schema. The class itself checks it."""
    return Meta(description=description, extra_json_schema={"enum": list(names)})


def keys(names: Sequence[str], description: str | None = None) -> Meta:
    """Describes a mapping that has all of these keys in the schema."""
    return Meta(description=description, extra_json_schema={"required": list(names)})


def internal() -> Meta:
    """Marks a field that is never in the JSON."""
    return Meta(extra={INTERNAL: True})


def check_one_of(value: Any, names: Sequence[str], what: str) -> None:
    """Raises ValueError if the word is not on the list."""
    if value not in names:
        raise ValueError(f"{what} {value!r} is not one of {', '.join(names)}")
