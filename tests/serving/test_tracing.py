"""Spans, as OpenTelemetry's own exporter in memory receives them."""

from __future__ import annotations

import time

from facetraits.serving import camera_queue
from facetraits.serving.job import Analysis
from facetraits.serving.service import InferenceService
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from tests.serving.test_camera_queue import WAIT_S, Client, Stage, send
from tests.web.fakes import canned_reading, photo

SAMPLED = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
UNSAMPLED = SAMPLED[:-1] + "0"


def test_a_span_continues_that_of_another_process(spans, tracer):
    outer = tracer.begin("outer", SAMPLED)
    tracer.begin("inner", outer.traceparent).end(attributes={"a": 1})
    outer.end("renamed", failed=True)

    inner, around = spans.get_finished_spans()
    assert (inner.name, around.name) == ("inner", "renamed")
    assert inner.attributes == {"a": 1}
    assert not around.status.is_ok and inner.status.is_unset
    assert f"{around.context.trace_id:032x}" == SAMPLED.split("-")[1]
    assert f"{around.parent.span_id:016x}" == SAMPLED.split("-")[2]
    assert inner.parent.span_id == around.context.span_id


def test_what_the_parent_does_not_record_is_not_recorded(spans, tracer):
    tracer.begin("outer", UNSAMPLED).end()

    assert spans.get_finished_spans() == ()


def test_without_traces_there_is_nothing_to_continue():
    span = NoTracer().begin("outer", SAMPLED)
    span.end()

    assert span.traceparent == ""


def test_a_frame_now_and_then_is_a_trace_of_its_own(spans, tracer):
    service = InferenceService(Settings(workers=1), tracer=tracer)
    service.start()
    client = Client()
    try:
        link = service.open_live(client.listener())
        for seq in range(3):
            link.submit(seq, photo(), client.ack(seq))
            client.wait_for(lambda seq=seq: seq in client.seqs)
    finally:
        service.close()
        service.kill()

    *inside, frame = spans.get_finished_spans()
    assert frame.name == "frame" and frame.parent is None
    assert frame.attributes["facetraits.faces"] == 0
    assert [span.name for span in inside] == ["wait", "decode", "detect", "classify"]
    assert {span.parent.span_id for span in inside} == {frame.context.span_id}
    assert frame.start_time <= inside[0].start_time and inside[-1].end_time <= frame.end_time


class LosesFaces:
    """A worker that never finds a face again where it was, so such a frame is analyzed twice."""

    alive = True

    def __init__(self):
        self.jobs = []

    def run(self, job):
        self.jobs.append((job.request_id, job.hints.want_traits))
        reading = canned_reading(job.request_id)
        return Analysis(reading, placed=None if job.hints.want_traits else ())

    def close(self):
        pass


def test_a_frame_that_is_analyzed_twice_is_traced_twice(spans, tracer, monkeypatch):
    monkeypatch.setattr(camera_queue, "_TRACE_EVERY_S", 0.0)
    worker, client = LosesFaces(), Client()
    stage = Stage(tracer, worker=worker)
    link = stage.live.open(client.listener())
    until, seq = time.monotonic() + WAIT_S, 0
    while all(want_traits for _, want_traits in worker.jobs) and time.monotonic() < until:
        send(link, client, seq)
        client.wait_for(lambda seq=seq: client.seqs[-1:] == [seq])
        seq += 1
    stage.live.close()
    stage.pool.close()

    (first, placed), (second, classified) = worker.jobs[-2:]
    assert (first, placed, classified) == (second, False, True)
    *earlier, once, again = (span for span in spans.get_finished_spans() if span.name == "frame")
    ids = [span.attributes["facetraits.request_id"] for span in (once, again)]
    assert ids == [first, first]
    assert once.end_time <= again.start_time
    assert len(earlier) == seq - 1
