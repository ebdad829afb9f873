"""Servers behind a proxy, for the tests of several servers."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.replicas.cameras import ROOT, Cameras, cameras
from bench.replicas.proxies import Certificate, Proxy
from tests.ports import free_port
from tests.replicas.clients import Uploads, ask
from tests.store.clients import wait_until
from tests.web.test_server import Server

CAMERAS = 6
WORK_S = "0.01"
DRAIN_S = "1.5"
# Shards are random: this many cameras are all on one server one time in 32.
TRIES = 10


class Replica(Server):
    """A server with a fake service, which can be killed and started again."""

    def __init__(self, **settings: str) -> None:
        super().__init__(free_port())
        self._settings = {
            "PROXIES": "1",
            "TRUSTED_HOSTS": "faces.example",
            "DRAIN_S": DRAIN_S,
            "LOG_LEVEL": "ERROR",
            **settings,
        }

    def start(self) -> None:
        given = [f"FACETRAITS_{name}={value}" for name, value in self._settings.items()]
        command = [sys.executable, "-m", "tests.web.server_with_fake", str(self.port), "eventlet"]
        self.process = subprocess.Popen(
            [*command, WORK_S, *given], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        self.wait(self.process)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)

    @property
    def cameras(self) -> int:
        found = re.search(rb"^facetraits_live_clients ([\d.]+)$", self.get("/metrics")[1], re.M)
        return int(float(found[1])) if found else 0


@dataclass
class Site:
    """Replicas behind a proxy."""

    replicas: list[Replica]
    proxy: Proxy
    certificate: Certificate
    frame: Path

    @contextmanager
    def streaming(self) -> Iterator[Cameras]:
        """Cameras of which each replica has some."""
        for _ in range(TRIES):
            with cameras(self.proxy, self.certificate, CAMERAS, self.frame) as streaming:
                streaming.wait_until_all_read(CAMERAS, since=0)
                if all(replica.cameras for replica in self.replicas):
                    yield streaming
                    return
        raise AssertionError("all cameras were on one server each time")

    def uploading(self, **options: float) -> Uploads:
        return Uploads(self.proxy, self.certificate, **options)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        return ask(self.proxy, self.certificate.context(), method, path, body)


MakeSite = Callable[..., Site]


def wait_until_used(site: Site) -> None:
    """Until the proxy knows that all servers are back."""
    for replica in site.replicas:
        wait_until(lambda replica=replica: site.ask("GET", "/demo") and is_used(replica))


def is_used(replica: Replica) -> bool:
    return rb'route="/demo"' in replica.get("/metrics")[1]
