"""What follows a request into the jobs that it submits: its trace, and its ID in the log."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from facetraits.jobs.local import LocalJobs
from facetraits.jobs.model import Origin
from facetraits.paths import Paths
from facetraits.settings import Settings
from tests.jobs.archives import zipped
from tests.jobs.test_local import ROOT, batch, started, submit
from tests.jobs.waiting import ended
from tests.web.fakes import photo

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
ORIGIN = Origin("abc-1", f"00-{TRACE}-{PARENT}-01")
# A job's process, with a kind of job that writes to the log.
_CHILD = """
import logging, sys
from facetraits.jobs import child
from facetraits.jobs.kinds import KINDS
from facetraits.jobs.messages import Start, encode
from facetraits.serving.pipes import Pipe

ours, theirs = Pipe()
KINDS["batch"] = lambda task: logging.getLogger("facetraits.test").warning("it is late")
start = Start(
    kind="batch", input="a", out="b", options={}, place=None,
    settings={"log_format": sys.argv[1]}, log_fields={"request_id": "abc-1"},
)
ours.send_bytes(encode(start))
child.main(theirs)
"""


def test_a_job_is_a_span_of_the_request_that_submitted_it(make_app, spans, tracer):
    client = make_app(tracer=tracer).test_client()
    answer = client.post(
        "/api/v1/batches",
        data=zipped({"a.jpg": photo()}),
        content_type="application/zip",
        headers={"X-Request-Id": "abc-1"},
    )
    url = answer.get_json()["url"]
    assert ended(lambda: client.get(url).get_json())["state"] == "done"
    client.get("/api/v1/jobs/unknown")  # of another trace

    found = {span.name: span for span in spans.get_finished_spans()}
    request, job = found["POST /api/v1/batches"], found["job batch"]
    assert job.context.trace_id == request.context.trace_id
    assert job.parent.span_id == request.context.span_id
    assert job.attributes == {
        "facetraits.request_id": "abc-1",
        "facetraits.attempt": 1,
        "facetraits.outcome": "done",
    }


def test_it_goes_on_in_the_server_that_takes_over(tmp_path, spans, tracer):
    def opened():
        return LocalJobs(Settings(data_dir=str(tmp_path), workers=1), ROOT, Paths.found(), tracer)

    first = opened()
    record, _ = submit(first, batch(), ORIGIN)
    started(first, record)
    first.close()
    second = opened()
    try:
        assert ended(lambda: second.get(record.id)).state == "done"
    finally:
        second.close()

    attempts = spans.get_finished_spans()
    assert [span.attributes["facetraits.outcome"] for span in attempts] == ["Stopping", "done"]
    for span in attempts:
        assert f"{span.context.trace_id:032x}" == TRACE
        assert f"{span.parent.span_id:016x}" == PARENT
        assert span.status.is_unset


def test_a_job_that_fails_is_a_failed_span(tmp_path, spans, tracer):
    jobs = LocalJobs(Settings(data_dir=str(tmp_path), workers=1), ROOT, Paths.found(), tracer)
    try:
        record, _ = submit(jobs, b"no archive", ORIGIN)
        assert ended(lambda: jobs.get(record.id)).state == "failed"
    finally:
        jobs.close()

    (span,) = spans.get_finished_spans()
    assert not span.status.is_ok and not span.status.is_unset
    assert span.attributes["facetraits.outcome"] == "BadArchive"


def log_of_child(log_format: str) -> str:
    command = [sys.executable, "-c", _CHILD, log_format]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stderr


def test_the_log_of_a_jobs_process_names_the_request():
    line = json.loads(log_of_child("json"))

    assert (line["request_id"], line["message"]) == ("abc-1", "it is late")
    assert log_of_child("text").strip().endswith("WARNING facetraits.test it is late")


@pytest.mark.parametrize(
    ("origin", "fields"),
    [
        (ORIGIN, {"request_id": "abc-1", "trace_id": TRACE}),
        (Origin("abc-1"), {"request_id": "abc-1"}),
        (Origin(), {}),
    ],
)
def test_an_origin_is_kept_as_json(origin, fields):
    assert Origin.from_json(origin.to_json()) == origin
    assert origin.log_fields == fields
