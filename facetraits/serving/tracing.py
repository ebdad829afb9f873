"""Traces: how long each part of a request, a job, or a camera frame took.

A request is a span; each picture of it is a span `analyze` below that, and below that are the
wait for a worker and the worker's steps. Each attempt at a job is a span below the request that
submitted it. Now and then, a camera's frame is a trace of its own. The processes that handle
strangers' bytes export nothing: they have no network and no settings. They return their times,
and whoever started them makes spans of these. Spans contain no picture, file name, address, or
path, only the route.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from facetraits.extras import needs_extra
from facetraits.serving.job import Analysis
from facetraits.settings import Settings


class Span(Protocol):
    """A part of a trace, with a beginning and an end.

    Attributes:
        traceparent: names it to other spans and processes (W3C Trace Context); "" if there is no
            trace.
    """

    @property
    def traceparent(self) -> str: ...

    def end(
        self,
        name: str = "",
        *,
        end_ns: int | None = None,
        failed: bool = False,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        """Ends the span.

        Args:
            name: its name, if that was not known before.
            end_ns: when it ended, in nanoseconds of Unix time; by default, now.
            failed: whether it ended with an error.
            attributes: what else to say of it.
        """
        ...


class Tracer(Protocol):
    """Records spans. Safe to use from several threads."""

    def begin(
        self, name: str, parent: str = "", *, began_ns: int | None = None, serves: bool = False
    ) -> Span:
        """Begins a span.

        Args:
            parent: the `traceparent` of the span around it, perhaps of another process.
            began_ns: when it began, in nanoseconds of Unix time; by default, now.
            serves: whether it is a request to a server.
        """
        ...

    def close(self) -> None:
        """Sends what is left."""
        ...


class NoSpan:
    """There is none."""

    traceparent = ""

    def end(
        self,
        name: str = "",
        *,
        end_ns: int | None = None,
        failed: bool = False,
        attributes: Mapping[str, str | int] | None = None,
    ) -> None:
        """There is nothing to end."""


class NoTracer:
    """Records nothing."""

    def begin(
        self, name: str, parent: str = "", *, began_ns: int | None = None, serves: bool = False
    ) -> Span:
        return NoSpan()

    def close(self) -> None:
        """There is nothing to send."""


def open_tracer(settings: Settings, version: str) -> Tracer:
    """As the settings say; spans name the program's version.

    Raises:
        BadSetting: if OpenTelemetry is needed, but not installed.
    """
    if not settings.traces:
        return NoTracer()
    # Imported here: without traces, no package of OpenTelemetry is needed.
    with needs_extra("otel", f"FACETRAITS_TRACES={settings.traces}"):
        from facetraits.serving.otel import OtelTracer, to_collector

    return OtelTracer(to_collector(settings.traces), version)


def record_analysis(
    tracer: Tracer, name: str, analysis: Analysis, *, began_ns: int, parent: str = ""
) -> None:
    """Records the spans of a picture.

    Args:
        name: of the span around its steps.
        began_ns: when it was handed to the service, in nanoseconds of Unix time.
        parent: see `Tracer.begin`.
    """
    span = tracer.begin(name, parent, began_ns=began_ns)
    for step, begin_ns, end_ns in steps(analysis, began_ns):
        tracer.begin(step, span.traceparent, began_ns=begin_ns).end(end_ns=end_ns)
    reading = analysis.reading
    span.end(
        attributes={
            "facetraits.request_id": reading.request_id,
            "facetraits.faces": len(analysis.placed or reading.faces),
        }
    )


def steps(analysis: Analysis, began_ns: int) -> list[tuple[str, int, int]]:
    """The parts of an analysis, one after the other: (name, begin, end) in ns of Unix time."""
    at_ns = analysis.began_ns
    if not at_ns:
        return []
    # Two processes read the same clock, but it can be set back in between.
    parts = [("wait", began_ns, max(began_ns, at_ns))]
    for step, milliseconds in analysis.reading.processing_ms.items():
        if step != "total":
            ends_ns = at_ns + round(milliseconds * 1e6)
            parts.append((step, at_ns, ends_ns))
            at_ns = ends_ns
    return parts
