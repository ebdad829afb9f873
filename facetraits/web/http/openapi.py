"""The API's description, served at /api/v1/openapi.json."""

from __future__ import annotations

from facetraits import __version__
from facetraits.reading.schema import Schema
from facetraits.web.http.openapi_anonymize import ANONYMIZE_PATHS
from facetraits.web.http.openapi_cameras import CAMERA_PATHS
from facetraits.web.http.openapi_jobs import JOB_PATHS, JOB_SCHEMAS
from facetraits.web.http.openapi_results import RESULT_PATHS, pictures_body
from facetraits.web.http.openapi_videos import VIDEO_PATHS, VIDEO_SCHEMAS
from facetraits.web.http.schemas import (
    PICTURE_PROBLEMS,
    SCHEMAS,
    STATUS,
    TEXT,
    answer,
    get,
    key_check,
    problem,
    problem_for_now,
    ref,
)
from facetraits.web.http.uploads import MAX_IMAGES

_ANALYZE: Schema = {
    "operationId": "analyze",
    "summary": "Analyze the faces in one or more pictures",
    "parameters": [
        {
            "name": "X-Request-Id",
            "in": "header",
            "required": False,
            "description": "identifies the request in the log and is returned, if it is 1 to 64 "
            "letters, digits, dots, dashes, and underscores; otherwise the server sets it",
            "schema": TEXT,
        }
    ],
    "requestBody": pictures_body(MAX_IMAGES),
    "responses": {
        "200": answer(
            "One reading, or several. Without faces, `faces` is empty",
            {"oneOf": [ref("Reading"), ref("Readings")]},
        ),
        "400": problem("bad_request: no picture, or too many"),
        "403": problem("cross_origin: sent by a page on another site"),
        "405": problem("method_not_allowed"),
        **PICTURE_PROBLEMS,
        "503": problem_for_now("overloaded, starting, stopping"),
    },
}

OPENAPI: Schema = {
    "openapi": "3.1.0",
    "info": {
        "title": "Facetraits",
        "version": __version__,
        "description": "Apparent age, gender presentation, and expression of every face.",
    },
    "servers": [{"url": "/"}],
    "paths": {
        "/api/v1/analyze": {"post": _ANALYZE},
        **ANONYMIZE_PATHS,
        **RESULT_PATHS,
        **JOB_PATHS,
        **CAMERA_PATHS,
        **VIDEO_PATHS,
        "/api/v1/openapi.json": get(
            "openapi", "This description", {"200": answer("OpenAPI 3.1", {"type": "object"})}
        ),
        "/api/v1/key": key_check(),
        "/healthz": get("health", "Whether the process is running", {"200": answer("ok", STATUS)}),
        "/readyz": get(
            "readiness",
            "Whether pictures can be analyzed",
            {"200": answer("ready", STATUS), "503": answer("not ready", STATUS)},
        ),
        "/metrics": get("metrics", "Figures", {"200": answer("Prometheus", TEXT, "text/plain")}),
    },
    "components": {
        "schemas": {**SCHEMAS, **JOB_SCHEMAS, **VIDEO_SCHEMAS},
        "securitySchemes": {
            "deleteToken": {"type": "http", "scheme": "bearer"},
            "apiKey": {"type": "http", "scheme": "bearer"},
        },
    },
}
