"""The part of the API's description that is about anonymizing pictures."""

from __future__ import annotations

from facetraits.reading.schema import Schema
from facetraits.vision.hiding import STYLES
from facetraits.web.http.headers import HIDDEN_HEADER
from facetraits.web.http.openapi_results import pictures_body, query
from facetraits.web.http.schemas import (
    BINARY,
    PICTURE_PROBLEMS,
    REQUEST_ID,
    answer,
    problem,
    problem_for_now,
    ref,
)

_STYLE: Schema = {
    "type": "string",
    "enum": list(STYLES),
    "default": STYLES[0],
    "description": "how to hide faces. None can be undone; cover leaves nothing of a face. In a "
    "form, it can be a field instead",
}
_FACES: Schema = {
    "type": "string",
    "pattern": "^(all|[1-9][0-9]{0,3}(,[1-9][0-9]{0,3}){0,99})$",
    "default": "all",
    "description": "numbers of the reading's faces, from 1, or all, which also hides doubtful "
    "faces that are in no reading. In a form, it can be a field instead",
}
_PICTURE: Schema = {
    "description": "The picture, upright, without metadata. JPEG, PNG, and WebP keep their "
    "format; GIF and BMP become PNG; AVIF and HEIC become JPEG, or PNG if they are transparent. "
    "Faces may have been missed. With Accept: application/json, the same in JSON",
    "headers": {
        "X-Request-Id": REQUEST_ID,
        HIDDEN_HEADER: {
            "description": "how many faces were hidden",
            "schema": {"type": "integer", "minimum": 0},
        },
    },
    "content": {
        "image/jpeg": {"schema": BINARY},
        "image/png": {"schema": BINARY},
        "image/webp": {"schema": BINARY},
        **answer("", ref("Anonymized"))["content"],
    },
}
ANONYMIZE_PATHS: dict[str, Schema] = {
    "/api/v1/anonymize": {
        "post": {
            "operationId": "anonymize",
            "summary": "Hide the faces in a picture",
            "parameters": [query("style", _STYLE), query("faces", _FACES)],
            "requestBody": pictures_body(1),
            "responses": {
                "200": _PICTURE,
                "400": problem(
                    "bad_request: not exactly one picture, an unknown style, or a face that is "
                    "not there"
                ),
                "401": problem("unauthorized, wrong_key: where photos need an API key"),
                "403": problem("cross_origin: sent by a page on another site"),
                **PICTURE_PROBLEMS,
                "503": problem_for_now("overloaded, starting, stopping"),
            },
        }
    }
}
