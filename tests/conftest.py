"""Fixtures that several test files share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from facetraits.settings import Settings
from facetraits.store import Store
from facetraits.web import create_app
from tests.web.fakes import FakeService

MakeApp = Callable[..., Flask]


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def make_app(service: FakeService, tmp_path: Path) -> Iterator[MakeApp]:
    """`make_app(max_bytes=…)` → an app with those settings around the fake service."""
    apps = []

    def make(
        service: FakeService = service, store: Store | None = None, **changed: object
    ) -> Flask:
        # threading: requests of the test client run where the test does.
        own = {"async_mode": "threading", "data_dir": str(tmp_path / "data")}
        app = create_app(Settings(**{**own, **changed}), service, store)
        apps.append(app)
        return app

    yield make
    for app in apps:
        app.extensions["facetraits_store"].close()


@pytest.fixture
def client(make_app: MakeApp) -> FlaskClient:
    return make_app().test_client()
