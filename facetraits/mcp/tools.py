"""What the tools do and say, whatever protocol they are called by."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facetraits.errors import BadRequest, TooLarge
from facetraits.mcp.calls import AnalyzeCall, AnonymizeCall, PictureCall, parse, schema_of
from facetraits.mcp.folders import Folders, printable
from facetraits.reading.json_value import JsonValue
from facetraits.reading.model import Reading
from facetraits.reading.reports import annotated, as_text, percent
from facetraits.reading.schema import Schema, schemas_of
from facetraits.serving.job import Job
from facetraits.serving.service import InferenceService
from facetraits.vision.anonymize import Hidden
from facetraits.vision.encoding import decode_copy, encode_copy
from facetraits.vision.hiding import Hiding
from facetraits.vision.republishing import Encoded

# Assistants shrink larger pictures before they look at them.
_ANNOTATED_PX = 1200
_HINT = "a higher FACETRAITS_MAX_FACES allows more"
APPARENT = (
    "All traits are apparent: how a face looks to people in this picture. They do not tell who "
    "someone is, how old they are, their sex or gender identity, or what they feel. Do not use "
    "them for decisions about people."
)
_UNSURE = "Do not rely on a trait that is listed as unsure, and give the reason if you mention it."
_FORMATS = "JPEG, PNG, WebP, AVIF, HEIC, BMP, or the first frame of a GIF"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool returns.

    Attributes:
        text: for people and assistants.
        members: the same as JSON, as the tool's `output` describes it.
        picture: a picture that was requested.
    """

    text: str
    members: dict[str, Any]
    picture: Encoded | None = None


@dataclass(frozen=True, slots=True)
class Tool:
    """How a tool is described to assistants.

    Attributes:
        name: by which it is called.
        title: for people.
        description: for assistants: what it does, and what its answers mean.
        arguments, output: JSON Schemas.
        writes: whether it can change files.
    """

    name: str
    title: str
    description: str
    arguments: Schema
    output: Schema
    writes: bool


class Tools:
    """Analyzes and anonymizes pictures. Safe from any thread.

    Args:
        service: reads the pictures.
        folders: where their files may be.
        max_bytes: the largest picture that may be sent as data.
    """

    def __init__(self, service: InferenceService, folders: Folders, max_bytes: int) -> None:
        self._service = service
        self._folders = folders
        self._max_bytes = max_bytes

    def list(self) -> tuple[Tool, Tool]:
        """The tools, with arguments that name files only if a folder is allowed."""
        folders = self._folders.allowed
        where = f" Allowed folders: {', '.join(map(str, folders))}." if folders else ""
        return (
            Tool(
                "analyze",
                "Analyze faces",
                f"Apparent age, gender presentation, and expression of every face in a picture "
                f"({_FORMATS}), with probabilities and intervals. {APPARENT} {_UNSURE}{where}",
                schema_of(AnalyzeCall, with_folders=bool(folders)),
                _output_of(Reading),
                writes=False,
            ),
            Tool(
                "anonymize",
                "Hide faces",
                f"Blurs, pixelates, or covers the faces in a picture ({_FORMATS}) for good, and "
                "removes its metadata. It may miss faces: ask people to look at the result before "
                f"they share it.{where}",
                schema_of(AnonymizeCall, with_folders=bool(folders)),
                _output_of(Hidden, path="where the picture was written; missing if it is returned"),
                writes=bool(folders),
            ),
        )

    def call(self, name: str, arguments: dict[str, Any], request_id: str) -> Answer:
        """Runs a tool; blocks.

        Args:
            name: of one of `list`.
            arguments: as the assistant sent them.
            request_id: names the call in the answer and in the log.

        Raises:
            BadRequest: for arguments that do not fit.
            OutsideFolders: for a file outside the allowed folders.
            NotWritten: if the result cannot be written where it should be.
            FacetraitsError: as `InferenceService.run`.
        """
        if name == "analyze":
            return self._analyze(parse(arguments, AnalyzeCall), request_id)
        return self._anonymize(parse(arguments, AnonymizeCall), request_id)

    def _analyze(self, call: AnalyzeCall, request_id: str) -> Answer:
        source = self._source(call)
        job = Job(self._content(call, source), request_id, keep_copy=call.annotate)
        analysis = self._service.run(job)
        reading = analysis.reading
        picture = None if analysis.copy is None else _drawn(analysis.copy, reading)
        name = "The picture" if source is None else source.name
        text = "\n".join([as_text(name, reading, _HINT), *_notes(reading)])
        return Answer(text, reading.to_dict(), picture)

    def _anonymize(self, call: AnonymizeCall, request_id: str) -> Answer:
        hiding = Hiding.parse(call.style, call.faces)
        source = self._source(call)
        place = self._folders.locate(call.out) if isinstance(call.out, str) else None
        analysis = self._service.run(Job(self._content(call, source), request_id, hiding=hiding))
        anonymized = analysis.anonymized
        assert anonymized is not None  # the job had a hiding
        hidden = Hidden.of(anonymized, analysis.reading, hiding)
        count = len(hidden.hidden)
        lines = [f"{count} face{'' if count == 1 else 's'} hidden. {hidden.notice}"]
        members = hidden.to_dict()
        if place is None:
            return Answer(lines[0], members, Encoded(anonymized.data, anonymized.media_type))
        path = self._folders.write(place, anonymized, source=source, overwrite=call.overwrite)
        return Answer(
            "\n".join([*lines, f"Written to {path}"]), {**members, "path": printable(str(path))}
        )

    def _source(self, call: PictureCall) -> Path | None:
        return self._folders.locate(call.path) if isinstance(call.path, str) else None

    def _content(self, call: PictureCall, source: Path | None) -> bytes:
        if source is not None:
            return self._folders.read(source)
        assert isinstance(call.data, str)  # `parse` checked it
        return _decoded(call.data, self._max_bytes)


def _decoded(data: str, max_bytes: int) -> bytes:
    """Base64, also with line breaks or as a data URL → bytes. Raises BadRequest, TooLarge."""
    text = data.partition(",")[2] if data.startswith("data:") else data
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadRequest(f"data is not base64: {error}") from error
    if len(content) > max_bytes:
        raise TooLarge(f"the picture has {len(content):,} bytes; the limit is {max_bytes:,}")
    return content


def _drawn(copy: bytes, reading: Reading) -> Encoded:
    """The worker's copy of a picture → a JPEG with the faces boxed and labeled."""
    return Encoded(
        encode_copy(annotated(decode_copy(copy, _ANNOTATED_PX), reading)), media_type="image/jpeg"
    )


def _notes(reading: Reading) -> list[str]:
    """How to understand the lines about the faces; none if there are no faces."""
    if not reading.faces:
        return []
    coverage = reading.faces[0].age.coverage
    interval = f"Ages are intervals that are right for about {percent(coverage)} of faces. "
    return [
        f"{interval if coverage else ''}Percentages are probabilities. {_UNSURE}",
        APPARENT,
    ]


def _output_of(cls: type[JsonValue], **more: str) -> Schema:
    """The JSON Schema of what `to_dict` returns, and of further optional texts."""
    parts = schemas_of(cls, "#/$defs/{name}")
    schema = parts.pop(cls.__name__)
    texts = {name: {"type": "string", "description": words} for name, words in more.items()}
    return {**schema, "properties": {**schema["properties"], **texts}, "$defs": parts}
