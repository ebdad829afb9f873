"""The part of the API's description that is about batches and jobs."""

from __future__ import annotations

from facetraits.jobs.archive import MAX_PHOTOS
from facetraits.jobs.kinds import KINDS
from facetraits.reading.schema import Schema
from facetraits.web.http.schemas import (
    BINARY,
    KEY,
    TEXT,
    answer,
    get,
    object_of,
    problem,
    problem_for_now,
    ref,
)
from facetraits.web.http.uploads import FIELD

_ZIP = "application/zip"
_ID: Schema = {"name": "job_id", "in": "path", "required": True, "schema": TEXT}
_NAME: Schema = {"name": "name", "in": "path", "required": True, "schema": TEXT}
_ADDRESS: Schema = {"type": "string", "format": "uri"}
_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}

_ERROR = object_of({"code": TEXT, "title": TEXT, "detail": TEXT})
_JOB = object_of(
    {
        "id": {"type": "string", "description": "anyone who knows it can see the job"},
        "kind": {"type": "string", "enum": list(KINDS)},
        "state": {
            "type": "string",
            "enum": ["queued", "running", "done", "failed", "cancelled"],
        },
        "progress": {"type": "number", "minimum": 0, "maximum": 1},
        "eta_s": {
            "type": ["number", "null"],
            "minimum": 0,
            "description": "an estimate of the seconds left, once there is one",
        },
        "detail": {"type": "object", "description": "what the kind reports, such as photos read"},
        "created_at": {"type": "string", "format": "date-time"},
        "expires_at": {**_TIME, "description": "when it is deleted; null until it has ended"},
        "error": {"oneOf": [_ERROR, {"type": "null"}], "description": "why it failed"},
        "url": _ADDRESS,
        "result_url": {"type": ["string", "null"], "description": "once it is done"},
        "results": {
            "type": "object",
            "additionalProperties": _ADDRESS,
            "description": "the address of each result file, by its name",
        },
        "delete_token": {
            "type": "string",
            "description": "allows canceling and deleting the job; sent only once",
        },
    },
    optional=("delete_token",),
)
JOB_SCHEMAS: dict[str, Schema] = {"Job": _JOB}

_ABSENT = {
    "404": problem("not_found: it never existed"),
    "410": problem("expired: it has expired or was deleted"),
    "503": problem_for_now("storage_unavailable: the records of jobs do not respond"),
}
_THIS_ID = {"parameters": {"job_id": "$response.body#/id"}}
ACCEPTED: dict[str, Schema] = {
    "202": {
        **answer("Queued; Location has the job", ref("Job")),
        "links": {"show": {"operationId": "job", **_THIS_ID}},
    },
    "401": problem("unauthorized: no API key where one is needed; wrong_key"),
    "429": problem_for_now("rate_limited"),
    "503": problem_for_now("overloaded: too many jobs are waiting; storage_unavailable"),
    "507": problem("storage_full: the files of other jobs take up the space"),
}
_IMAGES = {"type": "array", "items": BINARY, "minItems": 1, "maxItems": MAX_PHOTOS}
# Not the field `archive`: schema checkers would leave out both, as an alternative allows.
_FORM: Schema = {
    "schema": object_of({FIELD: _IMAGES}),
    "encoding": {FIELD: {"contentType": "image/*"}},
}
_SUBMIT_BATCH: Schema = {
    "operationId": "submitBatch",
    "summary": f"Analyze up to {MAX_PHOTOS:,} photos, as a ZIP archive or a list",
    "security": KEY,
    "requestBody": {
        "required": True,
        "description": "A ZIP archive as the body or the field `archive`, or photos as fields "
        f"named `{FIELD}`. A photo that cannot be read has its problem in its line of the results",
        "content": {_ZIP: {"schema": BINARY}, "multipart/form-data": _FORM},
    },
    "responses": {
        **ACCEPTED,
        "400": problem("bad_request: no photos, too many, or a malformed form"),
        "403": problem("cross_origin: sent by a page on another site; no_api_keys"),
        "413": problem("too_large: more bytes than one upload may have"),
        "422": problem("bad_archive: damaged, empty, or not a ZIP archive"),
    },
}
_WITH_TOKEN: Schema = {
    "security": [{"deleteToken": []}],
    "responses": {
        "204": {"description": "done"},
        "401": problem("unauthorized: no delete token"),
        "403": problem("forbidden: wrong token; cross_origin: sent by a page on another site"),
        **_ABSENT,
    },
}
JOB_PATHS: dict[str, Schema] = {
    "/api/v1/batches": {"post": _SUBMIT_BATCH},
    "/api/v1/jobs/{job_id}": {
        "parameters": [_ID],
        **get("job", "A job", {"200": answer("it", ref("Job")), **_ABSENT}),
        "delete": {
            "operationId": "deleteJob",
            "summary": "Stop a job, and delete everything",
            **_WITH_TOKEN,
        },
    },
    "/api/v1/jobs/{job_id}/cancel": {
        "parameters": [_ID],
        "post": {
            "operationId": "cancelJob",
            "summary": "Stop a job, and keep its record until it expires",
            **_WITH_TOKEN,
        },
    },
    "/api/v1/jobs/{job_id}/results/{name}": {
        "parameters": [_ID, _NAME],
        **get(
            "jobResult",
            "A result file, or a part of it",
            {
                "200": {"description": "the file", "content": {"*/*": {"schema": BINARY}}},
                "206": {"description": "the range", "content": {"*/*": {"schema": BINARY}}},
                "416": problem("the range lies outside the file"),
                **_ABSENT,
            },
        ),
    },
}
