"""The part of the API's description that is about cameras."""

from __future__ import annotations

from facetraits.reading.schema import Schema
from facetraits.web.http.schemas import (
    KEY,
    KEY_PROBLEMS,
    TEXT,
    answer,
    get,
    problem,
    problem_for_now,
    ref,
)

_CAMERA: Schema = {"name": "camera", "in": "path", "required": True, "schema": TEXT}
_TIME: Schema = {"type": "string", "format": "date-time"}
_SPAN: list[Schema] = [
    {"name": "by", "in": "query", "schema": {"type": "string", "enum": ["hour", "day"]}},
    {"name": "from", "in": "query", "description": "by default, 1 or 30 days ago", "schema": _TIME},
    {"name": "to", "in": "query", "description": "by default, now", "schema": _TIME},
]
_UNAVAILABLE = problem_for_now("storage_unavailable: the store of figures does not respond")
_NO_CAMERA = problem("not_found: there is no such camera")
_BAD_SPAN = problem("bad_request: an unknown by, an invalid time, or more than 800 periods")


def _keyed(name: str, summary: str, parameters: list[Schema], **responses: Schema) -> Schema:
    path = get(name, summary, {**KEY_PROBLEMS, **responses, "503": _UNAVAILABLE})
    path["get"]["security"] = KEY
    path["get"]["parameters"] = parameters
    return path


CAMERA_PATHS: dict[str, Schema] = {
    "/api/v1/cameras": _keyed(
        "cameras", "The cameras and their states", [], **{"200": answer("all", ref("Cameras"))}
    ),
    "/api/v1/cameras/metrics": _keyed(
        "cameraMetrics",
        "States, and the last hour's figures",
        [],
        **{"200": answer("Prometheus", TEXT, "text/plain")},
    ),
    "/api/v1/cameras/{camera}/figures": _keyed(
        "cameraFigures",
        "A camera's figures by hour or day",
        [_CAMERA, *_SPAN],
        **{
            "200": answer("counts rounded to multiples of five", ref("CameraFigures")),
            "400": _BAD_SPAN,
            "404": _NO_CAMERA,
        },
    ),
    "/api/v1/cameras/{camera}/figures.csv": _keyed(
        "cameraFiguresCsv",
        "The same, a row for each period",
        [_CAMERA, *_SPAN],
        **{"200": answer("RFC 4180", TEXT, "text/csv"), "400": _BAD_SPAN, "404": _NO_CAMERA},
    ),
    "/api/v1/cameras/{camera}/picture": _keyed(
        "cameraPicture",
        "Its newest picture, with the faces blurred unless the operator allows more",
        [_CAMERA],
        **{
            "200": answer("now", {"type": "string", "format": "binary"}, "image/jpeg"),
            "404": problem("not_found: no such camera, no picture now, or pictures are off"),
        },
    ),
}
