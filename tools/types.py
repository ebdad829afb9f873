"""Writes the front end's types of a reading from its definition, as JSDoc.

`python -m tools.types` after a change of facetraits/reading/model.py; `--check` only says
whether static/js/common/types.js is up to date (exit code 1 where not). What stands in that
file below the generated comment is written by hand.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from facetraits.reading.model import Reading
from facetraits.reading.schema import Schema, schemas_of

TYPES = Path(__file__).resolve().parents[1] / "static" / "js" / "common" / "types.js"
_HEAD = """\
/**
 * A reading. Written by `python -m tools.types` from facetraits/reading/model.py; do not edit.
 * Probabilities and ratios are 0..1, boxes and landmarks pixels of the upright picture.
"""
_BEGIN = _HEAD.partition(".")[0]
_GENERATED = re.compile(re.escape(_BEGIN) + r".*?\*/\n", re.DOTALL)


def typedefs(schemas: dict[str, Schema]) -> str:
    """Name → JSON Schema of an object → one JSDoc comment with a typedef for each."""
    return _HEAD + "".join(_typedef(name, schema) for name, schema in schemas.items()) + " */\n"


def _typedef(name: str, schema: Schema) -> str:
    lines = ["", f"@typedef {{object}} {name} {_as_remark(schema['description'])}"]
    for member, described in schema["properties"].items():
        shown = member if member in schema["required"] else f"[{member}]"
        remark = described.get("description", "")
        lines.append(f"@property {{{type_of(described)}}} {shown} {remark}")
    return "".join(f" * {line}".rstrip() + "\n" for line in lines)


def _as_remark(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].removesuffix(".")


def type_of(schema: Schema) -> str:
    """JSON Schema, as :mod:`facetraits.reading.schema` writes it → a TypeScript type."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "enum" in schema:
        return " | ".join(json.dumps(word) for word in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(type_of(one) for one in schema["anyOf"])
    match schema["type"]:
        case "array":
            item = type_of(schema["items"])
            return f"({item})[]" if " " in item else f"{item}[]"
        case "object":
            return f"Record<string, {type_of(schema['additionalProperties'])}>"
        case "integer" | "number":
            return "number"
        case "string" | "boolean" | "null" as plain:
            return str(plain)
        case other:
            raise ValueError(f"no TypeScript type for {other!r} in {schema}")


def with_types(text: str) -> str:
    """The text of types.js → the same with a reading's types as they are now.

    Raises:
        ValueError: where the generated comment is not there.
    """
    text, found = _GENERATED.subn(lambda _: typedefs(schemas_of(Reading)), text, count=1)
    if not found:
        raise ValueError(f"{TYPES.name} has no comment that begins with {_BEGIN!r}")
    return text


def main() -> int:
    before = TYPES.read_text()
    after = with_types(before)
    if "--check" in sys.argv[1:]:
        if before != after:
            print(f"{TYPES.name} differs from the definition: run python -m tools.types")
        return int(before != after)
    TYPES.write_text(after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
