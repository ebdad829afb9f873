"""The part of the API's description that is about videos."""

from __future__ import annotations

from facetraits.jobs.video import KEEPS
from facetraits.reading.schema import Schema
from facetraits.web.http.openapi_jobs import ACCEPTED, JOB_SCHEMAS
from facetraits.web.http.schemas import BINARY, KEY, answer, object_of, problem

_ADDRESS: Schema = {"type": "string", "format": "uri"}
_FLAG: Schema = {"type": "boolean", "default": True}
_OPTIONS: dict[str, Schema] = {
    "fps": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 1000,
        "description": "frames to analyze per second of video; by default, all",
    },
    "keep": {
        "type": "string",
        "enum": list(KEEPS),
        "default": KEEPS[0],
        "description": "video: also keep a copy without sound; figures: keep no pictures at all",
    },
    "annotate": {**_FLAG, "description": "whether to make a video with boxes"},
    "anonymize": {**_FLAG, "description": "whether to make a video with faces blurred"},
}
_JOB = JOB_SCHEMAS["Job"]
_SUBMITTED: Schema = {
    **_JOB,
    "properties": {
        **_JOB["properties"],
        "page_url": {**_ADDRESS, "description": "the page, for people"},
        "embed_url": {**_ADDRESS, "description": "for an iframe, once it is done"},
    },
    "required": [*_JOB["required"], "delete_token", "page_url", "embed_url"],
}
VIDEO_SCHEMAS: dict[str, Schema] = {"SubmittedVideo": _SUBMITTED}
_SUBMIT: Schema = {
    "operationId": "submitVideo",
    "summary": "Follow the faces in a video",
    "security": KEY,
    "parameters": [
        {"name": name, "in": "query", "schema": schema} for name, schema in _OPTIONS.items()
    ],
    "requestBody": {
        "required": True,
        "description": "The video as the body, or as the field `video`. It is stored while it is "
        "analyzed, and then deleted; the results are kept until they expire",
        "content": {
            "video/mp4": {"schema": BINARY},
            "multipart/form-data": {
                "schema": object_of({"video": BINARY, **_OPTIONS}, optional=tuple(_OPTIONS)),
                "encoding": {"video": {"contentType": "video/mp4"}},
            },
        },
    },
    "responses": {
        **ACCEPTED,
        "202": {
            **ACCEPTED["202"],
            **answer("Queued", {"$ref": "#/components/schemas/SubmittedVideo"}),
        },
        "400": problem("bad_request: no video, several, or an invalid option"),
        "403": problem("cross_origin: sent by a page on another site; no_api_keys"),
        "413": problem("too_large: the file has too many bytes"),
        "415": problem("unsupported_type: not a video in a supported container"),
        "501": problem('not_implemented: the extra "video" is not installed'),
    },
}
VIDEO_PATHS: dict[str, Schema] = {"/api/v1/videos": {"post": _SUBMIT}}
