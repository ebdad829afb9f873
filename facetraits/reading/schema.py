"""A reading's JSON Schema (draft 2020-12), for OpenAPI and for the front end's types."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import inspect

from facetraits.reading.arrays import LANDMARKS_SHAPE
from facetraits.reading.json_value import JsonValue, is_optional, json_fields

Schema = dict[str, Any]

_POINTS, _COORDINATES = LANDMARKS_SHAPE
_LANDMARKS: Schema = {
    "type": "array",
    "minItems": _POINTS,
    "maxItems": _POINTS,
    "items": {
        "type": "array",
        "minItems": _COORDINATES,
        "maxItems": _COORDINATES,
        "items": {"type": "number"},
    },
}


def schemas_of(
    cls: type[JsonValue], ref_template: str = "#/components/schemas/{name}"
) -> dict[str, Schema]:
    """The schemas of a class and of every class in it, by name.

    Args:
        cls: for example `Reading`.
        ref_template: how one schema refers to another.
    """
    _, schemas = msgspec.json.schema_components(
        [cls], schema_hook=lambda _: _LANDMARKS, ref_template=ref_template
    )
    return {part.__name__: _described(part, schemas[part.__name__]) for part in _parts(cls)}


def _parts(cls: type) -> dict[type, None]:
    """The class and those in it, each once, in field order."""
    parts = {cls: None}
    for field in json_fields(cls):
        for kind in _dataclasses_in(field.type):
            parts |= _parts(kind)
    return parts


def _dataclasses_in(kind: inspect.Type) -> Iterator[type]:
    match kind:
        case inspect.DataclassType():
            yield kind.cls
        case inspect.Metadata():
            yield from _dataclasses_in(kind.type)
        case inspect.VarTupleType():
            yield from _dataclasses_in(kind.item_type)
        case inspect.UnionType():
            for one in kind.types:
                yield from _dataclasses_in(one)


def _described(cls: type, schema: Schema) -> Schema:
    """msgspec's schema describes what can be read → the schema of what `JsonValue` writes."""
    fields, members = json_fields(cls), schema["properties"]
    return {
        "type": "object",
        "description": (cls.__doc__ or "").partition("\n\n")[0],
        "properties": {f.name: _member(members[f.name], is_optional(f)) for f in fields},
        "required": [f.name for f in fields if not is_optional(f)],
    }


def _member(schema: Schema, optional: bool) -> Schema:
    member = {key: value for key, value in schema.items() if key != "default"}
    if optional:  # left out rather than null
        (some,) = (one for one in member.pop("anyOf") if one != {"type": "null"})
        member |= some
    if "required" in member:  # a mapping whose keys are known
        value = member["additionalProperties"]
        member["properties"] = dict.fromkeys(member["required"], value)
    return member
