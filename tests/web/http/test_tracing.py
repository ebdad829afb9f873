"""The traces of a real server with a real worker, as a collector receives them."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from facetraits.reading.model import Reading
from facetraits.serving.job import Analysis
from facetraits.serving.tracing import steps
from tests.ports import free_port
from tests.web.fakes import canned_reading, photo
from tests.web.test_server import ROOT, Server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


@contextmanager
def collector() -> Iterator[tuple[str, list[Any]]]:
    """The address of one, and the spans that it gets."""
    spans: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for scope in resource.scope_spans:
                    spans.extend(scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", spans
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def serve_one_photo(**settings: str) -> str:
    """A photo to `python app.py`, which then ends; its log."""
    server = Server(free_port())
    environ = {"PORT": str(server.port), "WORKERS": "1", "DATA_DIR": "/nonexistent", **settings}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | {f"FACETRAITS_{name}": value for name, value in environ.items()},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        server.wait(process)
        connection = server.connect()
        headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "Content-Type": "image/jpeg"}
        connection.request("POST", "/api/v1/analyze", photo(), headers)
        assert connection.getresponse().read()
        connection.close()
    finally:
        process.terminate()
        _, log = process.communicate(timeout=20)
    assert process.returncode == 0, log
    return log


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_a_photo_is_traced_from_the_request_to_the_steps_in_the_worker(tmp_path, proxies):
    with collector() as (url, spans):
        serve_one_photo(
            TRACES=url, PROXIES=proxies, DATA_DIR=str(tmp_path), TRUSTED_HOSTS="faces.example"
        )
    (request,) = (s for s in spans if s.name == "POST /api/v1/analyze")
    (analyze,) = (s for s in spans if s.parent_span_id == request.span_id)
    inside = [s for s in spans if s.parent_span_id == analyze.span_id]
    assert analyze.name == "analyze"
    assert [s.name for s in inside] == ["wait", "decode", "detect", "classify"]
    assert {s.trace_id for s in (analyze, *inside)} == {request.trace_id}
    # A client's own trace is continued only if a proxy vouches for it.
    assert (request.trace_id.hex() == TRACE) is (proxies == "1")
    assert (request.parent_span_id.hex() == PARENT) is (proxies == "1")
    for outer, inner in ((request, analyze), (analyze, inside[1])):
        assert outer.start_time_unix_nano <= inner.start_time_unix_nano
        assert inner.end_time_unix_nano <= outer.end_time_unix_nano
    told = str(spans)
    assert "127.0.0.1" not in told.replace(url, "")


def test_a_collector_that_is_gone_holds_up_nobody(tmp_path):
    url = f"http://127.0.0.1:{free_port()}"
    serve_one_photo(TRACES=url, DATA_DIR=str(tmp_path))


def test_steps_follow_each_other_from_where_the_worker_began():
    reading: Reading = canned_reading()
    found = steps(Analysis(reading, None, began_ns=1_000_000_000), began_ns=999_000_000)
    assert found == [
        ("wait", 999_000_000, 1_000_000_000),
        ("decode", 1_000_000_000, 1_001_000_000),
        ("detect", 1_001_000_000, 1_003_000_000),
        ("classify", 1_003_000_000, 1_006_000_000),
    ]


def test_a_worker_that_does_not_say_when_it_began_has_no_steps():
    assert steps(Analysis(canned_reading(), None), began_ns=5) == []


def test_without_the_package_the_setting_stops_the_start_with_one_line():
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from facetraits.settings import Settings\n"
        "from facetraits.serving.tracing import open_tracer\n"
        "open_tracer(Settings(traces='http://localhost:4318'), '1.0')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert 'needs the extra "otel"' in done.stderr
