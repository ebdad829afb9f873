"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from facetraits.settings import Settings
from facetraits.web import create_app
from tests.web.fakes import FakeService

MakeApp = Callable[..., Flask]


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def make_app(service: FakeService) -> MakeApp:
    """`make_app(max_bytes=…)` → an app with those settings around the fake service."""

    def make(service: FakeService = service, **changed: object) -> Flask:
        # threading: requests of the test client run where the test does.
        settings = Settings(**{"async_mode": "threading", **changed})
        return create_app(settings, service)

    return make


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()
