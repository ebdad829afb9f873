"""What a field's annotation and default say of the JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np

from facetraits.reading.json_value import JsonValue
from facetraits.reading.units import Px, Ratio, internal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample(JsonValue):
    share: Ratio = 1.0
    seen: int | None
    note: str | None = None
    cut: bool = False
    sides: tuple[Px, ...] = ()
    hidden: Annotated[str | None, internal()] = None
    shares: dict[str, Ratio] = field(default_factory=dict)


def test_members_stand_in_the_order_of_the_fields():
    sample = Sample(seen=None, note="x", hidden="y")
    assert list(sample.to_dict()) == ["share", "seen", "note", "cut", "sides", "shares"]


def test_none_is_left_out_only_where_it_is_the_default():
    assert Sample(seen=None).to_json() == (
        '{"share":1.0,"seen":null,"cut":false,"sides":[],"shares":{}}'
    )


def test_a_field_that_is_new_is_read_as_its_default():
    assert Sample.from_json('{"seen": 3}') == Sample(seen=3)


def test_numbers_are_rounded_by_their_kind():
    sample = Sample(share=0.123456, seen=1, sides=(1.25, 2), shares={"a": np.float64(2) / 3})
    assert sample.to_json() == (
        '{"share":0.1235,"seen":1,"cut":false,"sides":[1.2,2.0],"shares":{"a":0.6667}}'
    )
