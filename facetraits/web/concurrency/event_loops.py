"""From the workers' native threads back onto the event loop.

Under eventlet and gevent nothing of Socket.IO may be called from another native thread.
A function is posted instead, and runs on the loop soon after, in the order posted.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from facetraits.web.concurrency.offload import import_eventlet

log = logging.getLogger(__name__)

Call = Callable[[], None]


class Gate(Protocol):
    """A gate that one side waits for and the other opens, both on the loop."""

    def set(self) -> None: ...

    def wait(self, timeout_s: float) -> None: ...


class Loop(Protocol):
    """The event loop of one async mode."""

    def start(self) -> None:
        """Call this on the loop before posting anything; calling it again does no harm."""
        ...

    def post(self, call: Call) -> None:
        """Runs call on the loop. Safe from any native thread; never blocks."""
        ...

    def gate(self) -> Gate: ...


def make_loop(async_mode: str) -> Loop:
    """The loop of "eventlet", "gevent" or "threading"."""
    kinds: dict[str, Callable[[], Loop]] = {"eventlet": EventletLoop, "gevent": GeventLoop}
    return kinds.get(async_mode, ThreadingLoop)()


def _run(call: Call) -> None:
    try:
        call()
    except Exception:  # an error for one client must not stop the loop for all
        log.exception("a response could not be sent")


class _ThreadGate:
    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        self._event.set()

    def wait(self, timeout_s: float) -> None:
        self._event.wait(timeout_s)


class ThreadingLoop:
    """There is no loop: every thread may send."""

    def start(self) -> None:
        """There is nothing to start."""

    def post(self, call: Call) -> None:
        _run(call)

    def gate(self) -> Gate:
        return _ThreadGate()


class _EventletGate:
    def __init__(self, eventlet: Any) -> None:
        self._eventlet = eventlet
        self._event = eventlet.event.Event()

    def set(self) -> None:
        if not self._event.ready():
            self._event.send()

    def wait(self, timeout_s: float) -> None:
        self._event.wait(timeout_s)


class EventletLoop:
    """A green thread sleeps on a socket, and each post writes a byte into its other end.

    Not on a pipe: Windows cannot wait for one.
    """

    def __init__(self) -> None:
        self._eventlet = import_eventlet()
        self._calls: deque[Call] = deque()
        self._ends: tuple[socket.socket, socket.socket] | None = None

    def start(self) -> None:
        if self._ends is None:
            self._ends = socket.socketpair()
            for end in self._ends:
                end.setblocking(False)
            self._eventlet.spawn(self._pump, self._ends[0])

    def post(self, call: Call) -> None:
        self._calls.append(call)
        assert self._ends is not None  # start() is called before the first frame
        with contextlib.suppress(BlockingIOError):  # full of wake-ups already
            self._ends[1].send(b".")

    def gate(self) -> Gate:
        return _EventletGate(self._eventlet)

    def _pump(self, end: socket.socket) -> None:
        while True:
            self._eventlet.hubs.trampoline(end, read=True)
            end.recv(4096)
            while self._calls:
                _run(self._calls.popleft())


class GeventLoop:
    """gevent brings its own wake-up from another thread."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque()
        self._watcher: Any = None

    def start(self) -> None:
        import gevent
        import gevent.event

        if self._watcher is None:
            posted = gevent.event.Event()
            self._watcher = gevent.get_hub().loop.async_()
            # It always watches, because a wake-up between two waits would be lost.
            self._watcher.start(posted.set)
            gevent.spawn(self._pump, posted)

    def post(self, call: Call) -> None:
        self._calls.append(call)
        self._watcher.send()

    def gate(self) -> Gate:
        import gevent.event

        gate: Gate = gevent.event.Event()
        return gate

    def _pump(self, posted: Any) -> None:
        while True:
            posted.wait()
            posted.clear()
            while self._calls:
                _run(self._calls.popleft())
