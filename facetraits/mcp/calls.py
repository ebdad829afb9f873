"""The arguments of the tools: one definition for their schemas and for the check of each call."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from facetraits.errors import BadRequest
from facetraits.reading.schema import Schema
from facetraits.reading.units import one_of
from facetraits.vision.hiding import STYLES

# Offered only where there is a folder to read from and write to.
_NEED_FOLDERS = frozenset({"path", "out", "overwrite"})


class PictureCall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Names one picture, by `path` or by `data`."""

    path: (
        Annotated[
            str,
            Meta(
                min_length=1,
                description="the picture's file, in an allowed folder: an absolute path, or one "
                "relative to the folder. Give either path or data",
            ),
        ]
        | UnsetType
    ) = UNSET
    data: (
        Annotated[str, Meta(min_length=1, description="the picture's bytes in base64")] | UnsetType
    ) = UNSET


class AnalyzeCall(PictureCall, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of `analyze`."""

    annotate: Annotated[
        bool, Meta(description="also return the picture with a box and a label at each face")
    ] = False


class AnonymizeCall(PictureCall, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The arguments of `anonymize`."""

    style: Annotated[
        str,
        one_of(STYLES, "how to hide faces. None can be undone; cover leaves nothing of a face"),
    ] = STYLES[0]
    faces: Annotated[
        str,
        Meta(
            description='"all", which includes doubtful faces, or numbers of the faces as analyze '
            'returns them, from 1: "1,3"',
        ),
    ] = "all"
    out: (
        Annotated[
            str,
            Meta(
                min_length=1,
                description="the file to write, in an allowed folder; its suffix follows the "
                "picture's format. Without it, the picture is returned",
            ),
        ]
        | UnsetType
    ) = UNSET
    overwrite: Annotated[
        bool, Meta(description="whether `out` may replace a file; never the picture itself")
    ] = False


_Call = TypeVar("_Call", bound=PictureCall)


def schema_of(call: type[PictureCall], *, with_folders: bool) -> Schema:
    """The JSON Schema of a tool's arguments, an object without references."""
    schema: Schema = msgspec.json.schema(call)["$defs"][call.__name__]
    properties = {
        name: member
        for name, member in schema["properties"].items()
        if with_folders or name not in _NEED_FOLDERS
    }
    required = [] if with_folders else ["data"]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def parse(arguments: dict[str, Any], call: type[_Call]) -> _Call:
    """Raises BadRequest for an unknown argument, or one of the wrong type."""
    try:
        parsed = msgspec.convert(arguments, call)
    except msgspec.ValidationError as error:
        raise BadRequest(str(error)) from error
    if isinstance(parsed.path, str) == isinstance(parsed.data, str):
        raise BadRequest("give either path or data, and not both")
    return parsed
