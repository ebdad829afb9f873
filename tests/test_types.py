"""The front end's types of a reading."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tools.types import TYPES, type_of, typedefs, with_types


def test_the_committed_types_are_those_of_the_definition():
    text = TYPES.read_text()
    assert with_types(text) == text, "run python -m tools.types"


def test_a_type_that_was_changed_by_hand_is_caught():
    text = TYPES.read_text()
    changed = text.replace("@property {Face[]} faces", "@property {Face[]} people")
    assert changed != text
    assert with_types(changed) == text


def test_without_the_comment_nothing_is_written():
    with pytest.raises(ValueError, match="has no comment"):
        with_types("export {};\n")


def test_check_says_whether_they_are_up_to_date():
    done = subprocess.run([sys.executable, "-m", "tools.types", "--check"], cwd=TYPES.parents[3])
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"$ref": "#/components/schemas/Face"}, "Face"),
        ({"type": "string", "enum": ["a", "b"]}, '"a" | "b"'),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "number | null"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "number"}}}, "number[][]"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, '("a" | "b")[]'),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "Record<string, number>"),
        ({"type": "boolean"}, "boolean"),
    ],
)
def test_a_schema_as_a_type(schema, wanted):
    assert type_of(schema) == wanted


def test_a_member_that_may_be_left_out_is_in_brackets():
    schema = {
        "description": "One of them.",
        "properties": {
            "a": {"type": "string", "description": "its name"},
            "b": {"type": "integer"},
        },
        "required": ["a"],
    }
    text = typedefs({"One": schema})
    assert " * @typedef {object} One one of them\n" in text
    assert " * @property {string} a its name\n * @property {number} [b]\n */\n" in text
