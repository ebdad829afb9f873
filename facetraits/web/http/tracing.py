"""The spans of the request that is being handled; see `serving.tracing`."""

from __future__ import annotations

from flask import g

from facetraits.serving.job import Analysis
from facetraits.serving.tracing import Span, Tracer, record_analysis


class RequestTracing:
    """Records them.

    Args:
        tracer: of the server.
        continues: whether a request's header `traceparent` is believed.
    """

    def __init__(self, tracer: Tracer, *, continues: bool) -> None:
        self._tracer = tracer
        self._continues = continues

    def begin(self, traceparent: str) -> None:
        """Begins the request's span; `g.traceparent` names it, and `g.trace_id` its trace.

        Args:
            traceparent: the header of that name (W3C Trace Context), or "".
        """
        parent = traceparent if self._continues else ""
        g.span = self._tracer.begin("request", parent, serves=True)
        g.traceparent = g.span.traceparent
        g.trace_id = g.traceparent.split("-")[1] if g.traceparent else ""

    def end(self, method: str, route: str, *, status: int, request_id: str) -> None:
        """Ends the request's span."""
        span: Span | None = g.pop("span", None)
        if span is not None:
            attributes: dict[str, str | int] = {
                "http.request.method": method,
                "http.route": route,
                "http.response.status_code": status,
                "facetraits.request_id": request_id,
            }
            span.end(f"{method} {route}", failed=status >= 500, attributes=attributes)

    def analyzed(self, analysis: Analysis, began_ns: int) -> None:
        """Records the spans of a picture.

        Args:
            began_ns: when it was handed to the service, in nanoseconds of Unix time.
        """
        record_analysis(self._tracer, "analyze", analysis, began_ns=began_ns, parent=g.traceparent)
