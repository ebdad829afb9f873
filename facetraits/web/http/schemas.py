"""JSON Schemas of the API's responses, and helpers to describe them in OpenAPI."""

from __future__ import annotations

from facetraits.reading.model import Reading
from facetraits.reading.schema import Schema, schemas_of
from facetraits.vision.anonymize import Hidden
from facetraits.web.http.camera_schemas import CAMERA_SCHEMAS
from facetraits.web.http.uploads import MAX_IMAGES

TEXT: Schema = {"type": "string"}
BINARY: Schema = {"type": "string", "format": "binary"}


def object_of(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": required}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_PROBLEM = object_of(
    {
        "type": {"type": "string", "const": "about:blank"},
        "title": {"type": "string", "description": "for people; may change"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "what was received and what was expected"},
        "code": {"type": "string", "description": "stable; programs can rely on it"},
        "request_id": {"type": "string", "description": "also in the log and in X-Request-Id"},
    }
)
_READINGS = object_of(
    {
        "readings": {
            "type": "array",
            "description": "in the order sent; a picture that failed has its problem in its place",
            "minItems": 2,
            "maxItems": MAX_IMAGES,
            "items": {"oneOf": [ref("Reading"), object_of({"problem": ref("Problem")})]},
        }
    }
)
STATUS = object_of({"status": TEXT})
REQUEST_ID: Schema = {
    "description": "identifies this request in the log; the one that the client sent, if valid",
    "schema": TEXT,
}
_RETRY_AFTER: Schema = {"description": "seconds to wait", "schema": {"type": "integer"}}


def answer(description: str, schema: Schema, kind: str = "application/json") -> Schema:
    return {
        "description": description,
        "headers": {"X-Request-Id": REQUEST_ID},
        "content": {kind: {"schema": schema}},
    }


def problem(description: str) -> Schema:
    return answer(description, ref("Problem"), "application/problem+json")


def problem_for_now(description: str) -> Schema:
    response = problem(description)
    response["headers"] = {**response["headers"], "Retry-After": _RETRY_AFTER}
    return response


def get(name: str, summary: str, responses: dict[str, Schema]) -> Schema:
    answers = {**responses, "default": problem("any other failure, with its own code")}
    return {"get": {"operationId": name, "summary": summary, "responses": answers}}


# A key is needed only if other machines can reach the server, so an empty choice is allowed, too.
KEY: list[dict[str, list[str]]] = [{"apiKey": []}, {}]
KEY_PROBLEMS: dict[str, Schema] = {
    "401": problem("unauthorized: no API key where one is needed; wrong_key"),
    "403": problem("no_api_keys: one is needed, but the server has none"),
}


def key_check() -> Schema:
    """`GET /api/v1/key`."""
    valid: Schema = {"description": "the key is valid, or none is needed"}
    path = get("checkKey", "Whether the request's API key is valid", {"204": valid, **KEY_PROBLEMS})
    path["get"]["security"] = KEY
    return path


_DELETE_TOKEN: Schema = {
    "type": "string",
    "description": "allows deleting the result; sent only once",
}
_ADDRESS: Schema = {"type": "string", "format": "uri"}
_RESULT = object_of(
    {
        "id": {"type": "string", "description": "anyone who knows it can view the result"},
        "url": {**_ADDRESS, "description": "the page for people"},
        "embed_url": {**_ADDRESS, "description": "the page for iframes"},
        "expires_at": {"type": "string", "format": "date-time"},
        "kept": {"type": "string", "enum": ["picture", "covered", "figures"]},
        "reading": ref("Reading"),
        "delete_token": _DELETE_TOKEN,
    },
    optional=("delete_token",),
)
_OEMBED = object_of(
    {
        "type": {"type": "string", "const": "rich"},
        "version": {"type": "string", "const": "1.0"},
        "title": TEXT,
        "provider_name": TEXT,
        "provider_url": _ADDRESS,
        "cache_age": {"type": "integer", "minimum": 0, "description": "seconds until it expires"},
        "html": {"type": "string", "description": "the frame"},
        "width": {"type": "integer", "minimum": 1},
        "height": {"type": "integer", "minimum": 1},
        "thumbnail_url": _ADDRESS,
        "thumbnail_width": {"type": "integer", "minimum": 1},
        "thumbnail_height": {"type": "integer", "minimum": 1},
    },
    optional=("thumbnail_url", "thumbnail_width", "thumbnail_height"),
)
_HIDDEN = schemas_of(Hidden)
_ANONYMIZED = object_of(
    {
        **_HIDDEN["Hidden"]["properties"],
        "picture": {"type": "string", "contentEncoding": "base64"},
    }
)
SCHEMAS: dict[str, Schema] = {
    **schemas_of(Reading),
    "Readings": _READINGS,
    "Result": _RESULT,
    "OEmbed": _OEMBED,
    "HiddenFace": _HIDDEN["HiddenFace"],
    "Anonymized": _ANONYMIZED,
    "Problem": _PROBLEM,
    **CAMERA_SCHEMAS,
}


# The problems that every request with a picture may run into.
PICTURE_PROBLEMS: dict[str, Schema] = {
    "413": problem("too_large: bytes or pixels"),
    "415": problem("unsupported_type: not a picture in a supported format"),
    "422": problem("bad_image: empty, damaged, or incomplete"),
    "429": problem_for_now("rate_limited"),
    "500": problem("internal"),
}
