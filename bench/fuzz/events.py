"""Mutated Socket.IO events against a real server, next to a well-behaved camera."""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from bench.hostile import RawClient, memory_mb
from bench.live import percentile, serving
from bench.memory import children_of
from bench.video import jpegs

LINKS = 4
_FRAME_EVERY_S = 0.1
_ANSWER_S = 5.0
_SYNC_EVERY = 5 * LINKS
_ODD: tuple[Any, ...] = (
    None, True, -1, -2, 1.5, 2**53, 10**400, "", "1", "\x00\ud800", [], {}, [[[]]], {"seq": 1},
    {"_placeholder": True, "num": 7}, {"_placeholder": True, "num": -1}, {"_placeholder": 1},
)  # fmt: skip
_HEADS = (
    "42/live,", "421/live,", "451-/live,", "450-/live,", "452-/live,", "4599-/live,", "43/live,1",
    "461-/live,1", "42", "42/,", "42/other,", "40/live,", "40", "41/live,", "44/live,", "47/live,",
    "3", "2", "5", "6", "1", "0", "b", "x", "",
)  # fmt: skip
_NAMES = ("frame", "connect", "disconnect", "reading", "settings", "problem", "x", "", "frame\n")


@dataclass(slots=True)
class Found:
    """What came of it.

    Attributes:
        seed, events: what was sent; the same again with the same seed.
        links: how many connections that took: a broken packet may end its own.
        frames, answered, trips_ms: those of the well-behaved camera.
        before_mb, after_mb: memory of the server's process.
        log: what the server logged meanwhile.
        alive, same_workers: whether the server and all of its workers live on.
    """

    seed: int
    events: int
    links: int = 0
    frames: int = 0
    answered: int = 0
    trips_ms: list[float] = field(default_factory=list)
    before_mb: float = 0.0
    after_mb: float = 0.0
    log: str = ""
    alive: bool = True
    same_workers: bool = True

    @property
    def uncaught(self) -> int:
        return self.log.count("Traceback")


class Mutations:
    """Messages of a client, each a little or very wrong."""

    def __init__(self, seed: int, jpeg: bytes) -> None:
        self._random = random.Random(seed)
        self._jpeg = jpeg

    def next(self) -> list[str | bytes]:
        kinds = (self._odd_values, self._odd_shape, self._broken_text, self._broken_picture)
        return self._random.choice(kinds)()

    def _odd_values(self) -> list[str | bytes]:
        choice = self._random.choice
        seq = choice((1, *_ODD))
        picture = choice(({"_placeholder": True, "num": 0}, *_ODD))
        return [f"451-/live,{choice(('', '7'))}{self._json(['frame', {'seq': seq}, picture])}",
                self._jpeg]  # fmt: skip

    def _odd_shape(self) -> list[str | bytes]:
        choice = self._random.choice
        given = [choice(_ODD) for _ in range(self._random.randrange(4))]
        data = choice(([choice(_NAMES), *given], {choice(_NAMES): given}, choice(_ODD)))
        attachments = [self._jpeg] * self._random.choice((0, 0, 1, 1, 2, 5))
        return [choice(_HEADS) + self._json(data), *attachments]

    def _broken_text(self) -> list[str | bytes]:
        header = '451-/live,3["frame",{"seq":5},{"_placeholder":true,"num":0}]'
        text = list(header)
        for _ in range(self._random.randrange(1, 6)):
            at = self._random.randrange(len(text) + 1)
            kind = self._random.randrange(3)
            if kind == 0:
                text.insert(at, chr(self._random.choice((0, 34, 45, 91, 123, 0x663, 0x1F600))))
            elif text and kind == 1:
                del text[min(at, len(text) - 1)]
            else:
                text[at:] = text[at : at + self._random.randrange(20)]
        return ["".join(text) * self._random.choice((1, 1, 1, 40)), self._jpeg]

    def _broken_picture(self) -> list[str | bytes]:
        data = bytearray(self._jpeg)
        for _ in range(self._random.randrange(1, 30)):
            data[self._random.randrange(len(data))] = self._random.randrange(256)
        end = self._random.choice((len(data), self._random.randrange(len(data))))
        seq = self._random.randrange(10**6)
        head = f'451-/live,["frame",{{"seq":{seq}}},{{"_placeholder":true,"num":0}}]'
        return [head, bytes(data[:end])]

    @staticmethod
    def _json(data: Any) -> str:
        text = json.dumps(data)
        # What JSON's writer refuses, a hostile client writes nevertheless.
        return text.replace("\\ud800", "\ufffd")


