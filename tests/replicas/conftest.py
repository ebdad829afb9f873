"""Servers behind a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from bench.replicas.proxies import PROXIES, Certificate, make_certificate
from tests.replicas.site import MakeSite, Replica, Site
from tests.web.fakes import photo


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def make_site(tmp_path: Path, certificate: Certificate) -> Iterator[MakeSite]:
    """`make_site(proxy, STORE=…)` → two replicas with them behind "nginx" or "haproxy"."""
    with ExitStack() as stack:

        def make(proxy: str, **settings: str) -> Site:
            replicas = [Replica(**settings) for _ in range(2)]
            for replica in replicas:
                replica.start()
                stack.callback(replica.stop)
            ports = [replica.port for replica in replicas]
            running: Any = PROXIES[proxy](ports, tmp_path, certificate)
            frame = tmp_path / "frame.jpg"
            frame.write_bytes(photo())
            return Site(replicas, stack.enter_context(running), certificate, frame)

        yield make
