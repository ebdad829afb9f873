"""JSON Schemas of the API's responses, and helpers to describe them in OpenAPI."""

from __future__ import annotations

from facetraits.reading.model import Reading
from facetraits.reading.schema import Schema, schemas_of
from facetraits.web.http.uploads import MAX_IMAGES

TEXT: Schema = {"type": "string"}


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
        "detail": {"type": "string", "description": "what was got and what was wanted"},
        "code": {"type": "string", "description": "stable; programs may rely on it"},
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
_REQUEST_ID: Schema = {
    "description": "names this request in the log; sent back where the client chose one",
    "schema": TEXT,
}
_RETRY_AFTER: Schema = {"description": "seconds to wait", "schema": {"type": "integer"}}


def answer(description: str, schema: Schema, kind: str = "application/json") -> Schema:
    return {
        "description": description,
        "headers": {"X-Request-Id": _REQUEST_ID},
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


_DELETE_TOKEN: Schema = {
    "type": "string",
    "description": "allows deleting the result; sent only once",
}
_ADDRESS: Schema = {"type": "string", "format": "uri"}
_RESULT = object_of(
    {
        "id": {"type": "string", "description": "who knows it may look"},
        "url": {**_ADDRESS, "description": "the page for people"},
        "embed_url": {**_ADDRESS, "description": "the page for frames"},
        "expires_at": {"type": "string", "format": "date-time"},
        "kept": {"type": "string", "enum": ["picture", "figures"]},
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
        "cache_age": {"type": "integer", "minimum": 0, "description": "seconds it is kept yet"},
        "html": {"type": "string", "description": "the frame"},
        "width": {"type": "integer", "minimum": 1},
        "height": {"type": "integer", "minimum": 1},
        "thumbnail_url": _ADDRESS,
        "thumbnail_width": {"type": "integer", "minimum": 1},
        "thumbnail_height": {"type": "integer", "minimum": 1},
    },
    optional=("thumbnail_url", "thumbnail_width", "thumbnail_height"),
)
SCHEMAS: dict[str, Schema] = {
    **schemas_of(Reading),
    "Readings": _READINGS,
    "Result": _RESULT,
    "OEmbed": _OEMBED,
    "Problem": _PROBLEM,
}
