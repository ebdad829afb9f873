"""Traces through OpenTelemetry, sent to a collector as OTLP over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_HEADER = "traceparent"
_context = TraceContextTextMapPropagator()


def to_collector(url: str) -> SpanProcessor:
    """Sends spans from a native thread, in batches; a collector that is gone holds up nobody.

    Args:
        url: the collector's address, as http://localhost:4318.
    """
    return BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{url.rstrip('/')}/v1/traces"))


class OtelSpan:
    """See `tracing.Span`."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        carrier: dict[str, str] = {}
        _context.inject(carrier, trace.set_span_in_context(self._span, Context()))
        return carrier.get(_HEADER, "")

    def end(
        self,
        name: str = "",
        *,
        end_ns: int | None = None,
        failed: bool = False,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        if name:
            self._span.update_name(name)
        self._span.set_attributes(dict(attributes or {}))
        if failed:
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(end_ns)


class OtelTracer:
    """See `tracing.Tracer`.

    Args:
        processor: gets the spans that have ended. What else there is to set is set by
            OpenTelemetry's own variables (OTEL_…), such as the share of requests to record.
        version: of this program.
    """

    def __init__(self, processor: SpanProcessor, version: str) -> None:
        named = {"service.name": "facetraits", "service.version": version}
        self._provider = TracerProvider(resource=Resource.create(named))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("facetraits", version)

    def begin(
        self, name: str, parent: str = "", *, began_ns: int | None = None, serves: bool = False
    ) -> OtelSpan:
        around = _context.extract({_HEADER: parent}, Context())
        kind = SpanKind.SERVER if serves else SpanKind.INTERNAL
        return OtelSpan(self._tracer.start_span(name, around, kind=kind, start_time=began_ns))

    def close(self) -> None:
        self._provider.shutdown()
