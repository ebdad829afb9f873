"""Each request's ID, line in the log, figures, and span."""

from __future__ import annotations

import logging
import re
import time
import uuid
from urllib.parse import quote

from flask import Flask, Response, g, request

from facetraits.web.http.metrics import Metrics
from facetraits.web.http.tracing import RequestTracing

log = logging.getLogger("facetraits.access")

# Other characters in a client's ID could forge log lines.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECRET_IN_RULE = "<result_id>"
_READINESS = "/readyz"
_LONGEST_METHOD = 20


def register_requests(app: Flask, metrics: Metrics, tracing: RequestTracing) -> None:
    """Gives each request its ID, and tells the log, the metrics, and the traces of it."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        tracing.begin(request.headers.get("Traceparent", ""))

    @app.after_request
    def finish(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.request_id
        rule = request.url_rule.rule if request.url_rule else None
        seconds = time.perf_counter() - g.began
        metrics.saw_request(
            rule or "none", method=request.method, status=response.status_code, seconds=seconds
        )
        # Never the path: it can contain a result's ID, which is a secret. If no rule matches, we
        # cannot tell which part might be an ID.
        route = rule.replace(_SECRET_IN_RULE, "ID") if rule else "-"
        # Quoted, or a control character could reach the terminal of whoever reads the log.
        method = quote(request.method)[:_LONGEST_METHOD]
        tracing.end(method, route, status=response.status_code, request_id=g.request_id)
        _log(method, route, status=response.status_code, milliseconds=seconds * 1000)
        return response


def _log(method: str, route: str, *, status: int, milliseconds: float) -> None:
    """One line, without the content or name of any picture."""
    faces = g.get("faces")
    fields = {"method": method, "route": route, "status": status, "faces": faces}
    log.log(
        # Load balancers ask twice a second.
        logging.DEBUG if route == _READINESS else logging.INFO,
        "%s %s %d %.1f ms request_id=%s faces=%s",
        method,
        route,
        status,
        milliseconds,
        g.request_id,
        "-" if faces is None else faces,
        extra={**fields, "milliseconds": round(milliseconds, 1)},
    )
