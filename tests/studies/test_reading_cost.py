"""The ways that are compared do the same."""

from __future__ import annotations

import pytest

from studies.reading_cost import as_struct, by_hand, by_msgpack, by_pickle, by_structs, ours, sample


@pytest.mark.parametrize("count", [1, 5])
def test_json_by_hand_is_ours(count):
    (write, read), (mine, _) = by_hand(sample(count)), ours(sample(count))
    assert write() == mine()
    assert read().to_json() == mine()


@pytest.mark.parametrize("way", [by_msgpack, by_pickle])
def test_between_processes_everything_arrives(way):
    reading = sample(2)
    _, read = way(reading)
    assert read().to_json() == reading.to_json()
    assert (read().faces[1].look == reading.faces[1].look).all()


def test_structs_hold_the_same_and_check_the_same():
    reading = sample(2)
    write, read = by_structs(reading)
    assert write() == by_msgpack(reading)[0]()
    assert read().faces[1].age.ranges == reading.faces[1].age.ranges
    with pytest.raises(ValueError, match="positive size"):
        as_struct(type(reading.faces[0].box))(x=0, y=0, width=0, height=1)
