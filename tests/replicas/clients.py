"""What uploads photos and batches through a proxy while servers come and go."""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import closing
from typing import Any, Self

from bench.replicas.cameras import WAIT_S
from bench.replicas.proxies import Certificate, Proxy
from facetraits.jobs.batch import READINGS
from facetraits.jobs.model import ACTIVE
from tests.store.clients import wait_until
from tests.web.fakes import photo


class _Threads:
    """Threads that repeat something until they are stopped.

    Args:
        count: how many.
        end_s: the longest wait for each, in seconds.
    """

    def __init__(self, count: int, end_s: float) -> None:
        self._end_s = end_s
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._repeat) for _ in range(count)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join(self._end_s)

    def _repeat(self) -> None:
        while not self._done.is_set():
            self._once()

    def _once(self) -> None:
        raise NotImplementedError


class Uploads(_Threads):
    """Threads that post photos, each on a connection of its own, until they are stopped.

    Args:
        pause_s: between two photos of a thread.
    """

    def __init__(
        self, proxy: Proxy, certificate: Certificate, threads: int = 2, pause_s: float = 0.0
    ) -> None:
        super().__init__(threads, WAIT_S)
        self._proxy = proxy
        self._pause_s = pause_s
        self._context = certificate.context()
        self.answers: list[int | str] = []

    def _once(self) -> None:
        try:
            status, _ = ask(self._proxy, self._context, "POST", "/api/v1/analyze", photo())
            self.answers.append(status)
        except (OSError, http.client.HTTPException) as error:
            self.answers.append(repr(error))
        self._done.wait(self._pause_s)

    @property
    def failed(self) -> list[int | str]:
        return [answer for answer in self.answers if answer != 200]


def wait_for_uploads(uploads: Uploads, count: int = 10) -> None:
    wanted = len(uploads.answers) + count
    wait_until(lambda: len(uploads.answers) >= wanted)


class Batches(_Threads):
    """Threads that submit batches and wait for each, until they are stopped.

    They try again when nobody answers, as a program would.

    Args:
        archive: the photos of each batch.
        key: an API key.
    """

    def __init__(
        self, proxy: Proxy, certificate: Certificate, archive: bytes, key: str, threads: int = 3
    ) -> None:
        super().__init__(threads, 2 * WAIT_S)
        self._proxy = proxy
        self._context = certificate.context()
        self._archive = archive
        self._headers = {"Authorization": f"Bearer {key}"}
        self.submitted: list[str] = []
        self.ended: list[dict[str, Any]] = []
        self.results: list[list[dict[str, Any]]] = []

    def _once(self) -> None:
        job = self._asked("POST", "/api/v1/batches", self._archive)
        path = f"/api/v1/jobs/{json.loads(job)['id']}"
        self.submitted.append(path)
        while (record := json.loads(self._asked("GET", path)))["state"] in ACTIVE:
            time.sleep(0.1)
        self.ended.append(record)
        lines = self._asked("GET", f"{path}/results/{READINGS}").splitlines()
        self.results.append([_comparable(json.loads(line)) for line in lines])

    def _asked(self, method: str, path: str, body: bytes | None = None) -> bytes:
        """The body of an answer; asks until there is one."""
        headers = {**self._headers, "Content-Type": "application/zip"}
        end_s = time.monotonic() + 2 * WAIT_S
        while True:
            try:
                status, answer = ask(self._proxy, self._context, method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                status, answer = 503, repr(error).encode()
            if status not in (502, 503, 504):
                assert status < 300, answer
                return answer
            assert time.monotonic() < end_s, answer
            time.sleep(0.1)


def _comparable(line: dict[str, Any]) -> dict[str, Any]:
    """A photo's line without what differs each time."""
    for part in ("reading", "problem"):
        for name in ("processing_ms", "request_id"):
            line.get(part, {}).pop(name, None)
    return line


def ask(
    proxy: Proxy,
    context: Any,
    method: str,
    path: str,
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[int, bytes]:
    """One request on a connection of its own; by default, a body is a JPEG."""
    connection = http.client.HTTPSConnection("127.0.0.1", proxy.port, timeout=20, context=context)
    with closing(connection):
        default = {"Content-Type": "image/jpeg"} if body else {}
        connection.request(method, path, body, headers or default)
        answer = connection.getresponse()
        return answer.status, answer.read()
