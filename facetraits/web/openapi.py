"""The API's description, served at /api/v1/openapi.json."""

from __future__ import annotations

from typing import Any

from facetraits import __version__
from facetraits.decoding import MIME_TYPES
from facetraits.traits import AGE_RANGES, EMOTIONS, GENDERS, VALENCES
from facetraits.web.uploads import FIELD, MAX_IMAGES

Schema = dict[str, Any]

_PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1}
_NUMBER: Schema = {"type": "number"}
_TEXT: Schema = {"type": "string"}


def _object(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def _shares(names: tuple[str, ...]) -> Schema:
    return _object(dict.fromkeys(names, _PROBABILITY))


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_AGE = _object(
    {
        "value": {"type": "number", "description": "apparent age in years"},
        "low": {"type": "number", "description": "years; the interval's lower end"},
        "high": {"type": "number", "description": "years; the interval's upper end"},
        "coverage": {**_PROBABILITY, "description": "share of faces whose interval holds"},
        "range": {"type": "string", "enum": [r.name for r in AGE_RANGES]},
        "ranges": _shares(tuple(r.name for r in AGE_RANGES)),
    }
)
_GENDER = _object({"value": {"type": "string", "enum": list(GENDERS)}, "probability": _PROBABILITY})
_EMOTION = _object(
    {
        "dominant": {"type": "string", "enum": sorted({*EMOTIONS, *VALENCES})},
        "probability": _PROBABILITY,
        "scores": _shares(EMOTIONS),
        "valence": _shares(VALENCES),
    },
    optional=("scores",),
)
_DOUBT = _object(
    {
        "trait": {"type": "string", "enum": ["age", "gender", "emotion"]},
        "reason": {
            "type": "string",
            "enum": ["small", "blurred", "dark", "profile", "ambiguous"],
        },
    }
)
_FACE = _object(
    {
        "box": _object(dict.fromkeys(("x", "y", "width", "height"), _NUMBER)),
        "box_ratio": _object(dict.fromkeys(("left", "top", "width", "height"), _PROBABILITY)),
        "score": _PROBABILITY,
        "landmarks": {
            "type": "array",
            "minItems": 5,
            "maxItems": 5,
            "items": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
        },
        "track_id": {"type": ["integer", "null"]},
        "age": _AGE,
        "gender": _GENDER,
        "emotion": _EMOTION,
        "unsure": {"type": "array", "items": _DOUBT},
    }
)
_READING = _object(
    {
        "request_id": _TEXT,
        "nets": {"type": "string", "enum": ["traitnet", "seed"]},
        "width": {"type": "integer", "minimum": 1},
        "height": {"type": "integer", "minimum": 1},
        "processing_ms": _object(dict.fromkeys(("decode", "detect", "classify", "total"), _NUMBER)),
        "faces": {"type": "array", "items": _ref("Face"), "description": "largest first"},
    }
)
_PROBLEM = _object(
    {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "for people; may change"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "what was got and what was wanted"},
        "code": {"type": "string", "description": "stable; programs may rely on it"},
        "request_id": {"type": "string", "description": "also in the log and in X-Request-Id"},
    }
)
_READINGS = _object(
    {
        "readings": {
            "type": "array",
            "description": "in the order sent; a picture that failed has its problem in its place",
            "minItems": 2,
            "maxItems": MAX_IMAGES,
            "items": {"oneOf": [_ref("Reading"), _object({"problem": _ref("Problem")})]},
        }
    }
)
_STATUS = _object({"status": _TEXT})
_REQUEST_ID: Schema = {
    "description": "names this request in the log; sent back where the client chose one",
    "schema": _TEXT,
}
_RETRY_AFTER: Schema = {"description": "seconds to wait", "schema": {"type": "integer"}}


def _answer(description: str, schema: Schema, kind: str = "application/json") -> Schema:
    return {
        "description": description,
        "headers": {"X-Request-Id": _REQUEST_ID},
        "content": {kind: {"schema": schema}},
    }


def _problem(description: str) -> Schema:
    return _answer(description, _ref("Problem"), "application/problem+json")


def _problem_for_now(description: str) -> Schema:
    answer = _problem(description)
    answer["headers"] = {**answer["headers"], "Retry-After": _RETRY_AFTER}
    return answer


def _get(name: str, summary: str, responses: dict[str, Schema]) -> Schema:
    answers = {**responses, "default": _problem("any other failure, with its own code")}
    return {"get": {"operationId": name, "summary": summary, "responses": answers}}


_IMAGE_BODY: Schema = {"schema": {"type": "string", "format": "binary"}}
_FORM_BODY: Schema = {
    "schema": _object(
        {
            FIELD: {
                "type": "array",
                "items": {"type": "string", "format": "binary"},
                "minItems": 1,
                "maxItems": MAX_IMAGES,
            }
        }
    )
}
_ANALYZE: Schema = {
    "operationId": "analyze",
    "summary": "Read the faces of one or more pictures",
    "parameters": [
        {
            "name": "X-Request-Id",
            "in": "header",
            "required": False,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
        }
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": _FORM_BODY,
            **dict.fromkeys((*MIME_TYPES, "application/octet-stream"), _IMAGE_BODY),
        },
    },
    "responses": {
        "200": _answer(
            "One picture's reading, or several's. A picture without faces has an empty list",
            {"oneOf": [_ref("Reading"), _ref("Readings")]},
        ),
        "400": _problem("bad_request: no picture, or too many"),
        "405": _problem("method_not_allowed"),
        "413": _problem("too_large: bytes or pixels"),
        "415": _problem("unsupported_type: not a picture of a kind that is read"),
        "422": _problem("bad_image: empty, damaged or cut short"),
        "429": _problem_for_now("rate_limited"),
        "500": _problem("internal"),
        "503": _problem_for_now("overloaded"),
    },
}

OPENAPI: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Facetraits",
        "version": __version__,
        "description": "Apparent age, gender presentation and expression of every face.",
    },
    "servers": [{"url": "/"}],
    "paths": {
        "/api/v1/analyze": {"post": _ANALYZE},
        "/api/v1/openapi.json": _get(
            "openapi", "This description", {"200": _answer("OpenAPI 3.1", {"type": "object"})}
        ),
        "/healthz": _get("health", "Whether the process lives", {"200": _answer("ok", _STATUS)}),
        "/readyz": _get(
            "readiness",
            "Whether pictures are read",
            {"200": _answer("ready", _STATUS), "503": _answer("not ready", _STATUS)},
        ),
        "/metrics": _get("metrics", "Figures", {"200": _answer("Prometheus", _TEXT, "text/plain")}),
    },
    "components": {
        "schemas": {
            "Face": _FACE,
            "Reading": _READING,
            "Readings": _READINGS,
            "Problem": _PROBLEM,
        }
    },
}
