"""The part of the API's description that is about kept results."""

from __future__ import annotations

from facetraits.reading.schema import Schema
from facetraits.vision.formats import MIME_TYPES
from facetraits.web.http.schemas import (
    BINARY,
    PICTURE_PROBLEMS,
    TEXT,
    answer,
    get,
    object_of,
    problem,
    problem_for_now,
    ref,
)
from facetraits.web.http.uploads import FIELD

_IMAGE = "image/*"
_KEEP: Schema = {
    "type": "string",
    "enum": ["picture", "covered", "figures"],
    "default": "picture",
    "description": "the picture and its reading, the same with the faces blurred, or "
    "only the reading. In a form, it can be a field instead",
}
_ID: Schema = {"name": "result_id", "in": "path", "required": True, "schema": TEXT}


def pictures_body(most: int) -> Schema:
    """A request body: up to that many pictures in a form, or a single picture.

    With the media types, a schema checker sends real pictures, and only those must be
    accepted: the type of a picture is detected from its content.
    """
    images = {"type": "array", "items": BINARY, "minItems": 1, "maxItems": most}
    form = {"schema": object_of({FIELD: images}), "encoding": {FIELD: {"contentType": _IMAGE}}}
    return {
        "required": True,
        "description": f"Supported: {', '.join(MIME_TYPES)}. The declared type is ignored: other "
        "content gets 415, damaged pictures 422",
        "content": {"multipart/form-data": form, _IMAGE: {"schema": BINARY}},
    }


def query(name: str, schema: Schema, required: bool = False) -> Schema:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def _of_result(name: str, summary: str, found: Schema, **others: Schema) -> Schema:
    """GET of something of one result."""
    responses = {"200": found, **_ABSENT, **others}
    return {"parameters": [_ID], **get(name, summary, responses)}


_UNAVAILABLE = problem_for_now("storage_unavailable: the result store does not respond")
_ABSENT = {
    "404": problem("not_found: it never existed, or only its figures are kept"),
    "410": problem("expired: it has expired or was deleted"),
    "503": _UNAVAILABLE,
}
_THIS_ID = {"parameters": {"result_id": "$response.body#/id"}}
_LINKS: Schema = {
    "show": {"operationId": "result", **_THIS_ID},
    "delete": {
        "operationId": "deleteResult",
        "description": "with the delete token from the same response as the bearer token",
        **_THIS_ID,
    },
}
_KEEP_RESULT: Schema = {
    "operationId": "keepResult",
    "summary": "Analyze the faces in one picture, and store the result until it expires",
    "parameters": [query("keep", _KEEP)],
    "requestBody": pictures_body(1),
    "responses": {
        "201": {**answer("Kept; Location has its page", ref("Result")), "links": _LINKS},
        "400": problem("bad_request: not exactly one picture, or not exactly one known keep"),
        "403": problem("cross_origin: sent by a page on another site"),
        **PICTURE_PROBLEMS,
        "503": problem_for_now("overloaded, starting, stopping, storage_unavailable"),
        "507": problem("storage_full: there is no space to store it"),
    },
}
_DELETE_RESULT: Schema = {
    "operationId": "deleteResult",
    "summary": "Delete a result before it expires",
    "security": [{"deleteToken": []}],
    "responses": {
        "204": {"description": "deleted, also from the disk"},
        "401": problem("unauthorized: no delete token"),
        "403": problem("forbidden: wrong token; cross_origin: sent by a page on another site"),
        **_ABSENT,
    },
}
_PIXELS: Schema = {"type": "integer", "minimum": 1, "maximum": 999_999}

RESULT_PATHS: dict[str, Schema] = {
    "/api/v1/results": {"post": _KEEP_RESULT},
    "/api/v1/results/{result_id}": {
        **_of_result("result", "A kept result", answer("it", ref("Result"))),
        "delete": _DELETE_RESULT,
    },
    "/results/{result_id}/reading.json": _of_result(
        "resultReading", "Its reading, as a file", answer("the reading", ref("Reading"))
    ),
    "/results/{result_id}/faces.csv": _of_result(
        "resultFaces", "Its faces, one row per face", answer("RFC 4180", TEXT, "text/csv")
    ),
    "/results/{result_id}/picture": _of_result(
        "resultPicture", "Its picture", answer("upright, small", BINARY, "image/jpeg")
    ),
    "/results/{result_id}/annotated.png": _of_result(
        "resultDrawn",
        "Its picture with boxes around the faces",
        answer("drawn", BINARY, "image/png"),
    ),
    "/oembed": {
        "parameters": [
            query("url", {"type": "string", "format": "uri"}, required=True),
            query("maxwidth", _PIXELS),
            query("maxheight", _PIXELS),
            # Not "format": only json is offered, and the 501 that oEmbed 1.0 wants for others is
            # a server error to schema checkers.
        ],
        **get(
            "oembed",
            "oEmbed 1.0: how a result or a video is embedded",
            {
                "200": answer("rich", ref("OEmbed")),
                "400": problem("bad_request: no url, or a size that is not a number"),
                **_ABSENT,
                "501": problem("not_implemented: a format other than json"),
            },
        ),
    },
}
