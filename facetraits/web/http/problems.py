"""Errors as RFC 9457 problem details, or as a page for people: the only place that translates."""

from __future__ import annotations

import json
import logging
from typing import Any

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from facetraits.errors import BadRequest, FacetraitsError, NotFound, TooLarge, problem_body
from facetraits.web.http.problem_words import problem_words

log = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
_JSON_TYPES = (PROBLEM_TYPE, "application/json")
# Headers that do not fit our body, or that we set ourselves.
_NOT_KEPT = {"content-type", "content-length"}


def problem(error: Exception) -> dict[str, Any]:
    """Any error → the body of RFC 9457, with our stable code and the request's id."""
    return problem_body(_known(error), g.get("request_id", ""))


def register_problems(app: Flask) -> None:
    """Turns every exception into a problem response."""
    app.register_error_handler(Exception, _answer)


def _answer(error: Exception) -> Response:
    known = _known(error)
    body = problem_body(known, g.get("request_id", ""))
    if _wants_page():
        template = "gone.html" if known.status == 410 else "problem.html"
        embedded = g.get("embedded", False)
        html = render_template(template, embedded=embedded, **{**body, **problem_words(body)})
        response = Response(html, known.status)
    else:
        response = Response(json.dumps(body), known.status, content_type=PROBLEM_TYPE)
    response.vary.add("Accept")
    if isinstance(error, HTTPException):
        kept = [(n, v) for n, v in error.get_headers() if n.lower() not in _NOT_KEPT]
        response.headers.extend(kept)  # a 405 says in Allow what is allowed
    if known.status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Facetraits"'
    if known.retry_after_s is not None:
        response.headers["Retry-After"] = str(known.retry_after_s)
    return response


def _wants_page() -> bool:
    """Whether to return a page: for a browser, at an address outside the API."""
    if request.path.startswith("/api/"):
        return False
    return request.accept_mimetypes.best_match([*_JSON_TYPES, "text/html"]) == "text/html"


def _known(error: Exception) -> FacetraitsError:
    """Translates Werkzeug's errors into ours; other errors are logged."""
    if isinstance(error, FacetraitsError):
        if error.status == 500:
            log.error("request %s failed: %s", g.get("request_id", ""), error)
        return error
    if isinstance(error, HTTPException):
        return _translated(error)
    log.error("request %s failed", g.get("request_id", ""), exc_info=error)
    return FacetraitsError()


def _translated(error: HTTPException) -> FacetraitsError:
    detail = error.description or ""
    if isinstance(error, ClientDisconnected):
        return BadRequest("the request ended before all of its announced Content-Length arrived")
    if error.code == 400:
        return BadRequest(detail)
    if error.code == 404:
        return NotFound(f"there is nothing at {request.path}")
    if error.code == 413:
        return TooLarge("the request is larger than the server accepts")
    if error.code == 405:
        detail = f"{request.method} is not allowed at {request.path}"
    known = FacetraitsError(detail)
    known.status = error.code or 500
    known.title = error.name
    known.code = error.name.lower().replace(" ", "_")
    return known