class Camera(threading.Thread):
    """Sends a well-formed frame, waits for its answer, and so on."""

    def __init__(self, port: int, jpeg: bytes, found: Found) -> None:
        super().__init__(daemon=True)
        self._client = RawClient(port)
        self._client.socket.settimeout(_ANSWER_S)
        self._jpeg = jpeg
        self._found = found
        self.ended = threading.Event()

    def run(self) -> None:
        with contextlib.suppress(OSError), self._client as client:
            while not self.ended.wait(_FRAME_EVERY_S):
                seq = self._found.frames
                self._found.frames += 1
                began_s = time.perf_counter()
                head = f'451-/live,["frame",{{"seq":{seq}}},{{"_placeholder":true,"num":0}}]'
                client.send(head, self._jpeg)
                client.wait_for(f'42/live,["reading",{{"seq":{seq},')
                self._found.trips_ms.append((time.perf_counter() - began_s) * 1000)
                self._found.answered += 1


def send_all(port: int, mutations: Mutations, found: Found) -> None:
    """Sends a number of events over a few connections, which are reopened if closed."""
    links: list[RawClient | None] = [None] * LINKS
    for number in range(found.events):
        at = number % LINKS
        link = links[at] = links[at] or _open(port, found)
        if link is None:
            continue
        try:
            link.send(*mutations.next())
            link.drain()
            if number % _SYNC_EVERY < LINKS:
                _wait_for_ack(link, number)
        except OSError:
            link.socket.close()
            links[at] = None
    for link in links:
        if link is not None:
            link.socket.close()


def _wait_for_ack(link: RawClient, number: int) -> None:
    """All before it has been handled: what is on its way when a link closes never is."""
    link.send(f'42/live,{10_000 + number}["frame",{{"seq":0}}]')
    link.wait_for(f"43/live,{10_000 + number}[")


def _open(port: int, found: Found) -> RawClient | None:
    with contextlib.suppress(OSError, AssertionError):
        found.links += 1
        return RawClient(port)
    return None


def fuzz(
    port: int, pid: int, *, events: int, seed: int, jpeg: bytes, workers: Callable[[], list[int]]
) -> Found:
    """Sends mutated events to a server that runs.

    Args:
        port, pid: of the server.
        events: how many.
        seed: of the mutations.
        jpeg: a picture that the server reads.
        workers: the ids of the processes that read.
    """
    found = Found(seed, events)
    send_all(port, Mutations(seed ^ 1, jpeg), Found(seed, events=min(200, events)))  # warm
    found.before_mb, at_work = memory_mb(pid), workers()
    camera = Camera(port, jpeg, found)
    camera.start()
    send_all(port, Mutations(seed, jpeg), found)
    camera.ended.set()
    camera.join(_ANSWER_S + 1)
    found.after_mb = memory_mb(pid)
    found.same_workers = workers() == at_work
    return found


def run(events: int, seed: int, mode: str = "eventlet") -> Found:
    """The same against `python app.py`, with its log."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        with path.open("w") as output, serving(mode, output=output, log_level="WARNING") as server:
            found = fuzz(
                server.port,
                server.process.pid,
                events=events,
                seed=seed,
                jpeg=jpegs()[0],
                workers=partial(children_of, server.process.pid),
            )
            found.alive = server.process.poll() is None
        found.log = path.read_text()
    return found


def main(events: int, seed: int) -> bool:
    """Prints what was found; returns whether everything held."""
    found = run(events, seed)
    print(f"\n{events:,} mutated Socket.IO events, seed {seed}, {found.links} links")
    print(f"  uncaught errors {found.uncaught}, lines of the log {len(found.log.splitlines())}")
    print(f"  server alive {found.alive}, the same workers {found.same_workers}")
    print(
        f"  well-formed frames answered {found.answered} of {found.frames}, "
        f"p95 {percentile(found.trips_ms, 0.95):.0f} ms, most {max(found.trips_ms, default=0):.0f}"
    )
    print(f"  memory of the server {found.before_mb:.0f} → {found.after_mb:.0f} MB", flush=True)
    return (
        found.alive
        and found.same_workers
        and found.uncaught == 0
        and found.answered == found.frames > 0
        and found.after_mb - found.before_mb < 30
    )
