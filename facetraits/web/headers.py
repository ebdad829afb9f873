"""What every response carries: an id, a security policy, a line in the log."""

from __future__ import annotations

import logging
import re
import time
import uuid
from urllib.parse import quote

from flask import Flask, Response, g, request

from facetraits.web.metrics import Metrics

log = logging.getLogger("facetraits.access")

# blob: is the preview of a photo that has not left the browser.
_CONTENT_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_SECURITY = {
    "Content-Security-Policy": _CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Whatever else a client sends as its id could forge lines of the log.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LONGEST_PATH = 200
_PREFLIGHT_AGE_S = 600


def register_headers(app: Flask, metrics: Metrics, cors_origins: tuple[str, ...]) -> None:
    """Gives each request its id and each response its headers, log line and figures."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in _SECURITY.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = g.request_id
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        if request.path.startswith("/api/") and cors_origins:
            _allow_origin(response, cors_origins)
        _note(response, metrics)
        return response


def _allow_origin(response: Response, allowed: tuple[str, ...]) -> None:
    """CORS. Without credentials, for there are none, so that "*" gives nothing away."""
    origin = request.headers.get("Origin", "")
    if allowed != ("*",):
        # Also where it is not allowed: a cache must not mix up the answers.
        response.headers.add("Vary", "Origin")
    if not (allowed == ("*",) or origin in allowed):
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if allowed == ("*",) else origin
    response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = "Content-Type, X-Request-Id"
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_AGE_S)


def _note(response: Response, metrics: Metrics) -> None:
    """One line in the log: of a picture neither content nor name."""
    seconds = time.perf_counter() - g.began
    route = request.url_rule.rule if request.url_rule else "none"
    metrics.saw_request(route, request.method, response.status_code, seconds)
    log.info(
        "%s %s %d %.1f ms request_id=%s faces=%s",
        request.method,
        # Quoted again: a decoded line break would begin a line of the stranger's own.
        quote(request.path)[:_LONGEST_PATH],
        response.status_code,
        seconds * 1000,
        g.request_id,
        g.get("faces", "-"),
    )
