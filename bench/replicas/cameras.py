"""Cameras of a Node process, with the page's own scripts, and what they heard."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.replicas.proxies import Certificate, Proxy

ROOT = Path(__file__).resolve().parents[2]
FPS = 20
WAIT_S = 30.0
# States that the page reports to its user.
TROUBLE = frozenset({"lost", "refused"})


class Cameras:
    """Cameras that stream, and what they heard."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._changed = threading.Condition()
        self._events: list[tuple[float, dict[str, Any]]] = []
        self._listener = threading.Thread(target=self._listen)
        self._listener.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                with self._changed:
                    self._events.append((time.monotonic(), json.loads(line)))
                    self._changed.notify_all()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._listener.join()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, WAIT_S), self.said()[-20:]

    def mark(self) -> int:
        """Now: what `said` and `reading` count from."""
        return len(self._events)

    def said(self, since: int = 0) -> list[dict[str, Any]]:
        """All events but readings."""
        return [event for _, event in self._events[since:] if "reading" not in event]

    def in_trouble(self, since: int = 0) -> set[int]:
        """The cameras whose page would have reported a problem."""
        return {
            e["camera"] for e in self.said(since) if "problem" in e or e.get("state") in TROUBLE
        }

    def moved(self, since: int = 0) -> set[int]:
        return {e["camera"] for e in self.said(since) if e.get("state") == "moving"}

    def reading(self, since: int = 0) -> set[int]:
        """The cameras that got a reading and are not without a link after it."""
        now: set[int] = set()
        for _, event in self._events[since:]:
            if "reading" in event:
                now.add(event["camera"])
            elif event.get("state") != "open":
                now.discard(event["camera"])
        return now

    def wait_until_all_read(self, count: int, since: int | None = None) -> None:
        begin = self.mark() if since is None else since
        self.wait_for(lambda: self.reading(begin) == set(range(count)))

    def longest_gap_s(self, since: int = 0) -> float:
        """The longest time that a camera was without a reading."""
        last: dict[int, float] = {}
        longest = 0.0
        for at_s, event in self._events[since:]:
            if "reading" in event:
                longest = max(longest, at_s - last.get(event["camera"], at_s))
                last[event["camera"]] = at_s
        return longest


@contextmanager
def cameras(
    proxy: Proxy, certificate: Certificate, count: int, frame: Path, fps: int = FPS
) -> Iterator[Cameras]:
    """Cameras that send the same frame again and again."""
    job = {"url": proxy.url, "cameras": count, "fps": fps, "frame": str(frame)}
    process = subprocess.Popen(
        ["node", "bench/replicas/cameras.mjs", json.dumps(job)],
        cwd=ROOT,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate.certificate)},
        stdout=subprocess.PIPE,
        text=True,
    )
    streaming = Cameras(process)
    try:
        yield streaming
    finally:
        streaming.stop()
