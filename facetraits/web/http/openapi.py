"""The API's description, served at /api/v1/openapi.json."""

from __future__ import annotations

from facetraits import __version__
from facetraits.reading.schema import Schema
from facetraits.web.http.openapi_results import RESULT_PATHS, pictures_body
from facetraits.web.http.schemas import (
    SCHEMAS,
    STATUS,
    TEXT,
    answer,
    get,
    problem,
    problem_for_now,
    ref,
)
from facetraits.web.http.uploads import MAX_IMAGES

_ANALYZE: Schema = {
    "operationId": "analyze",
    "summary": "Read the faces of one or more pictures",
    "parameters": [
        {
            "name": "X-Request-Id",
            "in": "header",
            "required": False,
            "description": "names the request in the log and comes back, where it is 1 to 64 "
            "letters, digits, dots, dashes and underscores; else the server names it",
            "schema": TEXT,
        }
    ],
    "requestBody": pictures_body(MAX_IMAGES),
    "responses": {
        "200": answer(
            "One picture's reading, or several's. A picture without faces has an empty list",
            {"oneOf": [ref("Reading"), ref("Readings")]},
        ),
        "400": problem("bad_request: no picture, or too many"),
        "403": problem("cross_origin: a page of another site sent it"),
        "405": problem("method_not_allowed"),
        "413": problem("too_large: bytes or pixels"),
        "415": problem("unsupported_type: not a picture of a kind that is read"),
        "422": problem("bad_image: empty, damaged or cut short"),
        "429": problem_for_now("rate_limited"),
        "500": problem("internal"),
        "503": problem_for_now("overloaded, starting, stopping"),
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
        **RESULT_PATHS,
        "/api/v1/openapi.json": get(
            "openapi", "This description", {"200": answer("OpenAPI 3.1", {"type": "object"})}
        ),
        "/healthz": get("health", "Whether the process lives", {"200": answer("ok", STATUS)}),
        "/readyz": get(
            "readiness",
            "Whether pictures are read",
            {"200": answer("ready", STATUS), "503": answer("not ready", STATUS)},
        ),
        "/metrics": get("metrics", "Figures", {"200": answer("Prometheus", TEXT, "text/plain")}),
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"deleteToken": {"type": "http", "scheme": "bearer"}},
    },
}
