"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import werkzeug.test
from flask import Flask
from flask.testing import FlaskClient
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from facetraits.paths import Paths
from facetraits.serving.otel import OtelTracer
from facetraits.serving.tracing import Tracer
from facetraits.settings import Settings
from facetraits.store import Store
from facetraits.web import create_app
from tests.web.fakes import FakeService

MakeApp = Callable[..., Flask]


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture(scope="session", autouse=True)
def forms_in_memory() -> Iterator[None]:
    """Werkzeug's test client would leave the temporary file of a large form open."""
    in_memory = partial(werkzeug.test.stream_encode_multipart, use_tempfile=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(werkzeug.test, "stream_encode_multipart", in_memory)
        yield


@pytest.fixture
def make_app(service: FakeService, tmp_path: Path) -> Iterator[MakeApp]:
    """`make_app(max_bytes=…)` → an app with those settings around the fake service."""
    apps = []

    def make(
        service: FakeService = service,
        store: Store | None = None,
        paths: Paths | None = None,
        tracer: Tracer | None = None,
        **changed: object,
    ) -> Flask:
        # threading: requests of the test client run where the test does.
        own = {"async_mode": "threading", "data_dir": str(tmp_path / "data")}
        settings = Settings(**{**own, **changed})
        app = create_app(settings, service, store, paths=paths, tracer=tracer)
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["facetraits_jobs"].close()
        app.extensions["facetraits_wall"].close()
        app.extensions["facetraits_store"].close()


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()


@pytest.fixture
def spans() -> InMemorySpanExporter:
    """The spans that `tracer` has recorded."""
    return InMemorySpanExporter()


@pytest.fixture
def tracer(spans: InMemorySpanExporter) -> Iterator[OtelTracer]:
    tracer = OtelTracer(SimpleSpanProcessor(spans), "1.0")
    yield tracer
    tracer.close()
